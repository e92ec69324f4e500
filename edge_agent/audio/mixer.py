"""One persistent stream a sound card, in blocks of 20 ms, to the zones that shall hear it.

The mixer owns the cards while the box speaks. A card that is lost is closed and opened again
with growing pauses; meanwhile its zones get nothing, the others go on, and what was not sent is
not counted. A card that belongs to a zone that is not spoken to plays silence.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_agent.audio.pcm import BLOCK_SAMPLES, RATE_HZ, SILENT_BLOCK, scale
from edge_agent.audio.sinks import SinkLostError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from edge_agent.audio.sinks import Sink
    from edge_agent.clock import Clock

_log = logging.getLogger(__name__)
FIRST_RETRY_S = 0.5
LAST_RETRY_S = 30.0
_SOUND_BLOCKS = 100
"""A card that took two seconds of sound works; its pauses start from the shortest again."""


@dataclass(slots=True)
class _Line:
    """A sound card with the zones behind it, and whether it works."""

    sink: Sink
    zones: frozenset[str]
    open: bool = False
    retry_s: float = FIRST_RETRY_S
    retry_at_s: float = 0.0
    losses: int = 0
    taken: int = 0
    """Blocks since it was opened."""


class Mixer:
    """Writes blocks to every card that has a zone to speak to.

    Args:
        sinks: each sound card and the zones that hang on it.
        clock: the box's clock.
    """

    def __init__(self, sinks: Mapping[str, tuple[Sink, Collection[str]]], clock: Clock) -> None:
        self._clock = clock
        self._lines = [_Line(sink, frozenset(zones)) for sink, zones in sinks.values()]
        self._unheard: dict[str, int] = {}

    @property
    def streaming(self) -> bool:
        """At least one card is open."""
        return any(line.open for line in self._lines)

    @property
    def losses(self) -> int:
        """How often a card was lost since the start."""
        return sum(line.losses for line in self._lines)

    def neighbours(self, zones: Collection[str]) -> frozenset[str]:
        """Zones that would hear what ``zones`` hear, because they hang on the same card."""
        shared = (line.zones for line in self._lines if line.zones.intersection(zones))
        return frozenset().union(*shared).difference(zones)

    def lead_samples(self, zones: Collection[str]) -> int:
        """Samples that may have been handed over but not heard when a card is lost."""
        leads = (line.sink.lead_s for line in self._lines if line.zones.intersection(zones))
        return round(max(leads, default=0.0) * RATE_HZ)

    def unheard(self) -> dict[str, int]:
        """Samples by zone that a lost card had taken but may not have played; told once."""
        found, self._unheard = self._unheard, {}
        return found

    def play(
        self, block: bytes, gains: Mapping[str, float], label: str, *, silence: str = ""
    ) -> frozenset[str]:
        """Hand one block to the cards of the zones in ``gains``; silence to other open cards.

        Args:
            block: samples at full volume.
            gains: volume (0 to 1) of each zone that shall hear it. Zones on one card share the
                highest of their gains.
            label: whose samples these are.
            silence: the label of the silence on the other cards.

        Returns:
            The zones whose card took the samples.
        """
        heard: set[str] = set()
        for line in self._lines:
            wanted = line.zones.intersection(gains)
            if not wanted:
                if line.open:
                    self._write(line, SILENT_BLOCK[: len(block)], silence)
                continue
            gain = max(gains[zone] for zone in wanted)
            if self._ready(line) and self._write(line, scale(block, gain), label):
                heard |= wanted
        return frozenset(heard)

    def rest(self, label: str = "") -> None:
        """Twenty milliseconds of silence on every open card."""
        for line in self._lines:
            if line.open:
                self._write(line, SILENT_BLOCK, label)

    def close(self) -> None:
        """Let everything sound to its end and release the cards. Safe to call twice."""
        for line in self._lines:
            if line.open:
                line.sink.close()
                line.open = False

    def _ready(self, line: _Line) -> bool:
        if line.open:
            return True
        if self._clock.monotonic_s() < line.retry_at_s:
            return False
        try:
            line.sink.open()
        except SinkLostError as error:
            self._lost(line, error)
            return False
        line.open, line.taken = True, 0
        return True

    def _write(self, line: _Line, block: bytes, label: str) -> bool:
        try:
            line.sink.write(block, label)
        except SinkLostError as error:
            self._lost(line, error)
            return False
        line.taken += 1
        if line.taken == _SOUND_BLOCKS:
            line.retry_s = FIRST_RETRY_S
        return True

    def _lost(self, line: _Line, error: SinkLostError) -> None:
        level = logging.WARNING if line.retry_s == FIRST_RETRY_S else logging.DEBUG
        _log.log(level, "lost the sound card: %s; trying again in %.1f s", error, line.retry_s)
        if line.open:
            lead = min(line.taken * BLOCK_SAMPLES, round(line.sink.lead_s * RATE_HZ))
            self._unheard.update(dict.fromkeys(line.zones, lead))
        line.sink.close()
        line.open = False
        line.losses += 1
        line.retry_at_s = self._clock.monotonic_s() + line.retry_s
        line.retry_s = min(line.retry_s * 2, LAST_RETRY_S)
