"""The microphone's sound, µ-law at 16 kHz, as it comes; never waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from contract.live import RATE_HZ
from edge_agent.audio.arecord import Arecord, ArecordMissingError
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from edge_agent.clock import Clock
    from edge_agent.settings import MicrophoneSettings

_SILENCE = b"\xff"


class CaptureLostError(OSError):
    """Raised when the microphone is not there, or no more."""


class Capture(Protocol):
    """A microphone that is open only while somebody holds the key."""

    def start(self) -> None:
        """Begin to listen.

        Raises:
            CaptureLostError: there is no microphone.
        """
        ...

    def read(self) -> bytes:
        """What was said since the last time; empty when nothing is there yet.

        Raises:
            CaptureLostError: the microphone is gone.
        """
        ...

    def stop(self) -> None:
        """Stop listening. Safe to call twice."""
        ...


class AlsaCapture:
    """A sound card's input, by its ALSA name, through arecord."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._arecord: Arecord | None = None

    def start(self) -> None:
        """Start arecord on the device."""
        try:
            self._arecord = Arecord(self._device, "MU_LAW", RATE_HZ)
        except ArecordMissingError as error:
            raise CaptureLostError(str(error)) from error

    def read(self) -> bytes:
        """What arecord has written."""
        found = self._arecord.read() if self._arecord is not None else b""
        if found is None:
            raise CaptureLostError(f"话筒断开 the microphone {self._device} is gone")
        return found

    def stop(self) -> None:
        """End arecord."""
        arecord, self._arecord = self._arecord, None
        if arecord is not None:
            arecord.end()


class FileCapture:
    """A microphone that is a file or FIFO: it speaks in real time, and is silent at its end."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._file = -1
        self._given = 0
        self._started_s = 0.0

    def start(self) -> None:
        """Open the file; a FIFO is not waited for."""
        try:
            self._file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise CaptureLostError(f"没有话筒文件 no such microphone: {self._path}") from error
        self._started_s, self._given = self._clock.monotonic_s(), 0

    def read(self) -> bytes:
        """As much as would have been said by now."""
        if self._file < 0:
            return b""
        due = int((self._clock.monotonic_s() - self._started_s) * RATE_HZ) - self._given
        try:
            found = os.read(self._file, due) if due > 0 else b""
        except BlockingIOError:
            found = b""
        if not stat.S_ISFIFO(os.fstat(self._file).st_mode):
            found = found.ljust(max(0, due), _SILENCE)
        self._given += len(found)
        return found

    def stop(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def make_capture(settings: MicrophoneSettings, clock: Clock) -> Capture | None:
    """The microphone that the settings name; None when they name none.

    Raises:
        SettingsError: an unknown kind.
    """
    if not settings.capture:
        return None
    if settings.capture == "alsa":
        return AlsaCapture(settings.device)
    if settings.capture == "file":
        return FileCapture(Path(settings.device), clock)
    raise SettingsError([f"microphone.capture: 请写 write alsa or file, not {settings.capture!r}"])
