"""A panel to look at: an emulated card on a socket, and the led program in front of it.

The program runs as a process of its own (`start`, `kill`) or on a thread (`on_a_thread`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import tomli_w

from edge_agent.clock import BoxClock
from edge_agent.led.drivers import registry
from edge_agent.led.emulators.card import Matrix
from edge_agent.led.emulators.live_view import LiveView
from edge_agent.led.emulators.serve import Server
from edge_agent.led.program import LedProgram
from edge_agent.outbox import Outbox
from edge_agent.part import Part
from edge_agent.poke import PokeListener, poke
from edge_agent.settings import PanelSettings, Settings
from edge_agent.store import Store
from faults.rows import RowFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WIDTH_PX, HEIGHT_PX = 192, 64
PATIENCE_S = 60.0
LOOK_S = 0.01


class ServedCard:
    """An emulated card that listens on loopback; `unplug` and `plug` as one likes."""

    def __init__(self, folder: Path) -> None:
        self._clock = BoxClock(folder)
        self.card = registry.driver("onbon-k").card(Matrix(WIDTH_PX, HEIGHT_PX), self._clock)
        self._listen = "127.0.0.1:0"
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.plug()

    @property
    def settings(self) -> PanelSettings:
        """The panel as a box declares it."""
        line = f"socket://{self._listen}"
        return PanelSettings("gate", "onbon-k", line, WIDTH_PX, HEIGHT_PX)

    def plug(self) -> None:
        """The line is there again, at the same address."""
        server = Server(self.card, self._listen, self._clock, LiveView(self.card, None))
        server.open()
        self._listen = server.where
        self._stop = threading.Event()
        stop = self._stop
        self._thread = threading.Thread(target=lambda: server.run(stop.is_set), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """The line is gone; the card goes on with what it has."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(20)

    def shows(self, words: str) -> bool:
        """Whether these words lie in one of the card's areas."""
        return words in str(self.card.areas())

    def lit(self) -> int:
        """How many pixels are lit now."""
        frame = self.card.frame(self._clock.monotonic_s())
        return sum(1 for each in frame.convert("L").tobytes() if each)


def until(true: Callable[[], object], patience_s: float = PATIENCE_S) -> float:
    """Look until something holds; seconds that took.

    Raises:
        RowFailed: it never did.
    """
    started_s = time.monotonic()
    while not true():
        if time.monotonic() - started_s > patience_s:
            raise RowFailed(f"not within {patience_s:.0f} s")
        time.sleep(LOOK_S)
    return time.monotonic() - started_s


@contextmanager
def on_a_thread(settings: Settings) -> Iterator[None]:
    """The led program of a box, on a thread, files and all."""
    made: list[Part] = []

    def work() -> None:
        part = Part(
            "led",
            settings,
            BoxClock(settings.part_folder("clock")),
            Store(settings.part_folder("store"), read_only=True),
            Outbox(settings.part_folder("led")),
            PokeListener(settings.run, "led"),
        )
        made.append(part)
        try:
            LedProgram(part).run()
        finally:
            part.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        until(lambda: made or not thread.is_alive())
        yield
    finally:
        for part in made:
            part.stop()
            poke(settings.run, "led")
        thread.join(20)


def write_settings(path: Path, settings: Settings) -> None:
    """``agent.toml`` of a box, for its programs as processes."""
    box, link = settings.box, settings.link
    declared: dict[str, object] = {
        "box": {
            "id": box.id,
            "area": box.area,
            "village": box.village,
            "state": box.state,
            "run": box.run,
        },
        "link": {"broker": link.broker, "password_file": link.password_file},
        "panel": [
            {
                "name": each.name,
                "driver": each.driver,
                "line": each.line,
                "width_px": each.width_px,
                "height_px": each.height_px,
            }
            for each in settings.panel
        ],
        "zone": [{"name": each.name, "sink": each.sink} for each in settings.zone],
        "kiosk": {"port": settings.kiosk.port},
    }
    path.write_text(tomli_w.dumps(declared), encoding="utf-8")


def start(*words: str) -> subprocess.Popen[bytes]:
    """``village-agent`` as a process."""
    quiet = {**os.environ, "VILLAGE_LOG": "CRITICAL"}
    command = [sys.executable, "-m", "edge_agent.cli", *words]
    return subprocess.Popen(command, env=quiet, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
