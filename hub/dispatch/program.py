"""The dispatcher as a process: ``python -m hub.dispatch``.

Several may run on one PostgreSQL: one seals and sends, all share what boxes report, and each
takes over from the others. The broker's address stands in ``VILLAGE_HUB_BROKER``. Recordings are
rendered on a thread of their own, so that an emergency never waits for one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections

from hub.broker.files import TAKERS
from hub.dispatch import outlet
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.sealer import SealedAct, Sealer
from hub.dispatch.taker import Taker, TakingThread
from hub.dispatch.wake import WakeSocket, wake
from hub.leases.holding import DISPATCH, Holding
from hub.ledger import boxes
from hub.preview.recording import studio
from hub.serve import WORKER

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger(__name__)
TURN_S = 0.5
AFTER_TROUBLE_S = 1.0


class SealingThread(threading.Thread):
    """Seals publications, corrections and withdrawals, and leaves the acts in a queue."""

    def __init__(self, sealer: Sealer) -> None:
        super().__init__(name="sealing", daemon=True)
        self._sealer = sealer
        self._acts: queue.SimpleQueue[SealedAct] = queue.SimpleQueue()
        self._due = threading.Event()
        self.is_serving = False
        self._stopping = threading.Event()

    def run(self) -> None:
        """Seal what waits whenever there may be something."""
        while not self._stopping.is_set():
            self._due.wait(TURN_S)
            self._due.clear()
            if not self.is_serving:
                continue
            try:
                for act in self._sealer.others(time.monotonic()):
                    self._acts.put(act)
                    wake()
                self._sealer.prepare(time.monotonic())
            except DatabaseError:
                _log.exception("the database is not available, trying again")
                close_old_connections()
                self._stopping.wait(AFTER_TROUBLE_S)

    def look(self) -> Iterator[SealedAct]:
        """Acts that were sealed since the last look; also lets the thread look at the outbox."""
        self._due.set()
        while True:
            try:
                yield self._acts.get_nowait()
            except queue.Empty:
                return

    def stop(self) -> None:
        """End after the row at hand."""
        self._stopping.set()
        self._due.set()


class Worker:
    """One process: holds shares of the work, and does what it holds.

    On PostgreSQL taking in is shared among all workers, each part on a thread beside the
    dispatcher's loop; on SQLite the one dispatcher does everything.
    """

    def __init__(self, sealer: Sealer) -> None:
        address, standby = urlsplit(boxes.broker_address()), boxes.standby_address()
        here = (address.hostname or "127.0.0.1", address.port or 1883)
        there = outlet.parse(standby, boxes.broker_files().tls) if standby else None
        self._sealing = SealingThread(sealer)
        self._dispatcher = Dispatcher(here, boxes.hub_password(), sealer, self._sealing.look, there)
        self._holding = Holding(os.environ.get(WORKER, socket.gethostname()))
        self._shares: tuple[str, ...] = (DISPATCH,)
        self._taker: Taker | None = None
        self._taking: TakingThread | None = None
        self._woken: WakeSocket | None = None
        if boxes.is_shared():
            self._dispatcher.leave_events_to_others()
            brokers = [outlet.BrokerAddress(*here), *([there] if there else [])]
            self._taker = Taker(brokers, boxes.takers_password())
            self._taking = TakingThread(self._taker, self._holding.serving)
            self._shares = (DISPATCH, *TAKERS)

    def start(self) -> None:
        """Start the threads."""
        self._sealing.start()
        if self._taking is not None:
            self._taking.start()

    @property
    def is_whole(self) -> bool:
        """Whether nothing of it has died: a worker holds no share that it does not do."""
        return self._taking is None or self._taking.is_alive()

    def turn(self) -> None:
        """One turn; without its lease nothing is sealed, sent or taken in."""
        try:
            self._turn(time.monotonic())
        except DatabaseError:
            _log.exception("the database is not available, trying again")
            close_old_connections()
            time.sleep(AFTER_TROUBLE_S)

    def _turn(self, now_s: float) -> None:
        brokers = int(self._dispatcher.is_up)
        if self._taker is not None:
            brokers = self._taker.reached(now_s)
        held = self._holding.turn(
            self._shares, now_s, brokers=brokers, waiting=self._dispatcher.waiting
        )
        self._sealing.is_serving = DISPATCH in held
        if DISPATCH not in held:
            self._stand_by()
            return
        if self._woken is None:
            self._woken = WakeSocket()  # not before: another one is woken by it
        self._dispatcher.turn(self._woken.fileno(), TURN_S)
        self._woken.drain()

    def _stand_by(self) -> None:
        self._dispatcher.close()
        if self._woken is not None:
            self._woken.close()
            self._woken = None
        time.sleep(TURN_S)

    def close(self) -> None:
        """End the threads, then let go: others need not wait for the leases to run out."""
        self._sealing.stop()
        if self._taking is not None:
            self._taking.stop()
        self._dispatcher.close()
        if self._woken is not None:
            self._woken.close()
        with contextlib.suppress(DatabaseError):  # otherwise the leases run out by themselves
            self._holding.let_go()


def run() -> int:
    """Work until SIGTERM or SIGINT; 0 when it was told to stop."""
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    boxes.write_accounts()
    voice = studio(settings.DATA.root / "recordings")
    worker = Worker(Sealer(voice))
    worker.start()
    try:
        while not stopped.is_set() and worker.is_whole:
            worker.turn()
    finally:
        worker.close()
        if voice is not None:
            voice.close()
    return 0 if stopped.is_set() else 1
