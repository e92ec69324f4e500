"""What a program says of itself to whoever runs it: systemd's notify protocol, the hearing end.

On a box systemd listens (``Type=notify``, ``WatchdogSec=``); on a desk our supervisor does. See
sd_notify(3): datagrams of ``NAME=value`` lines on the socket that ``NOTIFY_SOCKET`` names.
"""

from __future__ import annotations

import contextlib
import socket


class Pulse:
    """The socket of one program, and what came on it."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind("")  # Linux gives it an abstract name of its own
        self.is_ready = False
        self.beat_s = 0.0

    @property
    def address(self) -> str:
        """For ``NOTIFY_SOCKET``."""
        name: bytes = self._socket.getsockname()
        return "@" + name[1:].decode("ascii")

    def listen(self, now_s: float) -> list[str]:
        """Everything that came since the last time; it counts as said at ``now_s``."""
        found: list[str] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                found += self._socket.recv(4096).decode("utf-8", "replace").splitlines()
        if found:
            self.beat_s = now_s
        self.is_ready = self.is_ready or "READY=1" in found
        return found

    def is_silent(self, now_s: float, limit_s: float) -> bool:
        """Whether a program that was ready has said nothing for so long."""
        return self.is_ready and now_s - self.beat_s > limit_s

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
