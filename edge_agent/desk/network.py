"""The wire between a village and the hub, as a tiny TCP proxy that can be cut, stalled and healed.

*Cut*: every connection is reset and new ones are reset at once, as when the modem has no
antenna. *Stalled*: nothing passes and nobody is told, as on a link that is open at one end
only. The box and the broker run unchanged; only the bytes stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from typing import Literal

_log = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
_LINGER_ZERO = struct.pack("ii", 1, 0)
"""Closing a socket with this option sends RST (socket(7), SO_LINGER)."""


class Network:
    """Listens on loopback ``port`` and forwards to ``target`` (host, port)."""

    def __init__(self, port: int, target: tuple[str, int]) -> None:
        self.port = port
        self.state: Literal["whole", "cut", "stalled"] = "whole"
        self.bytes_up = 0
        self.bytes_down = 0
        self._target = target
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Start listening; port 0 takes a free one and writes it to ``port``."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Reset every connection, and every new one, until `heal`."""
        self.state = "cut"
        self._flows.set()
        self._reset_all()

    async def stall(self) -> None:
        """Let nothing pass until `heal`; the connections stay open at both ends."""
        self.state = "stalled"
        self._flows.clear()

    async def heal(self) -> None:
        """Let everything pass again."""
        self.state = "whole"
        self._flows.set()

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        self._reset_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        self._writers.add(writer)
        try:
            await self._flows.wait()
            if self.state == "cut":
                return
            await self._join(reader, writer)
        except (OSError, asyncio.CancelledError) as error:
            _log.debug("a connection ended: %s", error)
        finally:
            _reset(writer)
            self._writers.discard(writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._writers.add(far_writer)
        try:
            up = asyncio.create_task(self._pump(reader, far_writer, is_up=True))
            down = asyncio.create_task(self._pump(far_reader, writer, is_up=False))
            done, waiting = await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*done, *waiting, return_exceptions=True)
        finally:
            _reset(far_writer)
            self._writers.discard(far_writer)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_up: bool
    ) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            await self._flows.wait()
            writer.write(chunk)
            await writer.drain()
            if is_up:
                self.bytes_up += len(chunk)
            else:
                self.bytes_down += len(chunk)

    def _reset_all(self) -> None:
        for writer in list(self._writers):
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close without a good-bye: the other side sees RST."""
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        if sock is not None and sock.fileno() >= 0:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    writer.transport.abort()
