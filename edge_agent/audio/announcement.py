"""What is to be said over the loudspeaker, how urgent it is, and how far it has got.

Words of public address: an *announcement* is one thing to be said once; it has a *rank* that
decides who may break into whom; a *zone* (村民小组 or the whole village) is what one relay or
one sound card makes sound.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from enum import IntEnum, StrEnum
from typing import Literal

PowerCutRule = Literal["resume", "drop"]


class Kind(IntEnum):
    """Who may break into whom first of all: 应急优先于日常."""

    ROUTINE = 1
    SCHEDULED = 2
    LIVE = 3
    EXERCISE = 4
    """演练: sounds like an emergency, keeps quiet hours, never stops a real one."""
    EMERGENCY = 5


class Level(IntEnum):
    """Who speaks; the higher level goes first (上级优先于下级): 村 镇 县 市 省 国."""

    VILLAGE = 1
    TOWN = 2
    COUNTY = 3
    CITY = 4
    PROVINCE = 5
    NATION = 6


class Severity(IntEnum):
    """The Common Alerting Protocol's severity; red is EXTREME, blue is MINOR."""

    UNKNOWN = 0
    MINOR = 1
    MODERATE = 2
    SEVERE = 3
    EXTREME = 4


class State(StrEnum):
    """Where an announcement stands. The last six are final and never change again."""

    QUEUED = "queued"
    PLAYING = "playing"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    FAILED = "failed"
    EXPIRED = "expired"
    MISSED = "missed"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Nothing more will happen to it."""
        return self not in {State.QUEUED, State.PLAYING, State.INTERRUPTED}


@dataclass(frozen=True, slots=True)
class Announcement:
    """One thing to be said once, as the plan orders it.

    ``occurrence`` tells the airings of one notice apart (the slot it is spoken in); the same
    id, revision and occurrence is never played twice. ``issued_at``, ``due_at`` and
    ``expires_at`` are aware datetimes; ``due_at`` is when it ought to sound.
    """

    id: str
    kind: Kind
    issued_at: datetime
    due_at: datetime
    text: str = ""
    """The words, when they are not those of a notice; kept on disk until it is over."""
    revision: int = 1
    occurrence: str = ""
    level: Level = Level.VILLAGE
    severity: Severity = Severity.UNKNOWN
    expires_at: datetime | None = None
    zones: tuple[str, ...] = ()
    """The zones that shall hear it; empty means every zone of the box."""
    recording_sha256: str = ""
    """The hub's own recording of the text, to be preferred to the box's voice."""
    recorded_from: int = 1
    """The first reading that is spoken by the recording; it came late for those before."""
    replaces: tuple[str, ...] = ()
    """Ids of other notices or alerts that this one takes the place of."""
    siren: bool = True
    """An emergency begins with the siren; its all-clear does not."""
    repeats: int = 1
    """How often it is read in full; 0 repeats until it is cancelled or expires."""
    gap_s: float = 2.0
    pause_s: float = 300.0
    """Pause after every three readings of an announcement that repeats without end."""
    slower_repeat: bool = False
    after_power_cut: PowerCutRule = "resume"
    muted: bool = False
    """A silent self-test: voice, queue, cards and receipts work, amplifiers stay off."""
    live: str = ""
    """The talk that is being spoken (`edge_agent.live_spool`); its sound grows while it plays."""
    notice_id: str = ""
    """The notice whose words these are, for receipts; empty when ``id`` names it."""

    @property
    def key(self) -> str:
        """Names this airing for ever: on disk, in receipts, in the airing log."""
        name = f"{self.id}@{self.revision}"
        return f"{name}#{self.occurrence}" if self.occurrence else name

    @property
    def rank(self) -> tuple[int, int, int]:
        """Kind, then issuing level, then severity. Only a strictly higher rank interrupts."""
        return (self.kind, self.level, self.severity)

    @property
    def urgent(self) -> bool:
        """A real emergency: exempt from quiet hours, airtime limits and lateness."""
        return self.kind is Kind.EMERGENCY


@dataclass(slots=True)
class Entry:
    """An announcement in the queue and how far it has got."""

    announcement: Announcement
    arrival: int
    """Counts up as announcements are accepted; breaks ties."""
    state: State = State.QUEUED
    offset: int = 0
    """Samples of the programme that were handed to the device so far."""
    interruptions: int = 0
    readings: int = 0
    """How often it was read in full so far."""
    reason: str = ""
    last_sound_at: datetime | None = None
    not_before: datetime | None = None
    """It pauses until then."""

    @property
    def started(self) -> bool:
        """At least one sample of it was handed to the device."""
        return self.last_sound_at is not None

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts the next to sound first: rank, then what was begun, then time, then arrival.

        Emergencies of one rank alternate reading by reading: the one read less often is next.
        """
        item = self.announcement
        down = tuple(-part for part in item.rank)
        readings = self.readings if item.urgent else 0
        return (down, readings, not self.started, item.issued_at, self.arrival)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to an announcement, to be written down and reported."""

    entry: Entry
    state: State
    at: datetime
    reason: str = ""
    by: str = ""
    """The announcement that made it give way."""
