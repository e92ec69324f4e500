"""A manifest: all that is in force for one area, signed as a whole.

Newer replaces older, atomically; what is absent is withdrawn. That is why a box that was away
for months, a broker that lost its disk and a hub restored from a backup all converge.
``(epoch, generation)`` only grows; a restored hub moves on past what its boxes report.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from typing import Literal

from contract.areas import Area
from contract.notice import Asset, check_sha256

SMALL_ASSET_BYTES = 64 * 1024
"""An asset up to this size travels over MQTT as a blob; a larger one over HTTPS."""

PIECE_BYTES = 4 * 1024 * 1024
"""Larger assets carry a hash for every so many bytes."""

LARGE_MANIFEST_BYTES = 4096
"""A box that holds a larger manifest hears of changes by deltas."""


def pieces_of(body: bytes) -> tuple[str, ...]:
    """SHA-256 of every 4 MiB of a file; none for a file that is no larger."""
    if len(body) <= PIECE_BYTES:
        return ()
    starts = range(0, len(body), PIECE_BYTES)
    return tuple(hashlib.sha256(body[start : start + PIECE_BYTES]).hexdigest() for start in starts)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in force: the sealed notice or alert whose bytes have this ``sha256``."""

    id: str
    revision: int
    sha256: str
    size_bytes: int
    kind: Literal["notice", "alert"] = "notice"

    def __post_init__(self) -> None:
        check_sha256(self.sha256)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What villagers are told of a notice that was taken back lately: no title, no content.

    ``about`` is the catalogue's word for the matter; ``reason`` went through the privacy gate,
    and is empty where it may not be told.
    """

    id: str
    at: datetime
    about: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in force for ``area`` since ``issued_at``."""

    area: str
    epoch: int
    generation: int
    issued_at: datetime
    items: tuple[Item, ...] = ()
    assets: tuple[Asset, ...] = ()
    requires: tuple[str, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()

    def __post_init__(self) -> None:
        Area.parse(self.area)

    @property
    def version(self) -> tuple[int, int]:
        """``(epoch, generation)``, compared as a pair."""
        return (self.epoch, self.generation)
