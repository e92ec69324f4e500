"""Ordering speech from a child process, so that no voice can hang or bloat the audio program.

An order is a line of JSON on the child's standard input. The child writes ``NAME.wav`` and then
``NAME.json`` into the speech folder and pokes this part; a finished take therefore survives a
restart. A child that is late is killed, and so is one that is busy with something ordinary when
an emergency comes. One that dies is started again, once for each order.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import subprocess
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from contract import codec
from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contract.notice import Notice
    from edge_agent.clock import Clock

_log = logging.getLogger(__name__)
URGENT_S = 30.0
ORDINARY_S = 600.0
REST_S = 300.0
"""After so long without an order the child ends, and its memory is free."""


class SpeechFailedError(VillageError, RuntimeError):
    """No voice could say it; the message says why."""


@dataclass(frozen=True, slots=True)
class Order:
    """Words to be spoken into ``name``: those of ``text``, or else those of ``notice``."""

    name: str
    text: str = ""
    notice: Notice | None = None
    recording: bytes = b""
    """The hub's own recording, whole and checked against its hash; preferred to any voice."""
    slower: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Take:
    """Spoken words, ready as a WAV file of 48 kHz, 16 bit, mono."""

    path: Path
    engine: str
    voice: str = ""
    loudness_lufs: float | None = None


def order_name(key: str, *words: object) -> str:
    """The file name of a take; it says nothing of the words."""
    return hashlib.sha256(repr((key, *words)).encode()).hexdigest()[:32]


class SpeechDesk:
    """The audio part's side of the child.

    Args:
        folder: where takes are kept until they are forgotten.
        command: the child's argument list; the folder is appended.
        clock: the box's clock.
    """

    def __init__(self, folder: Path, command: Sequence[str], clock: Clock) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._command = (*command, str(folder))
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None
        self._orders: dict[str, Order] = {}
        self._died: set[str] = set()
        self._failed: dict[str, str] = {}
        self._working_on: str = ""
        self._since_s = 0.0

    @property
    def busy(self) -> bool:
        """Something is being spoken or waits to be."""
        return bool(self._orders)

    def order(self, order: Order) -> None:
        """Ask for words to be spoken; the same order twice is one order."""
        if order.name in self._orders or (self._folder / f"{order.name}.json").exists():
            return
        if order.recording:
            (self._folder / f"{order.name}.source").write_bytes(order.recording)
        self._orders[order.name] = order
        current = self._orders.get(self._working_on)
        if order.urgent and current is not None and not current.urgent:
            self._kill("an emergency needs the voice")
        self._work()

    def take(self, name: str) -> Take | None:
        """The take of an order, None while it is not there.

        Raises:
            SpeechFailedError: no voice could say it, or none was ready in time.
        """
        if name in self._failed:
            raise SpeechFailedError(self._failed[name])
        path = self._folder / f"{name}.json"
        try:
            answer = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            path.unlink(missing_ok=True)
            raise SpeechFailedError(f"the take {name} cannot be read") from error
        if "error" in answer:
            raise SpeechFailedError(str(answer["error"]))
        return Take(
            self._folder / f"{name}.wav",
            answer["engine"],
            answer.get("voice", ""),
            answer.get("loudness_lufs"),
        )

    def turn(self) -> None:
        """Notice what the child has done, or that it is late or dead, and go on."""
        if self._working_on and (self._folder / f"{self._working_on}.json").exists():
            self._orders.pop(self._working_on, None)
            self._working_on = ""
            self._since_s = self._clock.monotonic_s()
        elif self._working_on:
            self._watch(self._orders[self._working_on])
        self._work()

    def forget(self, name: str) -> None:
        """Erase a take: what was withdrawn must not stay on the disk as sound either."""
        if name == self._working_on:
            self._kill("its order was withdrawn")
        self._orders.pop(name, None)
        self._failed.pop(name, None)
        for ending in ("json", "wav", "source", "part"):
            (self._folder / f"{name}.{ending}").unlink(missing_ok=True)

    def forget_all_but(self, names: set[str]) -> None:
        """Erase every take that nobody waits for, e.g. after a restart."""
        for path in self._folder.iterdir():
            if path.stem not in names:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """End the child."""
        self._kill("the audio part ends")

    def _watch(self, order: Order) -> None:
        late_s = self._clock.monotonic_s() - self._since_s
        dead = self._child is None or self._child.poll() is not None
        if not dead and late_s < (URGENT_S if order.urgent else ORDINARY_S):
            return
        why = "the voice died" if dead else f"no voice was ready within {late_s:.0f} s"
        self._kill(why)
        if dead and order.name not in self._died:
            self._died.add(order.name)
            return
        _log.error("order %s failed: %s", order.name, why)
        self._orders.pop(order.name, None)
        self._died.discard(order.name)
        self._failed[order.name] = why

    def _work(self) -> None:
        if self._working_on:
            return
        if not self._orders:
            if self._child and self._clock.monotonic_s() - self._since_s > REST_S:
                self._kill("nothing to say")
            return
        order = next((one for one in self._orders.values() if one.urgent), None)
        order = order or next(iter(self._orders.values()))
        self._working_on, self._since_s = order.name, self._clock.monotonic_s()
        line = {
            "name": order.name,
            "text": order.text,
            "notice": None if order.notice is None else codec.encode(order.notice),
            "recording": bool(order.recording),
            "slower": order.slower,
            "urgent": order.urgent,
        }
        with contextlib.suppress(OSError):  # a dead child is noticed by `turn`
            pipe = self._pipe()
            pipe.write(json.dumps(line, ensure_ascii=False).encode("utf-8") + b"\n")
            pipe.flush()

    def _pipe(self) -> IO[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
            )
        if self._child.stdin is None:
            raise BrokenPipeError("the voice has no standard input")
        return self._child.stdin

    def _kill(self, why: str) -> None:
        child, self._child = self._child, None
        self._working_on = ""
        if child is None:
            return
        _log.info("the voice is ended: %s", why)
        if child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
        child.kill()  # a hung library does not listen to anything softer; its engines end at
        child.wait()  # the end of their input


def write_answer(folder: Path, name: str, answer: dict[str, object]) -> None:
    """Put an answer where `SpeechDesk.take` looks, whole or not at all."""
    part = folder / f"{name}.part"
    part.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
    part.replace(folder / f"{name}.json")
