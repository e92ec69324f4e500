"""Dark hours out of a brightness table: level 0 is dark, and a card's timers make it so."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SLOTS = 48
FULL_LEVEL = 15
_LAST_MINUTE = time(23, 59)


def checked(levels: Sequence[int]) -> tuple[int, ...]:
    """48 half-hour levels from 00:00, each 0 (dark) to 15. Raises: ValueError."""
    if len(levels) != SLOTS or not all(0 <= level <= FULL_LEVEL for level in levels):
        raise ValueError("give 48 levels, one per half hour, each 0 to 15")
    return tuple(levels)


def level_at(levels: Sequence[int], now: datetime) -> int:
    """The level of the half hour of local time ``now``."""
    return levels[now.hour * 2 + now.minute // 30]


def next_change_s(levels: Sequence[int], now: datetime) -> float | None:
    """Seconds from local time ``now`` until another level; None when there is only one."""
    slot = now.hour * 2 + now.minute // 30
    into_s = now.minute % 30 * 60 + now.second + now.microsecond / 1e6
    for later in range(1, SLOTS):
        if levels[(slot + later) % SLOTS] != levels[slot]:
            return later * 1800 - into_s
    return None


def lit_hours(levels: Sequence[int]) -> list[tuple[time, time]]:
    """Daily (on, off) times, none across midnight; none when the panel is never dark.

    A card's day ends at 23:59: a panel that is lit through midnight is dark for that minute.
    """
    if all(levels):
        return []
    pairs = []
    start: int | None = None
    for slot, level in enumerate([*levels, 0]):
        if level and start is None:
            start = slot
        elif not level and start is not None:
            pairs.append((_time(start), _time(slot)))
            start = None
    return pairs


def _time(slot: int) -> time:
    return _LAST_MINUTE if slot == SLOTS else time(slot // 2, slot % 2 * 30)
