"""A process full of boxes around one selector, told what to do over a pipe."""

from __future__ import annotations

import contextlib
import multiprocessing
import random
import selectors
import ssl
import time
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bench.fleet.box import FleetBox
from edge_agent.link.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

TURN_S, TICK_S = 0.02, 0.25
CALM_S, WORK_AT_LATEST_S = 0.03, 0.5
"""A crowd works when nothing has come for so long, or has read for so long."""


@dataclass(frozen=True)
class Member:
    """What one box is given: its name, village, certificate and key."""

    box: str
    area: str
    certificate: Path
    key: Path


class Crowd:
    """The far end, in the bench: `ask` and get the answer."""

    def __init__(
        self, members: Sequence[Member], address: tuple[str, int], ca: Path, key_set: bytes
    ) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        words = (theirs, list(members), address, ca, key_set)
        self._process = context.Process(target=_run, args=words, daemon=True)
        self._process.start()

    def ask(self, what: str, *words: Any) -> Any:  # noqa: ANN401 - as many kinds as questions
        """One of the questions of `_Inside`."""
        self._pipe.send((what, words))
        return self._pipe.recv()

    def end(self) -> None:
        """Stop the process."""
        self._process.terminate()
        self._process.join(10)


def _run(
    pipe: Connection, members: list[Member], address: tuple[str, int], ca: Path, key_set: bytes
) -> None:
    inside = _Inside(members, address, ca, key_set)
    while True:
        inside.turn()
        while pipe.poll():
            what, words = pipe.recv()
            pipe.send(getattr(inside, what)(*words))


class _Inside:
    def __init__(
        self, members: list[Member], address: tuple[str, int], ca: Path, key_set: bytes
    ) -> None:
        self._selector = selectors.DefaultSelector()
        self._boxes = [
            FleetBox(each.box, each.area, address, _context(ca, each), key_set) for each in members
        ]
        self._retry = {box: Retry(random.Random(box.box)) for box in self._boxes}  # noqa: S311 - spreads load
        self._descriptor: dict[FleetBox, int] = {}
        self._due_s: dict[FleetBox, float] = {}
        self._tick_s = 0.0
        self._busy: deque[FleetBox] = deque()
        self._read_s = self._busy_s = 0.0
        self._revoked: set[FleetBox] = set()

    def turn(self) -> None:
        """Connect who is due, read who has something, work, tick."""
        ends_s = time.monotonic() + TICK_S
        while self._due_s and time.monotonic() < ends_s:
            box, due_s = min(self._due_s.items(), key=lambda each: each[1])
            if due_s > time.monotonic():
                break
            self._connect(box)
            self._read(0.0)
        self._read(0.0 if self._busy else TURN_S)
        self._work()
        now_s = time.monotonic()
        if now_s >= self._tick_s:
            self._tick_s = now_s + TICK_S
            for box in self._boxes:
                if box in self._descriptor and not box.tick(now_s):
                    self._lost(box)

    def _read(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            self._read_s = time.monotonic()
            if not key.data.readable():
                self._lost(key.data)
                continue
            if not self._busy:
                self._busy_s = self._read_s
            self._busy.append(key.data)
            if key.data.is_up:
                self._retry[key.data].succeeded()

    def _work(self) -> None:
        """Some of what was read, once nothing more comes: arrivals first, as in a county.

        There every box has its own processor. Here their work would take from the broker's and
        from each other's reading the time that it needs to deliver.
        """
        now_s = time.monotonic()
        if now_s - self._read_s < CALM_S and now_s - self._busy_s < WORK_AT_LATEST_S:
            return
        while self._busy and time.monotonic() < now_s + TURN_S:
            box = self._busy.popleft()
            while box.work():
                pass
            if box in self._descriptor and not box.tick(time.monotonic()):
                self._lost(box)

    def _connect(self, box: FleetBox) -> None:
        self._due_s.pop(box, None)
        try:
            descriptor = box.connect()
        except (OSError, ValueError):
            self._again(box)
            return
        self._descriptor[box] = descriptor
        self._selector.register(descriptor, selectors.EVENT_READ, box)

    def _lost(self, box: FleetBox) -> None:
        descriptor = self._descriptor.pop(box, None)
        if descriptor is not None:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(descriptor)
            box.drop()
            self._again(box)

    def _again(self, box: FleetBox) -> None:
        now_s = time.monotonic()
        self._due_s[box] = now_s + self._retry[box].pause_s(now_s)

    def connect(self) -> None:
        """All at once, as after a power cut of the county."""
        now_s = time.monotonic()
        self._due_s = {box: now_s for box in self._boxes if box not in self._descriptor}

    def lose(self, share: float) -> int:
        """Break a share of the connections; they come back by themselves."""
        lost = random.sample(self._boxes, round(share * len(self._boxes)))
        for box in lost:
            self._lost(box)
        return len(lost)

    @property
    def _ours(self) -> list[FleetBox]:
        return [box for box in self._boxes if box not in self._revoked]

    def up(self) -> int:
        """How many are connected, of those that may be."""
        return sum(box.is_up for box in self._ours)

    def idle(self) -> int:
        """How many have nothing to do."""
        return sum(box.is_idle for box in self._ours)

    def right(self, wanted: dict[str, int]) -> int:
        """How many hold at least these generations of all the areas they follow."""
        return sum(
            all(wanted[area] <= held.get(area, -1) for area in wanted if area in box.follows)
            for box in self._ours
            for held in [box.layers.versions()]
        )

    def revoke(self, name: str) -> int:
        """From now on a box that must not be here; it goes on trying. 1 if it is in this crowd."""
        found = {box for box in self._boxes if box.box == name}
        self._revoked |= found
        return len(found)

    def intruders(self) -> int:
        """How many are connected that must not be."""
        return sum(box.is_up for box in self._revoked)

    def step_clocks(self, seconds: float, share: float) -> int:
        """Set the clocks of a share of the boxes forward or back; all others right."""
        stepped = set(random.sample(self._boxes, round(share * len(self._boxes))))
        for box in self._boxes:
            box.clock_off = timedelta(seconds=seconds if box in stepped else 0.0)
        return len(stepped)

    def shown(self) -> dict[str, tuple[frozenset[str], set[str]]]:
        """Of every box: the areas it follows, and what is in force there."""
        return {box.box: (box.follows, box.layers.shown()) for box in self._ours}

    def played(self) -> dict[str, list[str]]:
        """Of every box: the alerts that it played."""
        return {box.box: box.seen.played for box in self._ours}

    def acknowledged(self) -> dict[str, int]:
        """Of every box: how many receipts the hub said it holds."""
        return {box.box: box.acknowledged for box in self._boxes}

    def has_played(self, alert: str) -> int:
        """How many have this alert."""
        return sum(alert in box.seen.alerts for box in self._ours)

    def has_bare(self, number: int) -> int:
        """How many have one bare message."""
        return sum(number in box.seen.bare for box in self._ours)

    def alerts(self, alert: str) -> list[tuple[float, float]]:
        """Arrival and time to verify, of every box that has it."""
        return [box.seen.alerts[alert] for box in self._boxes if alert in box.seen.alerts]

    def bare(self, number: int) -> list[float]:
        """Arrivals of one bare message."""
        return [box.seen.bare[number] for box in self._boxes if number in box.seen.bare]

    def make_receipts(self, count: int) -> None:
        """Every box writes so many, and keeps them to itself until `send_receipts`."""
        for box in self._boxes:
            box.is_holding = True
            box.make_receipts(count)
            box.encode_ahead()

    def send_receipts(self) -> None:
        """Let go of what was written."""
        for box in self._boxes:
            box.is_holding = False

    def unacknowledged(self) -> int:
        """Receipts that the hub does not have."""
        return sum(box.unacknowledged for box in self._ours)

    def faults(self) -> tuple[int, int]:
        """Messages refused, messages of areas that a box does not follow."""
        return (
            sum(box.seen.refused for box in self._boxes),
            sum(box.seen.foreign for box in self._boxes),
        )


def _context(ca: Path, member: Member) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca))
    context.check_hostname = False
    context.load_cert_chain(member.certificate, member.key)
    return context
