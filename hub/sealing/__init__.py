"""From the signed text to sealed bytes: keys, outbox, sealed notices, recordings."""
