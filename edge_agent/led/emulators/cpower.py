"""An emulated C-Power sign: one window that shows the last text it was sent.

Whether a real card keeps a text through a power cut is not documented; this one does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge_agent.led import fonts
from edge_agent.led.drivers import cpower as wire
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.emulators.text_sign import draw_lines, line_px

if TYPE_CHECKING:
    from PIL import Image

    from edge_agent.clock import Clock
    from edge_agent.led.emulators.faults import Faults


class CPowerSign(Card):
    """One sign."""

    baud = 115200

    def __init__(self, matrix: Matrix, clock: Clock, faults: Faults | None = None) -> None:
        super().__init__(matrix, clock, faults)
        self.card = 1
        self.hours = [31] * 24
        self._data = b""
        self._since_s = 0.0
        self._splitter = wire.Splitter()

    def frame(self, at_s: float) -> Image.Image:
        """The text, moving when its effect says so."""
        pieces = wire.characters(self._data)
        if self._data[2:3] == bytes([wire.SCROLL_LEFT]):
            way_px = line_px(pieces) + self.matrix.width_px
            gone_px = int((at_s - self._since_s) * wire.SCROLL_PX_PER_S) % way_px
            return draw_lines(self.matrix, [pieces], self.matrix.width_px - gone_px)
        return draw_lines(self.matrix, self._wrapped(pieces))

    def brightness(self) -> float:
        """The level of this hour."""
        return (self.hours[self.local_now().hour] + 1) / 32

    def areas(self) -> list[dict[str, Any]]:
        """The text, as read from the wire."""
        text = "".join(char for char, _ in wire.characters(self._data))
        lines = [
            "".join(char for char, _ in line).rstrip()
            for line in self._wrapped(wire.characters(self._data))
        ]
        return [{"kind": "window 0", "text": text, "lines": lines}] if self._data else []

    def _lose_ram(self) -> None:
        self._data = b""
        self._splitter = wire.Splitter()

    def _wrapped(self, pieces: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
        lines: list[list[tuple[str, str]]] = [[]]
        used = 0
        for char, colour in pieces:
            used += fonts.width_px(char)
            if used > self.matrix.width_px:
                lines.append([])
                used = fonts.width_px(char)
            lines[-1].append((char, colour))
        return lines

    def _take(self, data: bytes) -> bytes:
        answer = b""
        for command in self._splitter.feed(data):
            if command.is_reply or command.card not in (self.card, wire.ANY_CARD):
                continue
            self.frames_received += 1
            if not self.faults.take("busy"):
                self._obey(command)
                answer += self._reply(command) if command.flag else b""
        self.frames_damaged = self._splitter.damaged
        return answer

    def _obey(self, command: wire.Command) -> None:
        if command.code == wire.TEXT and command.data[:1] == b"\x02":
            self._data, self._since_s = command.data, self.clock.monotonic_s()
        elif command.code == wire.BRIGHTNESS and len(command.data) == 25:
            self.hours = [min(31, level) for level in command.data[1:]]
        self.changes += 1

    def _reply(self, command: wire.Command) -> bytes:
        return wire.pack(wire.Command(command.code, b"\0", self.card, 0, is_reply=True))
