"""Proof of play: a microphone at the horn, compared with what was handed to the sound card.

Only the loudness of every 20 ms is kept, never what was said. Sound counts as heard when the
two curves rise and fall together. Without a microphone nothing is claimed.
"""

from __future__ import annotations

import logging
import math
from array import array
from typing import TYPE_CHECKING

from edge_agent.audio.arecord import Arecord, ArecordMissingError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from edge_agent.clock import Clock
    from edge_agent.settings import ZoneSettings

_log = logging.getLogger(__name__)
CAPTURE_HZ = 8_000
BINS_PER_S = 50
LIKENESS = 0.5
"""Correlation of the two loudness curves from which on sound counts as heard."""
SHORTEST_BINS = 2 * BINS_PER_S
_LATEST_BINS = 75
_EARLIEST_BINS = -10
_LONGEST_BINS = 20 * BINS_PER_S
"""Twenty seconds tell; comparing more would make the queue wait."""
_THINNED = 6


class Ear:
    """One microphone.

    Args:
        device: the ALSA name of the capture device.
        clock: the box's clock.
    """

    def __init__(self, device: str, clock: Clock) -> None:
        self._device = device
        self._clock = clock
        self._arecord: Arecord | None = None
        self._started_s = 0.0
        self._played: dict[int, float] = {}
        self._rest = b""
        self._heard: list[float] = []

    def begin(self) -> None:
        """Listen from now on to a new announcement."""
        self.end()
        self._started_s = self._clock.monotonic_s()
        try:
            self._arecord = Arecord(self._device, "S16_LE", CAPTURE_HZ)
        except ArecordMissingError as error:
            _log.error("%s to listen", error)

    def played(self, block: bytes) -> None:
        """These samples were handed to the card just now."""
        if len(self._played) < _LONGEST_BINS:
            at = int((self._clock.monotonic_s() - self._started_s) * BINS_PER_S)
            self._played[at] = level_of(array("h", block)[::_THINNED])

    def listen(self) -> None:
        """Take what the microphone has heard since; never waits."""
        if self._arecord is None:
            return
        self._rest += self._arecord.read() or b""
        size = CAPTURE_HZ // BINS_PER_S * 2
        while len(self._rest) >= size and len(self._heard) < _LONGEST_BINS:
            self._heard.append(level_of(array("h", self._rest[:size])))
            self._rest = self._rest[size:]

    def likeness(self) -> float:
        """How much what was heard resembles what was played: 0 not at all, 1 the same."""
        if not self._played:
            return 0.0
        played = [self._played.get(n, 0.0) for n in range(max(self._played) + 1)]
        return likeness(played, self._heard)

    def end(self) -> None:
        """Stop listening and forget. Safe to call twice."""
        arecord, self._arecord = self._arecord, None
        if arecord is not None:
            arecord.end()
        self._played, self._heard, self._rest = {}, [], b""


class Ears:
    """The microphones of all zones that have one."""

    def __init__(self, ears: Mapping[str, Ear]) -> None:
        self._ears = dict(ears)
        self._open: tuple[str, ...] = ()

    @classmethod
    def of(cls, zones: Iterable[ZoneSettings], clock: Clock) -> Ears:
        """The microphones that the settings name."""
        return cls({zone.name: Ear(zone.listen, clock) for zone in zones if zone.listen})

    def begin(self, zones: Collection[str]) -> None:
        """Listen where an announcement is about to sound."""
        self.end()
        self._open = tuple(zone for zone in zones if zone in self._ears)
        for zone in self._open:
            self._ears[zone].begin()

    def played(self, zones: Collection[str], block: bytes) -> None:
        """A block went to the cards of ``zones``; hear what came of earlier ones."""
        for zone in self._open:
            if zone in zones:
                self._ears[zone].played(block)
            self._ears[zone].listen()

    def heard(self) -> bool:
        """Every microphone that could hear the announcement heard it; False without any."""
        likenesses = [self._ears[zone].likeness() for zone in self._open]
        return bool(likenesses) and min(likenesses) >= LIKENESS

    def end(self) -> None:
        """Stop listening."""
        for zone in self._open:
            self._ears[zone].end()
        self._open = ()


def level_of(samples: Sequence[int]) -> float:
    """Root mean square of 16-bit samples."""
    return math.sqrt(sum(one * one for one in samples) / len(samples)) if samples else 0.0


def likeness(played: Sequence[float], heard: Sequence[float]) -> float:
    """The best correlation of two loudness curves (50 values a second) over 1.5 s of delay."""
    best = 0.0
    for delay in range(_EARLIEST_BINS, _LATEST_BINS):
        first, second = (played, heard[delay:]) if delay >= 0 else (played[-delay:], heard)
        count = min(len(first), len(second))
        if count >= SHORTEST_BINS:
            best = max(best, _correlation(first[:count], second[:count]))
    return best


def _correlation(first: Sequence[float], second: Sequence[float]) -> float:
    count = len(first)
    mean_first, mean_second = sum(first) / count, sum(second) / count
    across = sum((a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True))
    spread_first = sum((a - mean_first) ** 2 for a in first)
    spread_second = sum((b - mean_second) ** 2 for b in second)
    if not spread_first or not spread_second:
        return 0.0
    return across / math.sqrt(spread_first * spread_second)
