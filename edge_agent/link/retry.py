"""How long to wait before connecting again: quickly at first, spread out, never in step.

The first try waits for nothing, so that an emergency is not delayed by a hiccup. While the
network was away for less than an hour the pauses stay below 5 s, so that a village is right
again within ten seconds; after a longer outage a whole county comes back at once, and the
pauses spread over a minute.
"""

from __future__ import annotations

import random

SHORT_PAUSE_S, LONG_PAUSE_S = 5.0, 60.0
LONG_OUTAGE_S = 3600.0
FAIL_OVER_S = 1.0
_DOUBLINGS = 16
"""Far beyond the longest pause; a month of failures must not overflow."""


class Retry:
    """Counts failures; `pause_s` says how long to wait now."""

    def __init__(self, spread: random.Random | None = None) -> None:
        self._spread = spread or random.Random()  # noqa: S311 - spreads load only
        self._failures = 0
        self._lost_s = 0.0

    def succeeded(self) -> None:
        """A connection stands: start over."""
        self._failures = 0

    def pause_s(self, now_s: float, others: int = 0) -> float:
        """Seconds to wait after a failure or a loss at ``now_s`` (monotonic).

        ``others`` is the number of other brokers, of which the next is tried now.
        """
        if self._failures == 0:
            self._lost_s = now_s
        self._failures += 1
        if self._failures <= others:
            return self._spread.uniform(0.0, FAIL_OVER_S)
        if self._failures == 1:
            return 0.0
        longest = LONG_PAUSE_S if now_s - self._lost_s > LONG_OUTAGE_S else SHORT_PAUSE_S
        ceiling = min(longest, 0.5 * 2.0 ** min(self._failures, _DOUBLINGS))
        return self._spread.uniform(0.25 * ceiling, ceiling)
