"""Printing at the screen: a CUPS queue, or a folder on a desk that is as strict as paper.

Which one it is, and whether there is one, stands in the settings (``kiosk.printer``). Pages are
laid out by a child (`edge_agent.kiosk.sheet`) in a folder of its own, which is erased at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.clock import Clock
    from edge_agent.settings import KioskSettings

_log = logging.getLogger(__name__)
PAGES_AN_HOUR = 30
WITHIN_S = 60.0
POINTS_PER_MM = 72 / 25.4
WIDTHS_MM = {"58mm": 48.1, "80mm": 72.1, "A4": 210.0}
"""What a print head reaches: 384 and 576 dots at 203 to the inch."""
LONGEST_MM = {"58mm": 1000.0, "80mm": 1000.0, "A4": 297.0}
_BOX = re.compile(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]")
_FILE = "file:"


class PrintError(VillageError, RuntimeError):
    """It was not printed; the message is for the villager."""


class Printer(Protocol):
    """Takes finished pages."""

    def is_there(self) -> bool:
        """Whether something could be printed now."""
        ...

    def send(self, pages: Path) -> None:
        """Print a PDF.

        Raises:
            PrintError: the printer does not take it.
        """
        ...


class CupsPrinter:
    """A queue of the local CUPS, by its own ``lp``; retries and paper are CUPS's business."""

    def __init__(self, queue: str, paper: str) -> None:
        self._queue, self._paper = queue, paper

    def is_there(self) -> bool:
        """Whether CUPS knows the queue."""
        if shutil.which("lp") is None or shutil.which("lpstat") is None:
            return False
        try:
            return _run(["lpstat", "-p", self._queue]) == 0
        except PrintError:
            return False

    def send(self, pages: Path) -> None:
        """Queue a PDF in its own size."""
        width, height = sizes_mm(pages)[0]
        media = "A4" if self._paper == "A4" else f"Custom.{width:.0f}x{height:.0f}mm"
        if _run(["lp", "-s", "-d", self._queue, "-o", f"media={media}", "--", str(pages)]) != 0:
            raise PrintError("打印机没有接收，请告诉村委会工作人员。")


class FilePrinter:
    """Lays pages into a folder, and refuses what real paper would cut off."""

    def __init__(self, folder: Path, paper: str) -> None:
        self._folder, self._paper = folder, paper

    def is_there(self) -> bool:
        """Whether the folder is there: take it away to pull the plug."""
        return self._folder.is_dir()

    def send(self, pages: Path) -> None:
        """Keep a PDF whose every page fits the paper."""
        if not self.is_there():
            raise PrintError("打印机没有接收，请告诉村委会工作人员。")
        for width, height in sizes_mm(pages):
            is_sheet = self._paper == "A4"
            if width > WIDTHS_MM[self._paper] + 0.1 or height > LONGEST_MM[self._paper] + 0.1:
                raise PrintError(f"这一页印不下：{width:.0f}×{height:.0f} 毫米。")
            if is_sheet and abs(width - WIDTHS_MM["A4"]) > 1:
                raise PrintError("这一页不是 A4。")
        number = sum(1 for _ in self._folder.glob("*.pdf")) + 1
        shutil.copy(pages, self._folder / f"{number:04d}.pdf")


class PrintDesk:
    """What the pages use: is there a printer, and print these lines."""

    def __init__(self, settings: KioskSettings, clock: Clock, run: Path) -> None:
        """``run`` lies in memory: what is being printed is never on the disk."""
        self._run_folder = run
        self._paper = settings.paper
        self._clock = clock
        self._printer = printer_of(settings)
        self.is_there = self._printer is not None and self._printer.is_there()
        self._recent_s: list[float] = []

    @property
    def is_roll(self) -> bool:
        """Whether lines are short: a roll of receipts."""
        return self._paper != "A4"

    async def print(self, lines: Sequence[tuple[str, str]]) -> None:
        """Lay lines out and print them.

        Raises:
            PrintError: no printer, too many pages in this hour, or it does not take them.
        """
        if self._printer is None:
            raise PrintError("这台机器没有接打印机。")
        now_s = self._clock.monotonic_s()
        self._recent_s = [each for each in self._recent_s if now_s - each < 3600]
        if len(self._recent_s) >= PAGES_AN_HOUR:
            raise PrintError("这一小时印得太多了，请过一会儿再印。")
        self._recent_s.append(now_s)
        await asyncio.to_thread(self._print, self._printer, lines)

    def _print(self, printer: Printer, lines: Sequence[tuple[str, str]]) -> None:
        with tempfile.TemporaryDirectory(prefix="print-", dir=self._run_folder) as folder:
            pages = Path(folder) / "pages.pdf"
            command = [sys.executable, "-m", "edge_agent.kiosk.sheet"]
            command += ["--paper", self._paper, "--out", str(pages)]
            if _run(command, json.dumps(lines).encode()) != 0 or not pages.exists():
                raise PrintError("这一页没有排好，请告诉村委会工作人员。")
            printer.send(pages)


def printer_of(settings: KioskSettings) -> Printer | None:
    """The printer that the settings name."""
    if not settings.printer:
        return None
    if settings.printer.startswith(_FILE):
        return FilePrinter(Path(settings.printer.removeprefix(_FILE)), settings.paper)
    return CupsPrinter(settings.printer, settings.paper)


def sizes_mm(pages: Path) -> list[tuple[float, float]]:
    """Width and height of every page of a PDF."""
    found = [
        (float(width) / POINTS_PER_MM, float(height) / POINTS_PER_MM)
        for width, height in _BOX.findall(pages.read_bytes())
    ]
    if not found:
        raise PrintError("这一页没有排好，请告诉村委会工作人员。")
    return found


def _run(command: Sequence[str], given: bytes = b"") -> int:
    """A program's exit code; never its words, which may hold a villager's."""
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                command, input=given, capture_output=True, timeout=WITHIN_S, check=False
            )
            if done.returncode != 0:
                _log.warning("%s failed with %d", Path(command[0]).name, done.returncode)
            return done.returncode
    except OSError as error:
        raise PrintError("打印程序没有启动，请告诉村委会工作人员。") from error
    raise PrintError("打印机太久没有反应，请告诉村委会工作人员。")
