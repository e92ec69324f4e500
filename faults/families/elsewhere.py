"""Rows that cannot be shown on this machine or that are not built yet, with the reason."""

from __future__ import annotations

from faults.rows import Row

ROWS = (
    Row(
        "R13",
        "an update cut at each step",
        "old or new, never neither",
        is_built=False,
        why="updates over the air are not built",
    ),
)
