"""An emulated Alpha sign: text files that call dot pictures, a priority text, no answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PIL import Image

from edge_agent.led.drivers import alpha_frame as wire
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from edge_agent.clock import Clock
    from edge_agent.led.emulators.faults import Faults

HOLD_S = 5.0
"""How long a held page stays at the sign's default speed; ours, the manual gives no seconds."""
MEMORY_BYTES = 30000
_PRIORITY_BYTES = 125
_COLOURS = {"0": (0, 0, 0), "1": (255, 0, 0), "2": (0, 255, 0), "3": (255, 200, 0)}
_ENTRY = re.compile(rb"([ -~])([ABD])[UL]([0-9A-F]{4})([0-9A-F]{4})")


class AlphaSign(Card):
    """One sign; its memory is kept by a battery through a power cut."""

    def __init__(self, matrix: Matrix, clock: Clock, faults: Faults | None = None) -> None:
        super().__init__(matrix, clock, faults)
        self.room: dict[bytes, tuple[bytes, int]] = {}
        """Label to kind (A text, D dots) and size."""
        self.texts: dict[bytes, bytes] = {}
        self.pictures: dict[bytes, list[str]] = {}
        self.sequence = b"A"
        self.priority = b""
        self.dim = 0
        self.lost_pictures = 0
        self._waiting = b""
        self._since_s = self.powered_at_s

    def frame(self, at_s: float) -> Image.Image:
        """The page that is due."""
        content = self.priority or b"".join(
            self.texts.get(bytes([label]), b"") for label in self.sequence
        )
        pages = content.split(wire.NEW_PAGE)
        page = pages[int((at_s - self._since_s) / HOLD_S) % len(pages)]
        size = self.matrix.width_px, self.matrix.height_px
        image = Image.new("1" if self.matrix.colours == "mono" else "RGB", size)
        x_px = 0
        for label in re.findall(rb"\x14([ -~])", page):
            rows = self.pictures.get(label, [])
            picture = _picture(rows, mono=self.matrix.colours == "mono")
            if picture is not None:
                image.paste(picture, (x_px, 0))
                x_px += picture.width
        return image

    def brightness(self) -> float:
        """Five steps."""
        return 1 - self.dim * 0.2

    def areas(self) -> list[dict[str, Any]]:
        """Texts and pictures, as read from the wire."""
        found: list[dict[str, Any]] = [
            {"kind": f"text {label.decode('latin-1')}", "text": repr(text)}
            for label, text in self.texts.items()
        ]
        if self.priority:
            found.append({"kind": "priority", "text": repr(self.priority)})
        return found + [
            {"kind": f"picture {label.decode('latin-1')}", "rows": len(rows)}
            for label, rows in self.pictures.items()
        ]

    def flash_state(self) -> dict[str, Any]:
        """The battery-kept memory."""
        return {
            "room": {
                key.decode(): [kind.decode(), size] for key, (kind, size) in self.room.items()
            },
            "texts": {key.decode(): text.hex() for key, text in self.texts.items()},
            "pictures": {key.decode(): rows for key, rows in self.pictures.items()},
            "sequence": self.sequence.decode(),
        }

    def load_flash_state(self, state: dict[str, Any]) -> None:
        """Take the memory over."""
        self.room = {
            key.encode(): (kind.encode(), size) for key, (kind, size) in state["room"].items()
        }
        self.texts = {key.encode(): bytes.fromhex(text) for key, text in state["texts"].items()}
        self.pictures = {key.encode(): rows for key, rows in state["pictures"].items()}
        self.sequence = state["sequence"].encode()

    def _lose_ram(self) -> None:
        self.priority = b""
        self._waiting = b""

    def _take(self, data: bytes) -> bytes:
        self._waiting += data
        while (end := self._waiting.find(b"\x04")) >= 0:
            packet, self._waiting = self._waiting[: end + 1], self._waiting[end + 1 :]
            start = packet.rfind(b"\x01")
            self._obey_packet(packet[max(0, start) :])
        # A packet that is begun again throws the one before it away.
        restart = self._waiting.rfind(b"\x01")
        self._waiting = self._waiting[restart:] if restart > 0 else self._waiting
        if len(self._waiting) > MEMORY_BYTES:
            self._waiting = b""
        return b""

    def _obey_packet(self, packet: bytes) -> None:
        try:
            data = wire.unpack(packet)
            self._obey(data)
        except BadFrame:
            self.frames_damaged += 1
            return
        self.frames_received += 1
        self.changes += 1

    def _obey(self, data: bytes) -> None:
        if data[:1] == wire.WRITE_TEXT:
            self._write_text(data[1:2], data[2:])
        elif data[:1] == wire.WRITE_SMALL_DOTS:
            rows = wire.read_dots(data)
            if self.priority:
                self.lost_pictures += 1
            elif self.room.get(data[1:2], (b"", 0))[0] == b"D":
                self.pictures[data[1:2]] = rows
        elif data[:2] == b"E$":
            self._divide_memory(data[2:])
        elif data[:4] == b"E.TU":
            self.sequence = data[4:]
        elif data[:2] == b"E/":
            self.dim = min(4, data[3] - ord("0")) if data[2:4].isdigit() else 4

    def _write_text(self, label: bytes, content: bytes) -> None:
        self._since_s = self.clock.monotonic_s()
        content = content[3:] if content[:1] == b"\x1b" else content
        if label == wire.PRIORITY:
            self.priority = content[:_PRIORITY_BYTES]
        elif self.room.get(label, (b"", 0))[0] == b"A":
            self.texts[label] = content[: self.room[label][1]]

    def _divide_memory(self, entries: bytes) -> None:
        self.room, self.texts, self.pictures = {}, {}, {}
        used = 0
        for label, kind, size, _ in _ENTRY.findall(entries):
            rows, columns = divmod(int(size, 16), 256)
            room = rows * columns if kind == b"D" else int(size, 16)
            # Two bits a dot in memory.
            used += room if kind != b"D" else room // 4
            if used <= MEMORY_BYTES:
                self.room[label] = kind, room


def _picture(rows: list[str], *, mono: bool) -> Image.Image | None:
    if not rows:
        return None
    size = len(rows[0]), len(rows)
    if mono:
        levels = bytes(255 if digit != "0" else 0 for row in rows for digit in row)
        return Image.frombytes("L", size, levels).convert("1")
    colours = b"".join(bytes(_COLOURS.get(digit, (255, 255, 0))) for row in rows for digit in row)
    return Image.frombytes("RGB", size, colours)
