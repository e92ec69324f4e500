"""The wire between a box and the hub, with every fault a line can have.

`edge_agent.desk.network.Network` cuts, stalls and heals; here it also gets slow, narrow and
lossy. TCP hides a lost segment behind a retransmission, so a loss is what it does to a stream:
a pause of one retransmission time-out (RFC 6298: at least 200 ms in Linux), doubled while the
retransmission is lost too.
"""

from __future__ import annotations

import asyncio
import random
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge_agent.desk.network import Network

if TYPE_CHECKING:
    from collections.abc import Coroutine

FIRST_TIMEOUT_S, LONGEST_TIMEOUT_S = 0.2, 60.0
SEGMENT_BYTES = 1460


@dataclass(slots=True)
class Line:
    """How good a line is."""

    latency_s: float = 0.0
    bits_per_s: float = 0.0
    """0: as fast as it goes."""
    loss: float = 0.0
    """Share of segments that are lost, each way."""
    cut_after_bytes: int = -1
    """Break every connection after so many bytes came down; below 0: never."""


class FaultyNetwork(Network):
    """A network whose line can be made bad at any time."""

    def __init__(self, target: tuple[str, int], seed: int = 0) -> None:
        super().__init__(0, target)
        self.line = Line()
        self._chance = random.Random(seed)  # noqa: S311 - the same luck in every run

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_up: bool
    ) -> None:
        """Chunks leave in order, each when its time has come."""
        due: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(maxsize=256)
        loop = asyncio.get_running_loop()
        sending = asyncio.create_task(self._deliver(due, writer, is_up=is_up))
        free_s = loop.time()
        try:
            while chunk := await reader.read(16 * 1024):
                line = self.line
                free_s = max(free_s, loop.time()) + self._time_on_line(len(chunk), line)
                await due.put((free_s + line.latency_s, chunk))
            await due.put((0.0, b""))
            await sending
        finally:
            sending.cancel()

    def _time_on_line(self, size: int, line: Line) -> float:
        passed_s = size * 8 / line.bits_per_s if line.bits_per_s else 0.0
        for _ in range(-(-size // SEGMENT_BYTES) if line.loss else 0):
            timeout_s = FIRST_TIMEOUT_S
            while self._chance.random() < line.loss:
                passed_s += timeout_s
                timeout_s = min(timeout_s * 2, LONGEST_TIMEOUT_S)
        return passed_s

    async def _deliver(
        self,
        due: asyncio.Queue[tuple[float, bytes]],
        writer: asyncio.StreamWriter,
        *,
        is_up: bool,
    ) -> None:
        down = 0
        while True:
            at_s, chunk = await due.get()
            if not chunk:
                return
            await asyncio.sleep(max(0.0, at_s - asyncio.get_running_loop().time()))
            await self._flows.wait()
            if not is_up and self.line.cut_after_bytes >= 0:
                chunk = chunk[: max(0, self.line.cut_after_bytes - down)]
            down += len(chunk)
            writer.write(chunk)
            await writer.drain()
            if is_up:
                self.bytes_up += len(chunk)
                continue
            self.bytes_down += len(chunk)
            if 0 <= self.line.cut_after_bytes <= down:
                self._reset_all()
                return


class Wires:
    """One thread that carries all wires of a stand."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._networks: list[FaultyNetwork] = []

    def to(self, target: tuple[str, int]) -> Wire:
        """A new wire to this address."""
        network = FaultyNetwork(target, seed=len(self._networks))
        self.do(network.open())
        self._networks.append(network)
        return Wire(self, network)

    def do(self, act: Coroutine[Any, Any, None]) -> None:
        """Run one act to its end."""
        asyncio.run_coroutine_threadsafe(act, self._loop).result(30)

    def close(self) -> None:
        """End every wire, then the thread."""
        for network in self._networks:
            self.do(network.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


@dataclass(frozen=True)
class Wire:
    """One box's wire, worked from outside the thread that carries it."""

    wires: Wires
    network: FaultyNetwork

    @property
    def port(self) -> int:
        """Where the box connects."""
        return self.network.port

    def make(self, line: Line) -> None:
        """From now on the line is like this."""
        self.network.line = line

    def cut(self) -> None:
        """Reset every connection, and every new one."""
        self.wires.do(self.network.cut())

    def stall(self) -> None:
        """Let nothing pass, and tell nobody."""
        self.wires.do(self.network.stall())

    def heal(self) -> None:
        """Let everything pass again, on a good line."""
        self.network.line = Line()
        self.wires.do(self.network.heal())

    def close(self) -> None:
        """End it; the box is gone for good."""
        self.wires.do(self.network.close())
