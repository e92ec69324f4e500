"""What link's rooms share: settings, clock, store, memory, keys, receipts, the poke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_agent.link.keyfile import KeyFile
from edge_agent.link.memory import Memory
from edge_agent.link.receipts import Receipts
from edge_agent.outbox import Outbox
from edge_agent.poke import poke
from edge_agent.store import StoreWriter

if TYPE_CHECKING:
    from edge_agent.clock import TrustedClock
    from edge_agent.settings import Settings

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

    def poke_parts(self) -> None:
        """Let every part read the store."""
        for part in AUDIENCE:
            poke(self.settings.run, part)

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
    memory = Memory(folder)
    outbox = Outbox(folder)
    return Holdings(
        settings=settings,
        clock=clock,
        store=StoreWriter(settings.part_folder("store")),
        memory=memory,
        keys=keys,
        outbox=outbox,
        receipts=Receipts(settings.box.id, outbox, memory, clock),
    )
