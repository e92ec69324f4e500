"""Notices: pages under their village, reviewed, signed, published, corrected, withdrawn."""
