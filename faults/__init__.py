"""Faults on purpose: the fault matrix, run on the real parts and written down as a table.

``python -m faults [--short] [--row N …] [--out faults.md]`` runs a row for every fault that the
project promises to survive: broker, hub, box, network, content, clock, disk, scale. Not shipped
to boxes or hubs; it stands on the tests' own signing county and on the programs as they are.
"""
