"""Sheets to hang up: a notice, a month, the catalogue, and where each sheet goes on the board."""
