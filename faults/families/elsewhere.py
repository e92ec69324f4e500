"""Rows that cannot be shown on this machine or whose feature is not there yet, with the reason."""

from __future__ import annotations

from faults.rows import Row

ROWS = (
    Row("R9", "hang in each component", "back in 15 s",
        why="needs systemd as the first process (WatchdogSec of the units) or hardware; "
        "`systemd-analyze verify` looks at the units in the tests"),
    Row("R13", "an update cut at each step", "old or new, never neither", is_built=False,
        why="updates over the air are not built"),
)  # fmt: skip
