"""What a box says to the hub: its state, numbered batches of events, and questions of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from typing import Any, Literal

from contract.receipt import Part  # noqa: TC001 - the codec resolves hints at run time


@dataclass(frozen=True, slots=True)
class LayerState:
    """The version of one area's manifest that a box holds; ``complete`` when nothing is missing."""

    epoch: int
    generation: int
    complete: bool
    digest: str = ""
    """First 16 hex digits of the manifest's SHA-256: a hub put back from a backup counts up
    again, and may give a number that its boxes know to something else."""


@dataclass(frozen=True, slots=True)
class BoxState:
    """Retained on ``up/state``; the last will repeats it with ``online`` false.

    ``session`` names the connection, so that an old will cannot darken a new session.
    """

    box: str
    session: str
    online: bool
    at: datetime
    boot: str = ""
    clock_trusted: bool = False
    layers: dict[str, LayerState] | None = None
    keys_version: int = 0
    free_bytes: int = 0
    faults: tuple[str, ...] = ()
    software: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of a part's outbox; ``body`` is an encoded receipt or feedback."""

    seq: int
    kind: Literal["receipt", "feedback"]
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one part's outbox, in order.

    ``outbox`` names the file it came from: a box that lost its disk starts a new one and
    counts from 1 again.
    """

    box: str
    part: Part
    outbox: str
    events: tuple[Event, ...]
    oldest: int = 1
    """The lowest number the box still holds; all below it was acknowledged once."""


@dataclass(frozen=True, slots=True)
class EventAck:
    """Hub to box on ``ack``: everything up to ``seq`` of that outbox is safely stored."""

    part: Part
    outbox: str
    seq: int


@dataclass(frozen=True, slots=True)
class TimeQuestion:
    """Box to hub on ``nonce``: what is the time? 32 hex digits of our own choice."""

    box: str
    nonce: str


@dataclass(frozen=True, slots=True)
class TimeAnswer:
    """Hub to box on ``time``, sealed: the time, bound to the box's own nonce."""

    box: str
    nonce: str
    now: datetime
