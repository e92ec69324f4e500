"""Waking a sleeping part: a datagram on a Unix socket, so that an emergency costs milliseconds.

A poke carries no data and may be lost or doubled; what to do stands in the store.
"""

from __future__ import annotations

import contextlib
import select
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self


def poke(run: Path, part: str) -> None:
    """Wake ``part`` if it is there; a part that is not running will read the store anyway."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(b"!", str(run / f"{part}.poke"))


def wait_for(wanted: Mapping[int, int], timeout_s: float) -> dict[int, int]:
    """Wait for events (poll(2)) of file descriptors; which came, by descriptor.

    Unlike select(2) it takes descriptors of any number.
    """
    poller = select.poll()
    for descriptor, events in wanted.items():
        poller.register(descriptor, events)
    return dict(poller.poll(max(0.0, timeout_s) * 1000.0))


def is_listening(run: Path, part: str) -> bool:
    """Whether ``part`` has its socket open; does not wake it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asker:
        try:
            asker.connect(str(run / f"{part}.poke"))
        except OSError:
            return False
    return True


class PokeListener:
    """The socket a part sleeps on."""

    def __init__(self, run: Path, part: str) -> None:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = run / f"{part}.poke"
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self._path))

    def fileno(self) -> int:
        """For `wait_for` and asyncio."""
        return self._socket.fileno()

    def wait(self, timeout_s: float) -> bool:
        """Sleep until poked or until ``timeout_s`` has passed; True when poked."""
        return bool(wait_for({self.fileno(): select.POLLIN}, timeout_s)) and self.drain()

    def drain(self) -> bool:
        """Take all pokes that wait; True when there was at least one."""
        poked = False
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(16):
                poked = True
        return poked

    def close(self) -> None:
        """Remove the socket."""
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
