"""One announcement on the air: its sound, and the truth about what became of it.

The truth is counted where sound is handed to a device, sample by sample and zone by zone; no
exit code and no timer is ever taken for it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from typing import TYPE_CHECKING, Literal

from contract.receipt import Interruption, Spoken
from edge_agent.audio.announcement import State
from edge_agent.audio.pcm import RATE_HZ, SAMPLE_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection

    from contract.receipt import SpokenState
    from edge_agent.audio.announcement import Entry
    from edge_agent.audio.programme import Piece, Track

_HASH_SAMPLES = RATE_HZ
_SPOKEN: dict[State, SpokenState] = {
    State.QUEUED: "queued",
    State.PLAYING: "started",
    State.INTERRUPTED: "interrupted",
    State.FINISHED: "finished",
    State.FAILED: "failed",
    State.EXPIRED: "expired",
    State.MISSED: "missed",
    State.SUPERSEDED: "superseded",
    State.CANCELLED: "cancelled",
}


@dataclass(slots=True)
class Facts:
    """What really happened to one announcement; kept on disk."""

    played: dict[str, int] = field(default_factory=dict)
    """Samples of the programme that each zone's card took."""
    offered: int = 0
    """Samples of the programme that were due so far; a zone that took fewer missed some."""
    filler: int = 0
    """Samples of siren sounded while the words were not ready."""
    interruptions: tuple[Interruption, ...] = ()
    engine: str = ""
    voice: str = ""
    loudness_lufs: float | None = None
    pcm_sha256: str = ""
    heard: bool = False
    """A loop-back input heard it too."""
    accepted_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def sounded(self) -> bool:
        """At least one sample reached a card."""
        return bool(self.offered or self.filler)


class Airing:
    """An entry of the queue with its sound and its facts."""

    def __init__(self, entry: Entry, track: Track, facts: Facts | None = None) -> None:
        self.entry = entry
        self.track = track
        self.facts = facts or Facts()
        self.voiceless = False
        """No voice could say the words; the siren stands in for them."""
        self._hash = hashlib.sha256()
        self._hashed = 0

    @property
    def key(self) -> str:
        """The announcement's key."""
        return self.entry.announcement.key

    def took(self, piece: Piece, zones: Collection[str], addressed: Collection[str]) -> None:
        """Count samples that the cards of ``zones`` took of those for ``addressed``."""
        samples = len(piece.data) // SAMPLE_BYTES
        for zone in addressed:
            more = samples if zone in zones else 0
            self.facts.played[zone] = self.facts.played.get(zone, 0) + more
        self.facts.offered += samples
        if self.entry.offset == self._hashed:
            self._hash.update(piece.data)
            self._hashed += samples

    def lost(self, unheard: dict[str, int]) -> None:
        """Take back what the buffer of a lost card had taken; its zone may not have heard it."""
        for zone, samples in unheard.items():
            if zone in self.facts.played:
                self.facts.played[zone] = max(0, self.facts.played[zone] - samples)

    def step_back(self, samples: int) -> None:
        """No zone heard these samples; they will be offered again."""
        self.facts.offered = max(0, self.facts.offered - samples)

    def seal(self) -> None:
        """Write down the hash of the programme as far as it was handed over in this round."""
        while self._hashed < self.entry.offset:
            # After a restart, or a step back behind a lost card: read what was not seen.
            count = min(_HASH_SAMPLES, self.entry.offset - self._hashed)
            piece = self.track.read(self._hashed, count)
            if piece is None or not piece.data:
                return
            self._hash.update(piece.data)
            self._hashed += len(piece.data) // SAMPLE_BYTES
        self.facts.pcm_sha256 = self._hash.hexdigest()

    def begin_round(self) -> None:
        """The next round of readings is hashed by itself."""
        self._hash = hashlib.sha256()
        self._hashed = 0

    def short_zones(self) -> dict[str, int]:
        """Zones that missed samples, and how many."""
        offered = self.facts.offered
        return {z: offered - took for z, took in self.facts.played.items() if took < offered}


def spoken_of(airing: Airing, state: State) -> Spoken:
    """The receipt's account of what became of an announcement."""
    facts = airing.facts
    total = airing.track.samples
    word = _SPOKEN[state]
    if state is State.PLAYING and facts.offered:
        word = "resumed"
    if state is State.QUEUED and total is None:
        word = "accepted"
    evidence: Literal["heard", "sent_to_device"] = "heard" if facts.heard else "sent_to_device"
    return Spoken(
        state=word,
        samples_total=total or 0,
        samples_played=dict(facts.played),
        sample_rate_hz=RATE_HZ,
        interruptions=facts.interruptions,
        engine=facts.engine,
        voice=facts.voice,
        loudness_lufs=facts.loudness_lufs,
        pcm_sha256=facts.pcm_sha256,
        evidence=evidence if any(facts.played.values()) else "none",
    )
