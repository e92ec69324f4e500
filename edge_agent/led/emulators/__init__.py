"""Emulated controller cards: they take the bytes of the real protocol and keep its rules."""
