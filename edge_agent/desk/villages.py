"""All villages of a desk, and the switches that break and heal them (`control.DeskControl`)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from edge_agent import status as box_status
from edge_agent.desk.village import DeskVillage
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)


class DeskVillages:
    """Every folder with an ``agent.toml`` below ``folder`` is a village.

    Raises:
        SettingsError: there is none, or one of them is wrong.
    """

    def __init__(self, folder: Path, broker: str) -> None:
        found = sorted(path.parent for path in folder.glob("*/agent.toml"))
        if not found:
            raise SettingsError([f"{folder}: 没有村 no village here (no */agent.toml)"])
        self.villages = {each.name: each for each in (DeskVillage(f, broker) for f in found)}

    async def start(self) -> None:
        """Start them all at once."""
        await asyncio.gather(*(each.start() for each in self.villages.values()))

    async def stop(self) -> None:
        """Stop them all at once."""
        await asyncio.gather(*(each.stop() for each in self.villages.values()))

    async def cut_network(self, village: str) -> None:
        """Pull the antenna: connections break, new ones fail."""
        await self.villages[village].network.cut()

    async def restore_network(self, village: str) -> None:
        """Put the antenna back; power and clock stay as they are."""
        await self.villages[village].network.heal()

    async def cut_power(self, village: str) -> None:
        """Pull the plug: SIGKILL for every process of the box and its cards."""
        await self.villages[village].cut_power()

    async def restore_power(self, village: str) -> None:
        """Put the plug back; the network and the clock stay as they are."""
        await self.villages[village].power_on()

    async def set_clock(self, village: str, skew_s: float) -> None:
        """Set the box's system clock wrong by ``skew_s`` seconds."""
        await asyncio.to_thread(self.villages[village].set_clock, skew_s)

    async def heal(self, village: str) -> None:
        """Everything as it should be."""
        await self.villages[village].heal()

    async def status(self, village: str) -> dict[str, object]:
        """What the box's own files say, and how the switches stand."""
        each = self.villages[village]
        found = await asyncio.to_thread(box_status.look, each.settings)
        switches = {
            "powered": each.powered,
            "network": each.network.state,
            "clock_skew_s": each.skew_s,
            "box_started_monotonic_s": each.box_started_s,
        }
        return {**found, **switches}
