"""Real time for devices that have none: sound may be handed over no faster than it is heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.audio.pcm import RATE_HZ

if TYPE_CHECKING:
    from edge_agent.clock import Clock

LEAD_S = 0.08


class Pacer:
    """Behaves like a card's buffer of ``lead_s``: full, it blocks; empty, the card runs dry."""

    def __init__(self, clock: Clock, lead_s: float = LEAD_S) -> None:
        self._clock = clock
        self._lead_s = lead_s
        self._started_s: float | None = None
        self._taken = 0
        self.underruns = 0
        """How often the next block came only after the buffer had run dry."""

    def take(self, samples: int) -> None:
        """Wait until the buffer has room for ``samples``, then hold them."""
        now_s = self._clock.monotonic_s()
        if self._started_s is None or self._heard_until_s() < now_s:
            self.underruns += self._started_s is not None
            self._started_s, self._taken = now_s, 0
        self._taken += samples
        ahead_s = self._heard_until_s() - now_s - self._lead_s
        if ahead_s > 0:
            self._clock.sleep(ahead_s)

    def drain(self) -> None:
        """Wait until all that was taken has been heard."""
        if self._started_s is not None:
            self._clock.sleep(max(0.0, self._heard_until_s() - self._clock.monotonic_s()))
        self._started_s = None

    def _heard_until_s(self) -> float:
        return (self._started_s or 0.0) + self._taken / RATE_HZ
