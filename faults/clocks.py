"""A box's clock that can be moved: it runs with the machine's, and jumps when it is told to."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from edge_agent.clock import Reading


class JumpingClock:
    """Real time plus what was jumped. Trust is given by `store_trust`, as link gives it."""

    def __init__(self, *, trusted: bool = True) -> None:
        self._wall = timedelta()
        self._passed_s = 0.0
        self.trusted = trusted

    def read(self) -> Reading:
        """The present moment."""
        return Reading(datetime.now(UTC) + self._wall, self.trusted)

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        return time.monotonic() + self._passed_s

    def sleep(self, seconds: float) -> None:
        """Let real time pass."""
        time.sleep(max(0.0, seconds))

    def pass_by(self, seconds: float) -> None:
        """Let ``seconds`` go by at once, on both clocks."""
        self._passed_s += seconds
        self._wall += timedelta(seconds=seconds)

    def store_trust(self, now: datetime) -> None:
        """Believe that it is ``now``."""
        self._wall = now - datetime.now(UTC)
        self.trusted = True
