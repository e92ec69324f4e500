"""A token bucket: how long to wait so that a download leaves the line to others."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BURST_S = 0.5
"""How much may come at once, as time at the full rate."""


class Bucket:
    """Lets ``bytes_per_s`` through on average; half a second's worth at once."""

    def __init__(self, bytes_per_s: int, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._rate = float(max(1, bytes_per_s))
        self._monotonic_s = monotonic_s
        self._tokens = self._rate * BURST_S
        self._filled_s = monotonic_s()

    def take(self, count: int) -> float:
        """Count bytes that came; returns the seconds to wait before the next."""
        now_s = self._monotonic_s()
        gained = (now_s - self._filled_s) * self._rate
        self._tokens = min(self._tokens + gained, self._rate * BURST_S) - count
        self._filled_s = now_s
        return max(0.0, -self._tokens / self._rate)
