"""Receipts: what really happened to a notice in a village, never what should have happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from typing import Literal

from contract.errors import RefusalReason  # noqa: TC001 - the codec resolves hints at run time

Stage = Literal[
    "received", "refused", "stored", "shown", "spoken", "readable",
    "expired", "withdrawn", "purged", "unshowable", "damaged",
]  # fmt: skip
Part = Literal["link", "led", "audio", "kiosk"]
SpokenState = Literal[
    "accepted", "queued", "started", "interrupted", "resumed",
    "finished", "failed", "expired", "missed", "superseded", "cancelled",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """What the panel showed: pages, seconds so far, and the hash of the frame's pixels."""

    pages: int
    seconds: float
    first_at: datetime
    snapshot_sha256: str
    panel: str = ""
    snapshot_png_b64: str = ""
    """A small PNG of the frame, sent once per notice and revision."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """The announcement stood still at this sample, for this long, because of that alert."""

    at_sample: int
    by: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the loudspeaker played. ``finished`` means the device took the last block."""

    state: SpokenState
    samples_total: int = 0
    samples_played: dict[str, int] | None = None
    """Samples sent per zone, at ``sample_rate_hz``."""
    sample_rate_hz: int = 48000
    interruptions: tuple[Interruption, ...] = ()
    engine: str = ""
    voice: str = ""
    loudness_lufs: float | None = None
    pcm_sha256: str = ""
    evidence: Literal["none", "sent_to_device", "heard"] = "none"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One fact about one notice (``notice_id``, ``revision``) or alert in one box."""

    box: str
    part: Part
    stage: Stage
    notice_id: str
    revision: int
    at: datetime
    clock_trusted: bool
    reason: RefusalReason | None = None
    detail: str = ""
    """A sentence for the technician; never personal data."""
    shown: Shown | None = None
    spoken: Spoken | None = None
    characters: tuple[str, ...] = ()
    """Characters nobody's font has (stage ``unshowable``)."""
