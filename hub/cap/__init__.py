"""Emergencies from outside: CAP 1.2 by file, push or feed, put to two persons."""
