"""Takes in what boxes report, shared among workers: every share has a connection of its own.

A share is a fixed part of the boxes and an account at the broker at once. So the broker itself
allows it one holder, and what a dead holder had not acknowledged waits in the session for the
next one. The boxes' topics know nothing of shares: whoever holds one subscribes box by box.
A shared subscription would be stolen by any box that joined its group.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from select import POLLIN
from typing import TYPE_CHECKING
from zlib import crc32

from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from contract import topics
from hub.broker.files import TAKERS
from hub.dispatch.connection import Connection
from hub.dispatch.hearing import Ear, take_events, together
from hub.dispatch.wake import wait_for
from hub.ledger.models import Box
from hub.site.conflicts import committed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from hub.dispatch.connection import Incoming
    from hub.dispatch.outlet import BrokerAddress

_log = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0
"""A box that was enrolled since is heard after so long; what it said before it says again."""
TOPICS_TOGETHER = 1000
"""In one SUBSCRIBE: less than half of what the broker takes in one packet."""
GRACE_S = 6.0
"""A broker counts as reached for so long after the last connection to it broke."""
PROBE_EVERY_S, PROBE_WITHIN_S = 3.0, 1.0
REST_S = 20.0
"""Who was not let in by a broker that others reach does not ask for shares again so soon."""
TURN_S, AFTER_TROUBLE_S = 0.5, 1.0


def share_of(box: str) -> str:
    """Which share a box belongs to, for ever."""
    return TAKERS[crc32(box.encode("ascii")) % len(TAKERS)]


class _Line:
    """One share's connection to one broker."""

    def __init__(self, share: str, address: BrokerAddress, password: str) -> None:
        tls = address.tls_of(share) if address.tls_of is not None else None
        self.connection = Connection(address.host, address.port, password, self, tls)
        self.connection.user, self.connection.filters = share, ()
        self._ear = Ear()
        self._heard: set[str] = set()

    def connected(self) -> None:
        """The session may be new: subscribe to every box again."""
        self._heard.clear()

    def listen_to(self, boxes: Collection[str]) -> None:
        """Subscribe to the boxes that are new. One that was revoked has no right to speak."""
        if not self.connection.is_greeted:
            return
        new = sorted(each for each in boxes if each not in self._heard)
        for start in range(0, len(new), TOPICS_TOGETHER):
            some = new[start : start + TOPICS_TOGETHER]
            self.connection.subscribe([topics.box_up(each, "events") for each in some])
            self._heard.update(some)

    def received(self, messages: Sequence[Incoming]) -> None:
        """Store what came, in one transaction, then acknowledge it to the boxes."""
        batches = self._ear.read(messages).batches
        if not batches:
            return
        for topic, payload in committed(lambda: together(take_events, batches), locks_rows=True):
            self.connection.answer(topic, payload)


class _Reach:
    """Whether this worker can get to one broker, so that it holds no share that others serve."""

    def __init__(self, address: BrokerAddress) -> None:
        self._address = address
        self._seen_s = self._probe_s = float("-inf")

    def note(self, lines: Sequence[_Line], now_s: float) -> None:
        """A line that is up proves it; without any a connection is tried now and then."""
        if lines:
            if any(each.connection.is_up for each in lines):
                self._seen_s = now_s
            elif not self.is_there(now_s):
                self._probe_s = now_s + REST_S
        elif now_s >= self._probe_s:
            self._probe_s = now_s + PROBE_EVERY_S
            if self._answers():
                self._seen_s = now_s

    def _answers(self) -> bool:
        address = (self._address.host, self._address.port)
        try:
            with socket.create_connection(address, PROBE_WITHIN_S):
                return True
        except OSError:
            return False

    def is_there(self, now_s: float) -> bool:
        """Whether the broker was reached just now."""
        return now_s - self._seen_s < GRACE_S


class Taker:
    """Call `turn` for ever with the shares that this worker holds."""

    def __init__(self, brokers: Sequence[BrokerAddress], password: str) -> None:
        self._brokers, self._password = list(brokers), password
        self._lines: dict[str, list[_Line]] = {}
        self._reach = [_Reach(each) for each in brokers]
        self._boxes: dict[str, list[str]] = {}
        self._looked_s = float("-inf")
        self._woken, self._waker = os.pipe()

    def reached(self, now_s: float) -> int:
        """How many of the brokers this worker gets to."""
        return sum(each.is_there(now_s) for each in self._reach)

    def turn(self, shares: Collection[str], timeout_s: float) -> None:
        """Open and close what changed hands, wait for the brokers, take in what came."""
        for share in [each for each in self._lines if each not in shares]:
            _close(self._lines.pop(share))
        for share in shares:
            if share not in self._lines:
                self._lines[share] = [_Line(share, each, self._password) for each in self._brokers]
        lines = [line for each in self._lines.values() for line in each]
        now_s = time.monotonic()
        if lines and now_s - self._looked_s >= LOOK_EVERY_S:
            self._look()
            self._looked_s = now_s
        sockets = [found for each in lines if (found := each.connection.fileno()) is not None]
        wait_for(dict.fromkeys([self._woken, *sockets], POLLIN), timeout_s if sockets else 0.1)
        for share, its_lines in self._lines.items():
            for line in its_lines:
                line.connection.turn(self._woken, 0.0)
                line.listen_to(self._boxes.get(share, ()))
        for place, reach in enumerate(self._reach):
            reach.note([each[place] for each in self._lines.values()], time.monotonic())

    def _look(self) -> None:
        """Which boxes there are: one that was enrolled a moment ago is heard, too."""
        found: dict[str, list[str]] = {}
        for box in Box.objects.filter(revoked_at=None).values_list("id", flat=True):
            found.setdefault(share_of(box), []).append(box)
        self._boxes = found

    def wake(self) -> None:
        """End a wait; the next ones, too."""
        os.write(self._waker, b"!")

    def close(self) -> None:
        """Disconnect."""
        for found in self._lines.values():
            _close(found)
        self._lines.clear()
        os.close(self._woken)
        os.close(self._waker)


def _close(lines: Iterable[_Line]) -> None:
    for each in lines:
        each.connection.close()


class TakingThread(threading.Thread):
    """Takes in beside the dispatcher, so that no emergency waits for it.

    ``serving`` names the shares to do at a moment; it is asked before every turn.
    """

    def __init__(self, taker: Taker, serving: Callable[[float], frozenset[str]]) -> None:
        super().__init__(name="taking", daemon=True)
        self._taker, self._serving = taker, serving
        self._stopping = threading.Event()

    def run(self) -> None:
        """Take in for ever."""
        while not self._stopping.is_set():
            try:
                self._taker.turn(self._serving(time.monotonic()).intersection(TAKERS), TURN_S)
            except DatabaseError:
                _log.exception("the database is not available, trying again")
                close_old_connections()
                self._stopping.wait(AFTER_TROUBLE_S)
        self._taker.close()
        connections.close_all()

    def stop(self) -> None:
        """End after what is at hand."""
        self._stopping.set()
        self._taker.wake()
        self.join()
