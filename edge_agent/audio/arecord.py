"""arecord as a child whose sound is taken as it comes; never waited for."""

from __future__ import annotations

import os
import shutil
import subprocess

_READ_BYTES = 1 << 16


class ArecordMissingError(OSError):
    """Raised when alsa-utils are not installed."""


class Arecord:
    """A running arecord on one capture device.

    Args:
        device: its ALSA name.
        form: the sample format as ALSA calls it, ``MU_LAW`` or ``S16_LE``; one channel.
        rate_hz: the sample rate.

    Raises:
        ArecordMissingError: there is no arecord.
    """

    def __init__(self, device: str, form: str, rate_hz: int) -> None:
        program = shutil.which("arecord")
        if program is None:
            raise ArecordMissingError("没有 arecord,请安装 alsa-utils: install alsa-utils")
        self._child = subprocess.Popen(
            [program, "-q", "-D", device, "-t", "raw", "-f", form, "-c", "1",
             "-r", str(rate_hz), "-"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if self._child.stdout is not None:
            os.set_blocking(self._child.stdout.fileno(), False)

    def read(self) -> bytes | None:
        """What it has written since; empty when nothing yet, None when it has ended."""
        if self._child.stdout is None:
            return None
        try:
            return os.read(self._child.stdout.fileno(), _READ_BYTES) or None
        except BlockingIOError:
            return b""

    def fileno(self) -> int:
        """To wait for its sound with ``select``."""
        return self._child.stdout.fileno() if self._child.stdout is not None else -1

    def end(self) -> None:
        """End it and wait for its end. Call it once."""
        self._child.kill()
        self._child.wait()
        if self._child.stdout is not None:
            self._child.stdout.close()
