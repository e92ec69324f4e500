"""One village on a desk: its emulated cards, its network, and its box, as real processes.

Power is power: cutting it kills every process of the box and of the cards at once (SIGKILL),
and what the cards keep in flash is all that stays lit. The box never learns that it stands on
a desk: it talks to a serial line (a pty) and to a broker (through `Network`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from edge_agent import settings as settings_module
from edge_agent.desk.network import Network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.settings import PanelSettings

_log = logging.getLogger(__name__)
STOP_S = 6.0
LINE_WAIT_S = 10.0
DIES_WITH_THE_DESK = ("setpriv", "--pdeathsig", "TERM", "--")
"""The kernel ends a village whose desk was killed (prctl PR_SET_PDEATHSIG, util-linux)."""


class DeskVillage:
    """The processes of one village. ``folder`` holds its ``agent.toml`` and all its state."""

    def __init__(self, folder: Path, broker: str) -> None:
        self.folder = folder
        self.settings = settings_module.load(folder / "agent.toml")
        self.name = self.settings.box.id
        self.powered = False
        self.skew_s = 0.0
        self.box_started_s = 0.0
        """When the box was switched on last, on the clock that boxes and cards share."""
        self.network = Network(_port(self.settings.link.broker), _address(broker))
        self._processes: list[asyncio.subprocess.Process] = []

    async def start(self) -> None:
        """Open the network and switch the power on."""
        await self.network.open()
        await self.power_on()

    async def power_on(self) -> None:
        """Start the cards, then the box."""
        if self.powered:
            return
        for panel in self.settings.panel:
            await self._start_card(panel)
        self.box_started_s = time.clock_gettime(time.CLOCK_BOOTTIME)
        box = ["run", "--settings", str(self.folder / "agent.toml")]
        await self._start("box", box)
        self.powered = True

    async def cut_power(self) -> None:
        """Kill every process of the village at once, as a power cut does."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self._processes:
            await process.wait()
        self._processes.clear()
        self.powered = False

    def set_clock(self, skew_s: float) -> None:
        """Set the system clock of the box wrong by so many seconds."""
        folder = self.settings.part_folder("clock")
        (folder / "skew_s").write_text(str(skew_s), encoding="ascii")
        self.skew_s = skew_s

    async def heal(self) -> None:
        """Network, clock and power as they should be."""
        self.set_clock(0.0)
        await self.network.heal()
        await self.power_on()

    async def stop(self) -> None:
        """End the village in order; what does not end is killed with its children."""
        for process in self._processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self._processes:
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                _log.warning("a process of %s did not end and is killed", self.name)
        await self.cut_power()
        await self.network.close()

    def card_folder(self, panel: PanelSettings) -> Path:
        """Where the emulated card of a panel keeps its flash and its live picture."""
        return self.folder / "card" / panel.name

    async def _start_card(self, panel: PanelSettings) -> None:
        folder, line = self._fresh_card(panel)
        size = ["--width", str(panel.width_px), "--height", str(panel.height_px)]
        pictures = ["--png", str(folder / "face.png"), "--state", str(folder / "flash.json")]
        await self._start(
            f"card-{panel.name}",
            ["led", "emulate", "--driver", panel.driver, "--baud", str(panel.baud),
             "--listen", f"pty:{line}", *size, *pictures],
        )  # fmt: skip
        await asyncio.wait_for(_appearance_of(line), LINE_WAIT_S)

    def _fresh_card(self, panel: PanelSettings) -> tuple[Path, Path]:
        folder, line = self.card_folder(panel), Path(panel.line)
        folder.mkdir(parents=True, exist_ok=True)
        line.parent.mkdir(parents=True, exist_ok=True)
        line.unlink(missing_ok=True)
        return folder, line

    async def _start(self, name: str, arguments: Sequence[str]) -> None:
        (self.folder / "log").mkdir(exist_ok=True)
        with (self.folder / "log" / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *DIES_WITH_THE_DESK,
                sys.executable, "-m", "edge_agent.cli", *arguments,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, process_group=0,
                env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
            )  # fmt: skip
        self._processes.append(process)


async def _appearance_of(path: Path) -> None:
    while not await asyncio.to_thread(path.exists):  # noqa: ASYNC110 - a file has no event
        await asyncio.sleep(0.02)


def _port(address: str) -> int:
    return urlsplit(address).port or 1883


def _address(address: str) -> tuple[str, int]:
    parts = urlsplit(address)
    return parts.hostname or "127.0.0.1", parts.port or 1883
