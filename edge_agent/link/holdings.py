"""What link's rooms share: settings, clock, store, memory, keys, receipts, the poke."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from edge_agent.errors import StoreError
from edge_agent.link.keyfile import KeyFile
from edge_agent.link.memory import Memory
from edge_agent.link.receipts import Receipts
from edge_agent.outbox import Outbox
from edge_agent.poke import poke
from edge_agent.store import ROTTEN_ERRORS, StoreWriter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edge_agent.clock import TrustedClock
    from edge_agent.settings import Settings

CONDEMNED = "condemned"
_log = logging.getLogger(__name__)
T = TypeVar("T")
_ROTTEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
"""SQLITE_ERROR: our statements are right, so a column that is not there has rotted away."""
AUDIENCE = ("audio", "led", "kiosk")
"""Who is woken by a change; the loudspeaker first, an emergency counts in milliseconds."""


@dataclass
class Holdings:
    """Open files of link. ``changed`` asks for a state report."""

    settings: Settings
    clock: TrustedClock
    store: StoreWriter
    memory: Memory
    keys: KeyFile
    outbox: Outbox
    receipts: Receipts
    changed: bool = False
    is_starved: bool = False
    """Something could not be stored for want of room, or the room for emergencies is gone."""

    def poke_parts(self) -> None:
        """Let every part read the store."""
        for part in AUDIENCE:
            poke(self.settings.run, part)

    def condemn(self) -> None:
        """The store turned out rotten while it was open: the next start throws it away."""
        (self.settings.part_folder("store") / CONDEMNED).touch()

    def close(self) -> None:
        """Close every file."""
        self.store.close()
        self.memory.close()
        self.outbox.close()


def open_holdings(settings: Settings, clock: TrustedClock) -> Holdings:
    """Open link's files.

    Raises:
        SettingsError: the box was never enrolled; StoreError: the disk cannot be used.
    """
    folder = settings.part_folder("link")
    keys = KeyFile(folder)
    memory = sound(Memory, folder, "link.db")
    outbox = sound(Outbox, folder, "outbox.db")
    return Holdings(
        settings=settings,
        clock=clock,
        store=sound(_checked_store, settings.part_folder("store"), "notices.db"),
        memory=memory,
        keys=keys,
        outbox=outbox,
        receipts=Receipts(settings.box.id, outbox, memory, clock),
    )


def _checked_store(folder: Path) -> StoreWriter:
    if (folder / CONDEMNED).exists():
        (folder / CONDEMNED).unlink()
        raise sqlite3.DatabaseError("it was found rotten while it was in use")
    store = StoreWriter(folder)
    try:
        store.check()
    except ROTTEN_ERRORS:
        store.close()
        raise
    return store


def sound(make: Callable[[Path], T], folder: Path, name: str) -> T:
    """Open a database; one whose pages have rotted is moved aside and begun anew.

    The hub signs and sends everything again, so an empty store is right within seconds; a
    rotten one would never be. A full or locked disk is no reason to throw anything away.
    """
    try:
        return make(folder)
    except (StoreError, *ROTTEN_ERRORS) as error:
        if not is_rotten(error):
            raise
    _log.error("%s is rotten; it is moved aside and filled again from the hub", name)
    for path in (folder / name, folder / f"{name}-wal", folder / f"{name}-shm"):
        if path.exists():
            path.replace(path.with_name(path.name.replace(name, f"{name}.rotten")))
    return make(folder)


def is_rotten(error: BaseException) -> bool:
    """Whether an error says that a database file is damaged, not merely full or busy."""
    cause = error.__cause__ if isinstance(error, StoreError) else error
    if not isinstance(cause, ROTTEN_ERRORS):
        return False
    code = getattr(cause, "sqlite_errorcode", None)
    return code is None or int(code) & 0xFF in _ROTTEN
