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
    Row(
        "R14",
        "enrolment cut at each step",
        "enrolled once or not at all",
        is_built=False,
        why="no row yet: needs the hub's web server on the stand",
    ),
)
