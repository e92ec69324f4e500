"""Emulated LED boards that take whole frames: TPM2 and Adalight."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from PIL import Image

from edge_agent.led.drivers import adalight, tpm2
from edge_agent.led.emulators.card import Card, Matrix

if TYPE_CHECKING:
    from edge_agent.clock import Clock
    from edge_agent.led.emulators.faults import Faults

DARK_AFTER_S = 15.0
"""Without a frame for so long the board goes dark, as Adalight's own firmware does."""
PAUSE_S = 0.1
"""A pause this long inside a frame ends it: the board looks for the next head."""


class StreamBoard(Card):
    """A board with lights row by row from the top left; it holds nothing through a power cut."""

    baud = 115200

    def __init__(self, matrix: Matrix, clock: Clock, faults: Faults | None = None) -> None:
        super().__init__(matrix, clock, faults)
        self._pixels = b""
        self._shown_at_s = 0.0
        self._waiting = bytearray()
        self._last_byte_s = 0.0

    def frame(self, at_s: float) -> Image.Image:
        """The last whole frame, dark after a long silence."""
        size = self.matrix.width_px, self.matrix.height_px
        wanted = size[0] * size[1] * 3
        fresh = at_s - self._shown_at_s < DARK_AFTER_S
        pixels = self._pixels[:wanted].ljust(wanted, b"\0") if fresh else bytes(wanted)
        image = Image.frombytes("RGB", size, pixels)
        if self.matrix.colours == "mono":
            return image.getchannel("R").point(lambda level: 255 if level else 0).convert("1")
        return image

    def brightness(self) -> float:
        """The brightest light: such boards are dimmed by their pixels."""
        return max(self._pixels, default=255) / 255

    def _lose_ram(self) -> None:
        self._pixels = b""
        self._waiting.clear()

    def _take(self, data: bytes) -> bytes:
        now_s = self.clock.monotonic_s()
        if now_s - self._last_byte_s > PAUSE_S:
            self._waiting.clear()
        self._last_byte_s = now_s
        self._waiting += data
        answer = b""
        while True:
            used, pixels, said = self._cut(bytes(self._waiting))
            answer += said
            if not used:
                return answer
            del self._waiting[:used]
            if pixels is not None:
                self.frames_received += 1
                self._pixels, self._shown_at_s = pixels, now_s
                self.changes += 1

    @abstractmethod
    def _cut(self, data: bytes) -> tuple[int, bytes | None, bytes]:
        """How many bytes are done with, the pixels of a whole frame, and an answer."""


class Tpm2Board(StreamBoard):
    """A board that speaks TPM2."""

    def _cut(self, data: bytes) -> tuple[int, bytes | None, bytes]:
        start = data.find(tpm2.START)
        if start != 0:
            return (len(data) if start < 0 else start), None, b""
        if data[1:2] == bytes([tpm2.PING]):
            return 2, None, b"\xac"
        if len(data) >= 2 and data[1] != tpm2.DATA:
            self.frames_damaged += 1
            return 1, None, b""
        end = 5 + int.from_bytes(data[2:4], "big")
        if len(data) < 4 or len(data) < end:
            return 0, None, b""
        if data[end - 1] != tpm2.END:
            self.frames_damaged += 1
            return 1, None, b""
        return end, data[4 : end - 1], b""


class AdalightBoard(StreamBoard):
    """A board that speaks Adalight."""

    def _cut(self, data: bytes) -> tuple[int, bytes | None, bytes]:
        start = data.find(adalight.MAGIC)
        if start != 0:
            keep = next((n for n in (2, 1) if data.endswith(adalight.MAGIC[:n])), 0)
            return (len(data) - keep if start < 0 else start), None, b""
        if len(data) < 6:
            return 0, None, b""
        high, low, check = data[3:6]
        if check != high ^ low ^ 0x55:
            self.frames_damaged += 1
            return 3, None, b""
        end = 6 + (high * 256 + low + 1) * 3
        return (end, data[6:end], b"") if len(data) >= end else (0, None, b"")
