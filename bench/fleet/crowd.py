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
from typing import TYPE_CHECKING, Any

from bench.fleet.box import FleetBox
from edge_agent.link.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

TURN_S, TICK_S = 0.02, 0.25


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
        self._retry = {id(box): Retry(random.Random(box.box)) for box in self._boxes}  # noqa: S311 - spreads load
        self._descriptor: dict[int, int] = {}
        self._due_s: dict[int, float] = {}
        self._tick_s = 0.0
        self._busy: deque[FleetBox] = deque()

    def turn(self) -> None:
        """Connect who is due, read who has something, tick."""
        now_s = time.monotonic()
        for box in [each for each in self._boxes if self._due_s.get(id(each), 1e18) <= now_s]:
            self._connect(box)
            self._read(0.0)
        self._read(0.0 if self._busy else TURN_S)
        self._work()
        if now_s >= self._tick_s:
            self._tick_s = now_s + TICK_S
            for box in self._boxes:
                if id(box) in self._descriptor and not box.tick(now_s):
                    self._lost(box)

    def _read(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            if not key.data.readable():
                self._lost(key.data)
                continue
            self._busy.append(key.data)
            if key.data.is_up:
                self._retry[id(key.data)].succeeded()

    def _work(self) -> None:
        """Some of what was read, then look for more: arrivals come first."""
        ends_s = time.monotonic() + TURN_S
        while self._busy and time.monotonic() < ends_s:
            box = self._busy.popleft()
            while box.work():
                pass
            if id(box) in self._descriptor and not box.tick(time.monotonic()):
                self._lost(box)

    def _connect(self, box: FleetBox) -> None:
        self._due_s.pop(id(box), None)
        try:
            descriptor = box.connect()
        except (OSError, ValueError):
            self._again(box)
            return
        self._descriptor[id(box)] = descriptor
        self._selector.register(descriptor, selectors.EVENT_READ, box)

    def _lost(self, box: FleetBox) -> None:
        descriptor = self._descriptor.pop(id(box), None)
        if descriptor is not None:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(descriptor)
            box.drop()
            self._again(box)

    def _again(self, box: FleetBox) -> None:
        now_s = time.monotonic()
        self._due_s[id(box)] = now_s + self._retry[id(box)].pause_s(now_s)

    def connect(self) -> None:
        """All at once, as after a power cut of the county."""
        now_s = time.monotonic()
        self._due_s = {id(box): now_s for box in self._boxes if id(box) not in self._descriptor}

    def lose(self, share: float) -> int:
        """Break a share of the connections; they come back by themselves."""
        lost = random.sample(self._boxes, round(share * len(self._boxes)))
        for box in lost:
            self._lost(box)
        return len(lost)

    def up(self) -> int:
        """How many are connected."""
        return sum(box.is_up for box in self._boxes)

    def right(self, wanted: dict[str, int]) -> int:
        """How many hold at least these generations of all the areas they follow."""
        return sum(
            all(wanted[area] <= held.get(area, -1) for area in wanted if area in box.follows)
            for box in self._boxes
            for held in [box.versions()]
        )

    def alerts(self, alert: str) -> list[tuple[float, float]]:
        """Arrival and time to verify, of every box that has it."""
        return [box.seen.alerts[alert] for box in self._boxes if alert in box.seen.alerts]

    def bare(self, number: int) -> list[float]:
        """Arrivals of one bare message."""
        return [box.seen.bare[number] for box in self._boxes if number in box.seen.bare]

    def make_receipts(self, count: int) -> None:
        """Every box writes so many."""
        for box in self._boxes:
            box.make_receipts(count)

    def unacknowledged(self) -> int:
        """Receipts that the hub does not have."""
        return sum(box.unacknowledged for box in self._boxes)

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
