"""The tree of places (county, town, village) and who holds which post there."""
