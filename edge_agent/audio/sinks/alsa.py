"""An ALSA sound card, driven through the standard input of `aplay`.

A card is named by its id (``plughw:CARD=Horn,DEV=0``), never by number and never "default":
numbers change from boot to boot, and a sound server moves streams to another zone. A card that
vanishes shows as a closed pipe; one that hangs takes nothing for two seconds. What aplay's exit
code says is proof of nothing and is not looked at.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import select
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from edge_agent.audio.pcm import RATE_HZ, SAMPLE_BYTES
from edge_agent.audio.sinks.sink import SinkLostError

if TYPE_CHECKING:
    from edge_agent.audio.sinks.pacing import Pacer

_log = logging.getLogger(__name__)
BUFFER_US = 80_000
PERIOD_US = 20_000
STALL_S = 2.0
_PIPE_BYTES = 4096
_CLOSE_S = 2.0


class AlsaSink:
    """Plays on one ALSA device.

    Args:
        device: the ALSA name of the card.
        pacer: for devices without a clock of their own (ALSA's ``file`` plug-in); a real card
            sets the pace itself.
        stall_s: seconds without a sample taken after which the card counts as hung.
    """

    def __init__(
        self, device: str, pacer: Pacer | None = None, *, stall_s: float = STALL_S
    ) -> None:
        self.name = device
        self._pacer = pacer
        self._stall_s = stall_s
        self._aplay: subprocess.Popen[bytes] | None = None

    @property
    def lead_s(self) -> float:
        """ALSA's buffer and the pipe before it."""
        return BUFFER_US / 1e6 + _PIPE_BYTES / SAMPLE_BYTES / RATE_HZ

    def open(self) -> None:
        """Start aplay on the device."""
        if self._aplay is not None:
            return
        program = shutil.which("aplay")
        if program is None:
            raise SinkLostError("没有 aplay,请安装 alsa-utils: install alsa-utils for aplay")
        self._aplay = subprocess.Popen(
            [
                program, "-q", "-D", self.name, "-t", "raw", "-f", "S16_LE", "-c", "1",
                "-r", str(RATE_HZ), f"--buffer-time={BUFFER_US}", f"--period-time={PERIOD_US}", "-",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        stdin, stderr = self._aplay.stdin, self._aplay.stderr
        if stdin is None or stderr is None:
            raise SinkLostError("aplay has no pipes")
        os.set_blocking(stdin.fileno(), False)
        os.set_blocking(stderr.fileno(), False)
        with contextlib.suppress(OSError):
            fcntl.fcntl(stdin.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def write(self, block: bytes, label: str) -> None:
        """Hand samples to aplay; a recording is not kept, so ``label`` is not needed here."""
        del label
        if self._aplay is None or self._aplay.stdin is None:
            raise SinkLostError(f"{self.name}: not open")
        if self._pacer is not None:
            self._pacer.take(len(block) // SAMPLE_BYTES)
        pipe = self._aplay.stdin.fileno()
        left = memoryview(block)
        deadline_s = time.monotonic() + self._stall_s
        while left:
            wait_s = deadline_s - time.monotonic()
            if wait_s <= 0 or not select.select((), (pipe,), (), wait_s)[1]:
                raise SinkLostError(f"{self.name}: took nothing for {self._stall_s} s")
            try:
                left = left[os.write(pipe, left) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise SinkLostError(f"{self.name}: {self._complaint() or error}") from error
        if complaint := self._complaint():
            _log.warning("aplay on %s: %s", self.name, complaint)

    def close(self) -> None:
        """End the stream: what is in the buffer sounds to its end, a hung aplay is killed."""
        aplay, self._aplay = self._aplay, None
        if aplay is None:
            return
        if self._pacer is not None:
            self._pacer.drain()
        if aplay.stdin is not None:
            with contextlib.suppress(OSError):
                aplay.stdin.close()
        try:
            aplay.wait(_CLOSE_S)
        except subprocess.TimeoutExpired:
            aplay.kill()
            aplay.wait()
        if aplay.stderr is not None:
            aplay.stderr.close()

    def _complaint(self) -> str:
        """What aplay said on its standard error since last asked, on one line."""
        if self._aplay is None or self._aplay.stderr is None:
            return ""
        try:
            said = os.read(self._aplay.stderr.fileno(), 4096)
        except OSError:
            return ""
        return " ".join(said.decode("utf-8", "replace").split())[:200]
