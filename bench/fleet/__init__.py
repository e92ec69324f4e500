"""A county of simulated boxes against the real hub and the real broker: python -m bench.fleet."""
