"""The serial line to a panel: any pyserial URL, paced by its baud rate, lost with `LineLost`.

Bytes leave in slices of ten milliseconds and no faster than the baud rate, so that nothing
queues up in the kernel: whoever has something urgent to say waits for one slice, not for the
end of a long frame.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol

import serial
from serial.tools import list_ports

from edge_agent.led.panel import LineLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from serial.tools.list_ports_common import ListPortInfo

    from edge_agent.clock import Clock

_log = logging.getLogger(__name__)

SLICE_S = 0.010
"""Time on the wire of one slice; the longest an urgent frame waits for the line."""
_USB = "usb:"
REPLACED_AFTER_S = 30.0
"""Another adapter in the old one's place is taken for its replacement after so long."""
POLL_S = 0.002
"""How often a waiting reader looks for bytes."""


class Line(Protocol):
    """What a driver needs of a line: whole bytes out, whatever bytes came in."""

    baud: int

    def open(self) -> None:
        """Open the line, or open it again after it was lost. Raises: LineLost."""
        ...

    def write(self, data: bytes, *, cut: Callable[[], bool] | None = None) -> bool:
        """Send ``data``; asks ``cut`` between slices. False: cut short. Raises: LineLost."""
        ...

    def read(self, timeout_s: float, *, cut: Callable[[], bool] | None = None) -> bytes:
        """Bytes that have come, waiting up to ``timeout_s`` for the first. Raises: LineLost."""
        ...

    def discard(self) -> None:
        """Forget bytes that have come but were not read."""
        ...

    def close(self) -> None:
        """Let go of the line. Safe to call twice."""
        ...


class SerialLine:
    """A line behind a pyserial URL: ``/dev/ttyUSB0``, ``/dev/ttyUSB*``, ``socket://host:port``.

    ``usb:0403:6001:A5069RR4`` is the adapter with this vendor, product and serial number, under
    whatever path; the serial number may be left out. Named by its path, an adapter that comes
    back under another number is found again: by its USB identity when the system knows that,
    else when it is the only one of its kind. Two that changed places are told apart.
    """

    def __init__(
        self,
        url: str,
        baud: int,
        *,
        clock: Clock,
        parity: str = "N",
        ports: Callable[[], Iterable[ListPortInfo]] = list_ports.comports,
    ) -> None:
        self.url = url
        self.baud = baud
        self._clock = clock
        self._parity = parity
        self._ports = ports
        self._port: serial.SerialBase | None = None
        self._usb_identity: str | None = None
        self._lost_at_s = 0.0

    def open(self) -> None:
        """Open the device; an already open line is left alone unless its baud rate changed."""
        try:
            if self._port is None:
                path = self._find()
                self._port = serial.serial_for_url(
                    path,
                    baudrate=self.baud,
                    parity=self._parity,
                    bytesize=7 if self._parity == "E" else 8,
                    timeout=0,
                    write_timeout=2,
                    exclusive=True,
                )
                self._usb_identity = self._identity(path) or self._usb_identity
                _log.info("line %s open at %d baud", path, self.baud)
            elif self._port.baudrate != self.baud:
                self._port.baudrate = self.baud
        except (OSError, ValueError) as error:
            self._lose(error)

    def write(self, data: bytes, *, cut: Callable[[], bool] | None = None) -> bool:
        """Send ``data`` slice by slice at the pace of the baud rate."""
        port = self._opened()
        byte_s = 10 / self.baud
        slice_bytes = max(8, int(SLICE_S / byte_s))
        start_s = self._clock.monotonic_s()
        for offset in range(0, len(data), slice_bytes):
            if cut is not None and cut():
                return False
            part = data[offset : offset + slice_bytes]
            try:
                port.write(part)
            except OSError as error:
                self._lose(error)
            due_s = start_s + (offset + len(part)) * byte_s
            self._clock.sleep(due_s - self._clock.monotonic_s())
        return True

    def read(self, timeout_s: float, *, cut: Callable[[], bool] | None = None) -> bytes:
        """Whatever came, at the latest after ``timeout_s``; empty when nothing came or on cut."""
        port = self._opened()
        until_s = self._clock.monotonic_s() + timeout_s
        while True:
            try:
                came = bytes(port.read(4096))
            except OSError as error:
                self._lose(error)
            if came or self._clock.monotonic_s() >= until_s or (cut is not None and cut()):
                return came
            self._clock.sleep(POLL_S)

    def discard(self) -> None:
        """Read away what lies in the input queue."""
        self.read(0)

    def close(self) -> None:
        """Close the device; errors of a vanished device are of no interest here."""
        port, self._port = self._port, None
        if port is not None:
            try:
                port.close()
            except OSError as error:
                _log.debug("closing %s: %s", self.url, error)

    def _opened(self) -> serial.SerialBase:
        self.open()
        if self._port is None:
            raise LineLost(f"{self.url} is not open")
        return self._port

    def _lose(self, error: Exception) -> NoReturn:
        if self._port is not None:
            self._lost_at_s = self._clock.monotonic_s()
        self.close()
        raise LineLost(
            f"串口 {self.url} 断开了，请检查插头和电源 / line {self.url} is gone, "
            f"check plug and power: {error}"
        ) from error

    def _find(self) -> str:
        if "://" in self.url:
            return self.url
        if self.url.startswith(_USB):
            return self._declared()
        if Path(self.url).exists() and self._is_same(self.url):
            return self.url
        pattern = self.url if "*" in self.url else _siblings(self.url)
        found = [str(path) for path in sorted(Path("/").glob(pattern.lstrip("/")))]
        same = [path for path in found if self._identity(path) == self._usb_identity]
        if self._usb_identity is not None and same:
            return same[0]
        if found and ("*" in self.url or len(found) == 1) and self._is_same(found[0]):
            return found[0]
        if Path(self.url).exists() and not self._is_same(self.url):
            raise OSError(f"another adapter ({self._identity(self.url)}) is at {self.url}")
        return self.url

    def _declared(self) -> str:
        """Where the adapter is that the URL names by its numbers. Raises: OSError."""
        wanted = self.url.removeprefix(_USB).lower()
        found = [each for each in self._ports() if f"{_numbers(each)}:".startswith(f"{wanted}:")]
        same = [each for each in found if _numbers(each) == self._usb_identity]
        if not found:
            raise OSError(f"no USB adapter {wanted} is plugged in")
        return str((same or found)[0].device)

    def _is_same(self, path: str) -> bool:
        """Whether the adapter at ``path`` may be the one that was there before."""
        if self._usb_identity is None or self._identity(path) in (None, self._usb_identity):
            return True
        return self._clock.monotonic_s() - self._lost_at_s > REPLACED_AFTER_S

    def _identity(self, path: str) -> str | None:
        real = str(Path(path).resolve())
        ports = [each for each in self._ports() if each.device in (path, real)]
        return _numbers(ports[0]) if ports and ports[0].vid is not None else None


def is_plugged_in(url: str) -> bool:
    """Whether there is a device behind a line's address, as far as can be seen from here."""
    if url.startswith(_USB):
        wanted = url.removeprefix(_USB).lower()
        return any(f"{_numbers(each)}:".startswith(f"{wanted}:") for each in list_ports.comports())
    return "://" in url or Path(url).exists() or any(Path("/").glob(url.lstrip("/")))


def _siblings(path: str) -> str:
    """``/dev/ttyUSB0`` → ``/dev/ttyUSB*``: where a replugged adapter may turn up."""
    return re.sub(r"\d+$", "*", path) if re.search(r"/tty(USB|ACM)\d+$", path) else path


def _numbers(port: ListPortInfo) -> str:
    """Vendor, product and serial number, or the socket where there is none."""
    if port.vid is None:
        return ""
    return f"{port.vid:04x}:{port.pid:04x}:{port.serial_number or port.location}".lower()
