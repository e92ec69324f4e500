"""The led program: read the plan, show it on every panel, write the receipts, wait.

The main thread reads the store and owns the outbox. Each panel has a thread of its own, so
that one broken panel never holds up another; plans go to it through a mailbox, receipts come
back through a queue. The program needs no network: it starts and works with link stopped.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import sqlite3
import threading
from typing import TYPE_CHECKING, cast, get_args

from edge_agent.errors import SettingsError
from edge_agent.led.board import Board
from edge_agent.led.brightness import quiet_slots
from edge_agent.led.drivers import registry
from edge_agent.led.layout import Pace
from edge_agent.led.line import SerialLine
from edge_agent.led.panel import ColourModel
from edge_agent.led.presenter import BY_CARD, Presenter, Surroundings
from edge_agent.part import notify, open_part
from edge_agent.poke import poke
from edge_agent.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from edge_agent.clock import Clock
    from edge_agent.led.chronicle import Report
    from edge_agent.led.panel import Panel
    from edge_agent.part import Part
    from edge_agent.plan import Plan
    from edge_agent.settings import BoxSettings, PanelSettings, Settings

_log = logging.getLogger(__name__)
HUNG_S = 180.0
"""A panel's thread that has not turned for so long is stuck: the program ends and is restarted."""
READ_AGAIN_S = 60.0
STOP_S = 5.0


class Mailbox:
    """The newest plan, handed from the main thread to one panel's thread."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._number = 0
        self._seen = -1
        self._changed = threading.Condition()

    def put(self, plan: Plan) -> None:
        """Replace the plan and wake the thread if it says something else."""
        with self._changed:
            if plan != self._plan:
                self._plan = plan
                self._number += 1
                self._changed.notify()

    @property
    def has_news(self) -> bool:
        """Whether the plan was replaced since the last `wait`."""
        return self._seen != self._number

    def newest(self) -> Plan:
        """The newest plan, without waiting."""
        return self._plan

    def wait(self, timeout_s: float) -> Plan:
        """The newest plan, at once when it is new, else after ``timeout_s``."""
        with self._changed:
            if not self.has_news:
                self._changed.wait(timeout_s)
            self._seen = self._number
            return self._plan

    def wake(self) -> None:
        """End a `wait`."""
        with self._changed:
            self._number += 1
            self._changed.notify()


class PanelThread(threading.Thread):
    """Turns one presenter until it is told to stop."""

    def __init__(
        self, name: str, presenter: Presenter, plan: Plan, ended: Callable[[], None]
    ) -> None:
        super().__init__(name=f"panel {name}", daemon=True)
        self.presenter = presenter
        self._ended = ended
        self.mailbox = Mailbox(plan)
        self._stopping = threading.Event()
        self.has_ended = False

    def run(self) -> None:
        """The panel's loop; its end, orderly or not, wakes the main thread."""
        try:
            wait_s = 0.0
            while not self._stopping.is_set():
                plan = self.mailbox.wait(wait_s)
                if not self._stopping.is_set():
                    wait_s = self.presenter.turn(plan, self.mailbox.newest)
            self.presenter.close()
        finally:
            self.has_ended = True  # the thread itself still lives while it wakes the program
            self._ended()

    def stop(self) -> None:
        """Leave the loop at its next turn; the card goes on showing."""
        self._stopping.set()
        self.mailbox.wake()


class LedProgram:
    """All panels of a box at work."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._unwritten: Report | None = None
        plan = part.plan()
        self._threads = [
            PanelThread(panel.name, self._presenter(panel), plan, self._wake)
            for panel in part.settings.panel
        ]

    def run(self) -> int:
        """Work until the part is told to stop; 1 when a panel's thread is stuck or dead."""
        for thread in self._threads:
            thread.start()
        try:
            while not self._part.stopping:
                plan = self._part.plan()
                for thread in self._threads:
                    thread.mailbox.put(plan)
                self.write_reports()
                if self._is_hung():
                    return 1
                self._part.wait(self._part.seconds_until(plan, at_most_s=READ_AGAIN_S))
        finally:
            for thread in self._threads:
                thread.stop()
            for thread in self._threads:
                thread.join(STOP_S)
            self.write_reports()
        return 0

    def write_reports(self) -> None:
        """Put the panels' receipts into the outbox; what a full disk does not take waits."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._unwritten = self._unwritten or self._reports.get_nowait()
                try:
                    self._write(self._unwritten)
                except sqlite3.Error as error:
                    _log.error("a receipt cannot be written yet: %s", error)
                    return
                self._unwritten = None

    def _write(self, report: Report) -> None:
        self._part.receipt(
            report.stage,
            report.notice_id,
            report.revision,
            shown=report.shown,
            detail=report.detail,
            characters=report.characters,
        )

    def _presenter(self, panel: PanelSettings) -> Presenter:
        part = self._part
        driven, board, line = open_board(panel, part.settings.box, part.clock)
        around = Surroundings(
            part.clock,
            part.settings.part_folder("led"),
            report=self._take_report,
            find_asset=AssetFinder(part.settings.part_folder("store")),
            probe=lambda: line.read(0),
        )
        return Presenter(driven, board, panel, part.settings.box, around)

    def _take_report(self, report: Report) -> None:
        """Called in a panel's thread: the main thread writes it down."""
        self._reports.put(report)
        self._wake()

    def _wake(self) -> None:
        poke(self._part.settings.run, "led")

    def _is_hung(self) -> bool:
        now_s = self._part.clock.monotonic_s()
        for thread in self._threads:
            if thread.has_ended or now_s - thread.presenter.turned_at_s > HUNG_S:
                _log.error("%s does not turn any more, the program starts again", thread.name)
                return True
        return False


def open_board(
    panel: PanelSettings, box: BoxSettings, clock: Clock
) -> tuple[Panel, Board, SerialLine]:
    """The driver of a declared panel, the board that is composed for, and the line between.

    Raises:
        SettingsError: no such driver, no such colours, or quiet hours in another form.
    """
    try:
        driver = registry.driver(panel.driver)
        spec = driver.spec(panel.width_px, panel.height_px, _colours(panel.colours))
        quiet_slots(panel.quiet_hours)
        _check_sensor(panel, driver)
        line = SerialLine(panel.line, panel.baud, clock=clock, parity=driver.parity)
        driven = driver.panel(line, spec, clock=clock, address=panel.address)
    except (registry.UnknownDriver, ValueError) as error:
        raise SettingsError([f"panel {panel.name}: {error}"]) from error
    pace = Pace(panel.chars_per_s, panel.min_dwell_s)
    board = Board(driven.spec, box.village, box.office_line, pace, strip=panel.strip)
    return driven, board, line


def _check_sensor(panel: PanelSettings, driver: registry.Driver) -> None:
    if panel.light_sensor == BY_CARD and not driver.senses_light:
        raise ValueError(f"{panel.driver} cards read no light sensor: name a file with lux")


def _colours(name: str) -> ColourModel:
    if name not in get_args(ColourModel):
        raise ValueError(f"colours must be one of {', '.join(get_args(ColourModel))}")
    return cast("ColourModel", name)


class AssetFinder:
    """Pictures from the store, for a panel's own thread: SQLite connections do not travel."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, sha256: str) -> bytes | None:
        """The bytes of an asset, checked against its hash; None while it is not here."""
        store = Store(self._folder, read_only=True)
        try:
            return store.blob(sha256)
        finally:
            store.close()


def main(settings: Settings) -> int:
    """Run the led part until SIGTERM."""
    part = open_part("led", settings)
    try:
        panels = LedProgram(part)
        notify("READY=1")
        return panels.run()
    finally:
        part.close()
