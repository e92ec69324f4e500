"""What the fuzzer spoils, and whom it gives it to: python -m bench.fuzz."""
