"""The dispatcher as a process: ``python -m hub.dispatch``.

Several may run on one PostgreSQL; the one that holds the lease works, the others stand by. The
broker's address stands in ``VILLAGE_HUB_BROKER``. Recordings are rendered on a thread of
their own, so that an emergency never waits for one.
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
from select import POLLIN
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections

from hub.dispatch import outlet
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.sealer import SealedAct, Sealer
from hub.dispatch.wake import WakeSocket, wait_for, wake
from hub.leases.holding import Holding
from hub.ledger import boxes
from hub.preview.recording import studio

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger(__name__)
DISPATCH = "dispatch"
WORKER = "VILLAGE_HUB_WORKER"
"""Names this dispatcher among others on the same database; the machine's name without it."""
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


def run() -> int:
    """Dispatch until SIGTERM or SIGINT; 0 when it was told to stop."""
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    boxes.write_accounts()
    address, standby = urlsplit(boxes.broker_address()), boxes.standby_address()
    voice = studio(settings.DATA.root / "recordings")
    sealer = Sealer(voice)
    thread = SealingThread(sealer)
    dispatcher = Dispatcher(
        (address.hostname or "127.0.0.1", address.port or 1883),
        boxes.hub_password(),
        sealer,
        thread.look,
        outlet.parse(standby, boxes.broker_files().tls) if standby else None,
    )
    woken, holding = WakeSocket(), Holding(os.environ.get(WORKER, socket.gethostname()))
    thread.start()
    try:
        while not stopped.is_set():
            _turn(dispatcher, woken, holding, thread)
    finally:
        thread.stop()
        dispatcher.close()
        woken.close()
        if voice is not None:
            voice.close()
        with contextlib.suppress(DatabaseError):  # otherwise the lease runs out by itself
            holding.let_go()
    return 0


def _turn(
    dispatcher: Dispatcher, woken: WakeSocket, holding: Holding, thread: SealingThread
) -> None:
    """One turn; without the lease nothing is sealed, sent or taken in."""
    try:
        thread.is_serving = DISPATCH in holding.turn(
            (DISPATCH,),
            time.monotonic(),
            is_broker_up=dispatcher.is_up,
            waiting=dispatcher.waiting,
        )
        if thread.is_serving:
            dispatcher.turn(woken.fileno(), TURN_S)
        else:
            dispatcher.close()
            wait_for({woken.fileno(): POLLIN}, TURN_S)
        woken.drain()
    except DatabaseError:
        _log.exception("the database is not available, trying again")
        close_old_connections()
        time.sleep(AFTER_TROUBLE_S)
