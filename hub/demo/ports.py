"""Free ports on the loopback interface."""

from __future__ import annotations

import socket

from contract.errors import VillageError


class NoPortError(VillageError, OSError):
    """No port is free; something on this machine holds them all."""


def free_port(wanted: int) -> int:
    """``wanted`` if nobody listens there, else any free port; 0 means any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NoPortError("没有空闲端口 no free port on this machine")
