"""What every part of a box starts with: settings, clock, store, outbox, its poke socket.

A part is a plain loop: read the plan, do it, write the receipt, wait for the next change or a
poke. `Part.wait` also feeds the service manager's watchdog, so only a loop that turns is alive.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from contract.receipt import Receipt
from edge_agent import unkept
from edge_agent.clock import BoxClock, Clock
from edge_agent.outbox import Outbox
from edge_agent.plan import Plan, plan
from edge_agent.poke import PokeListener, poke
from edge_agent.store import Store, read_safely

if TYPE_CHECKING:
    from types import FrameType

    from contract.errors import RefusalReason
    from contract.receipt import Part as PartName
    from contract.receipt import Shown, Spoken, Stage
    from edge_agent.settings import Settings

WATCHDOG_S = 3.0


@dataclass
class Part:
    """One of led, audio, kiosk at work. Call `open_part` to make one."""

    name: PartName
    settings: Settings
    clock: Clock
    store: Store
    outbox: Outbox
    poked: PokeListener
    stopping: bool = field(default=False)
    is_kept: bool = True
    """False on a disk that cannot be written: what is written ends with this boot."""

    def plan(self) -> Plan:
        """The plan of this moment."""
        return plan(read_safely(self.store), self.clock.read())

    def wait(self, timeout_s: float) -> bool:
        """Sleep until poked, stopped or ``timeout_s`` has passed, fed to the watchdog."""
        left_s = timeout_s
        while not self.stopping:
            notify("WATCHDOG=1")
            self.look_at_disk()
            if self.poked.wait(min(left_s, WATCHDOG_S)):
                return True
            left_s -= WATCHDOG_S
            if left_s <= 0:
                return False
        return False

    def seconds_until(self, plan_: Plan, *, at_most_s: float = 60.0) -> float:
        """How long the plan holds, for `wait`."""
        if plan_.next_change is None:
            return at_most_s
        left_s = (plan_.next_change - self.clock.read().now).total_seconds()
        return min(max(left_s, 0.0), at_most_s)

    def receipt(  # noqa: PLR0913 - a receipt has that many facts
        self,
        stage: Stage,
        notice_id: str,
        revision: int,
        *,
        shown: Shown | None = None,
        spoken: Spoken | None = None,
        reason: RefusalReason | None = None,
        detail: str = "",
        characters: tuple[str, ...] = (),
    ) -> None:
        """Write down what happened, and let link carry it."""
        reading = self.clock.read()
        self.outbox.add_receipt(
            Receipt(
                box=self.settings.box.id,
                part=self.name,
                stage=stage,
                notice_id=notice_id,
                revision=revision,
                at=reading.now,
                clock_trusted=reading.trusted,
                reason=reason,
                detail=detail,
                shown=shown,
                spoken=spoken,
                characters=characters,
            )
        )
        poke(self.settings.run, "link")

    def look_at_disk(self) -> None:
        """End, to be started anew, once a disk that could not be written is whole again."""
        if not self.is_kept and not unkept.is_read_only(self.settings.state):
            self.stop()

    def stop(self, signal_number: int = 0, frame: FrameType | None = None) -> None:
        """Leave the loop at the next turn; also the handler of SIGTERM."""
        del signal_number, frame
        self.stopping = True

    def close(self) -> None:
        """Release files and socket."""
        self.poked.close()
        self.outbox.close()
        self.store.close()


def open_part(name: PartName, settings: Settings, clock: Clock | None = None) -> Part:
    """Open a part's files and socket, and stop its loop on SIGTERM and SIGINT."""
    folder = settings.part_folder(name)
    part = Part(
        name,
        settings,
        clock or BoxClock(settings.part_folder("clock")),
        Store(settings.part_folder("store"), read_only=True),
        Outbox(folder),
        PokeListener(settings.run, name),
        is_kept=not unkept.is_read_only(settings.state),
    )
    signal.signal(signal.SIGTERM, part.stop)
    signal.signal(signal.SIGINT, part.stop)
    logging.getLogger(__name__).info("%s starts in village %s", name, settings.box.village)
    return part


def notify(state: str) -> None:
    """Tell the service manager (sd_notify protocol); silently nothing on a desk."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    target = "\0" + address[1:] if address.startswith("@") else address
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(state.encode("utf-8"), target)
