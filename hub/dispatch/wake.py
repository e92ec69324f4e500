"""Waking the dispatcher: a datagram on a Unix socket, sent when a transaction commits.

It carries nothing and may be lost; what is to be done stands in the outbox, and the dispatcher
looks there by itself now and then.
"""

from __future__ import annotations

import contextlib
import select
import socket
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "dispatch.wake"
LONGEST_PATH = 107
"""Bytes that a Unix socket's address holds (unix(7))."""


def wake(folder: Path | None = None) -> None:
    """Wake the dispatcher of the hub whose data lies in ``folder``; silently, if none runs."""
    path = _path(folder)
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(b"!", path)


def wait_for(wanted: Mapping[int, int], timeout_s: float) -> dict[int, int]:
    """Wait for events (poll(2)) of descriptors of any number; which came, by descriptor."""
    poller = select.poll()
    for descriptor, events in wanted.items():
        poller.register(descriptor, events)
    return dict(poller.poll(max(0.0, timeout_s) * 1000.0))


class WakeSocket:
    """The socket on which the dispatcher sleeps."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = _path(folder)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        if not self._path.startswith("\0"):
            with contextlib.suppress(FileNotFoundError):
                (folder or settings.DATA.root).joinpath(NAME).unlink()
        self._socket.bind(self._path)

    def fileno(self) -> int:
        """For `wait_for`."""
        return self._socket.fileno()

    def drain(self) -> bool:
        """Take everything that waits; True when there was something."""
        was_woken = False
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(16):
                was_woken = True
        return was_woken

    def close(self) -> None:
        """Close the socket; its file stays and is taken over by the next dispatcher."""
        self._socket.close()


def _path(folder: Path | None) -> str:
    """The socket's address; a folder too deep for one gets an abstract name instead."""
    path = str((folder or settings.DATA.root) / NAME)
    return path if len(path.encode()) <= LONGEST_PATH else "\0" + path[-LONGEST_PATH + 1 :]
