"""An emulated card on a pty or a TCP port, at the pace of a real line, until it is stopped."""

from __future__ import annotations

import logging
import os
import select
import socket
import termios
import tty
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.clock import Clock
    from edge_agent.led.emulators.card import Card
    from edge_agent.led.emulators.live_view import LiveView

_log = logging.getLogger(__name__)

TICK_S = 0.02
_SPEEDS = {
    getattr(termios, name): int(name[1:])
    for name in dir(termios)
    if name.startswith("B") and name[1:].isdigit()
}


class Endpoint(Protocol):
    """Where bytes come from and answers go."""

    def receive(self, timeout_s: float) -> tuple[bytes, int]:
        """Bytes that came and the baud rate they were sent at, 0 when there is none."""
        ...

    def answer(self, data: bytes) -> None:
        """Send bytes back."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class PtyEndpoint:
    """A pseudo-terminal, reachable through a symbolic link at ``path``."""

    def __init__(self, path: Path, baud: int) -> None:
        self._path = path
        self._master, slave = os.openpty()
        tty.setraw(slave)
        modes = termios.tcgetattr(slave)
        modes[4] = modes[5] = getattr(termios, f"B{baud}", termios.B9600)
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        # The slave stays open here: a driver that closes it must not end the emulated card.
        self._slave = slave
        part = path.with_name(path.name + ".part")
        part.unlink(missing_ok=True)
        part.symlink_to(os.ttyname(slave))
        part.replace(path)

    def receive(self, timeout_s: float) -> tuple[bytes, int]:
        """Bytes from the driver; the rate is the one it has set on its end."""
        ready, _, _ = select.select([self._master], [], [], timeout_s)
        data = os.read(self._master, 4096) if ready else b""
        return data, _SPEEDS.get(termios.tcgetattr(self._master)[5], 0)

    def answer(self, data: bytes) -> None:
        """Send bytes to the driver."""
        os.write(self._master, data)

    def close(self) -> None:
        """Pull the plug: the driver sees its device vanish."""
        self._path.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)


class TcpEndpoint:
    """A serial-device server: one connection at a time, a new one takes the line over."""

    def __init__(self, host: str, port: int) -> None:
        self._server = socket.create_server((host, port))
        self._peer: socket.socket | None = None
        self.port: int = self._server.getsockname()[1]

    def receive(self, timeout_s: float) -> tuple[bytes, int]:
        """Bytes from the connection; a network has no baud rate."""
        waiting = [self._server, *([self._peer] if self._peer else [])]
        ready, _, _ = select.select(waiting, [], [], timeout_s)
        if self._server in ready:
            self._drop_peer()
            self._peer, _ = self._server.accept()
            return b"", 0
        data = b""
        if self._peer is not None and self._peer in ready:
            try:
                data = self._peer.recv(4096)
            except OSError as error:
                _log.debug("connection lost: %s", error)
            if not data:
                self._drop_peer()
        return data, 0

    def answer(self, data: bytes) -> None:
        """Send bytes to whoever is connected."""
        if self._peer is not None:
            try:
                self._peer.sendall(data)
            except OSError:
                self._drop_peer()

    def close(self) -> None:
        """Close connection and port."""
        self._drop_peer()
        self._server.close()

    def _drop_peer(self) -> None:
        if self._peer is not None:
            self._peer.close()
            self._peer = None


def open_endpoint(listen: str, baud: int) -> Endpoint:
    """``pty:PATH`` or ``HOST:PORT``. Raises: ValueError, OSError."""
    if listen.startswith("pty:"):
        return PtyEndpoint(Path(listen.removeprefix("pty:")), baud)
    host, _, port = listen.rpartition(":")
    if not port.isdigit():
        raise ValueError(f"--listen {listen!r}: give HOST:PORT or pty:PATH")
    return TcpEndpoint(host or "127.0.0.1", int(port))


class Server:
    """Moves bytes between an endpoint and a card as fast as the baud rate lets them.

    Args:
        card: The emulated card.
        listen: ``pty:PATH`` or ``HOST:PORT``.
        clock: Real time.
        view: Files that follow the card.
    """

    def __init__(self, card: Card, listen: str, clock: Clock, view: LiveView) -> None:
        self._card = card
        self._listen = listen
        self._clock = clock
        self._view = view
        self._free_at_s = 0.0
        self.arrived_at_s = 0.0
        """When bytes last began to come in; the card gets them at the pace of its line."""
        self._endpoint: Endpoint | None = None

    def open(self) -> None:
        """Start to listen; `run` does it too. Raises: OSError, ValueError."""
        if self._endpoint is None:
            self._endpoint = open_endpoint(self._listen, self._card.baud)

    @property
    def where(self) -> str:
        """Where it listens, the port filled in when any free one was asked for."""
        if isinstance(self._endpoint, TcpEndpoint):
            return f"{self._listen.rpartition(':')[0]}:{self._endpoint.port}"
        return self._listen

    def run(self, stopping: Callable[[], bool]) -> None:
        """Serve until ``stopping`` says so."""
        faults = self._card.faults
        unplug_at_s = self._clock.monotonic_s() + faults.unplug_after_s
        try:
            while not stopping():
                if faults.unplug_for_s and self._clock.monotonic_s() >= unplug_at_s:
                    self._close()
                    self._idle(faults.unplug_for_s, stopping)
                    faults.unplug_for_s = 0.0
                self.open()
                if self._endpoint is not None:
                    self._turn(self._endpoint)
            self._view.update(self._clock.monotonic_s() + 1)
        finally:
            self._close()

    def _close(self) -> None:
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            endpoint.close()

    def _turn(self, endpoint: Endpoint) -> None:
        data, baud = endpoint.receive(TICK_S)
        now_s = self._clock.monotonic_s()
        if not data:
            self._view.update(now_s)
            return
        self.arrived_at_s = now_s
        byte_s = 10 / self._card.baud if self._card.baud else 0.0
        self._free_at_s = max(self._free_at_s, now_s)
        step = max(8, int(0.01 / byte_s)) if byte_s else len(data)
        for offset in range(0, len(data), step):
            part = data[offset : offset + step]
            self._free_at_s += len(part) * byte_s
            self._clock.sleep(self._free_at_s - self._clock.monotonic_s())
            answer = self._card.receive(part, baud)
            if answer:
                self._clock.sleep(len(answer) * byte_s + self._card.faults.late_s)
                endpoint.answer(answer)
            self._view.update(self._clock.monotonic_s())

    def _idle(self, seconds: float, stopping: Callable[[], bool]) -> None:
        until_s = self._clock.monotonic_s() + seconds
        while self._clock.monotonic_s() < until_s and not stopping():
            self._view.update(self._clock.monotonic_s())
            self._clock.sleep(TICK_S)
