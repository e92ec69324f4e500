"""An emulated JetFileII sign: files on its disk, a play list, pages it turns by itself."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING, Any

from edge_agent.led.drivers import jetfile2 as wire
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.emulators.text_sign import draw_lines, line_px

if TYPE_CHECKING:
    from PIL import Image

    from edge_agent.clock import Clock
    from edge_agent.led.emulators.faults import Faults

BUSY, NO_FILE, BAD = b"\x03\x90", b"\x06\x90", b"\x05\x90"
"""Status words of failures; the recorded sessions only show success, these are ours."""
SCROLL_PX_PER_S = 50.0


class JetFile2Sign(Card):
    """One sign; its files survive a power cut."""

    baud = 19200

    def __init__(self, matrix: Matrix, clock: Clock, faults: Faults | None = None) -> None:
        super().__init__(matrix, clock, faults)
        self.unit = 1
        self.files: dict[str, bytes] = {}
        self.playing = ""
        self.black = False
        self._parts: dict[str, bytes] = {}
        self._splitter = wire.Splitter(wire.REQUEST)

    def frame(self, at_s: float) -> Image.Image:
        """The page that is due."""
        file = self.files.get(self.playing)
        if file is None or self.black:
            return draw_lines(self.matrix, [])
        pages = wire.read_pages(file)
        lengths = [self._length_s(page) for page in pages]
        into_s = (at_s - self.powered_at_s) % sum(lengths)
        for page, length_s in zip(pages, lengths, strict=True):
            if into_s < length_s:
                moves = page.settings.get(b"\x0aI") == b"I1"
                left = self.matrix.width_px - int(into_s * SCROLL_PX_PER_S) if moves else 0
                return draw_lines(self.matrix, page.lines, left)
            into_s -= length_s
        return draw_lines(self.matrix, [])

    def areas(self) -> list[dict[str, Any]]:
        """The file that plays, as read from the wire."""
        file = self.files.get(self.playing)
        if file is None:
            return []
        return [{"kind": f"file {self.playing}", "text": wire.plain_text(file)}]

    def flash_state(self) -> dict[str, Any]:
        """Files and play list."""
        files = {name: base64.b64encode(file).decode() for name, file in self.files.items()}
        return {"files": files, "playing": self.playing, "flash_writes": self.flash_writes}

    def load_flash_state(self, state: dict[str, Any]) -> None:
        """Take over files and play list."""
        super().load_flash_state(state)
        self.files = {name: base64.b64decode(file) for name, file in state["files"].items()}
        self.playing = state["playing"]

    def _lose_ram(self) -> None:
        self.black = False
        self._parts = {}
        self._splitter = wire.Splitter(wire.REQUEST)

    def _length_s(self, page: wire.FilePage) -> float:
        if page.settings.get(b"\x0aI") == b"I1":
            widest = max((line_px(line) for line in page.lines), default=0)
            return (widest + self.matrix.width_px) / SCROLL_PX_PER_S
        pause = page.settings.get(b"\x0e", b"20005")
        return max(0.5, float(pause[1:] or b"5"))

    def _take(self, data: bytes) -> bytes:
        answers = []
        for packet in self._splitter.feed(data):
            if packet.unit == self.unit and not packet.is_reply:
                self.frames_received += 1
                answers.append(wire.pack(self._answer(packet)))
        self.frames_damaged = self._splitter.damaged
        return b"".join(answers)

    def _answer(self, packet: wire.Packet) -> wire.Packet:
        if self.faults.take("busy"):
            return self._reply(packet, BUSY)
        if packet.command == (0x03, 0x01):
            size = struct.pack("<HH", self.matrix.width_px, self.matrix.height_px)
            return self._reply(packet, b"", b"EMUL" + size + bytes(4))
        if packet.command in ((0x04, 0x01), (0x04, 0x02)):
            self.black = packet.command[1] == 1
        elif packet.command == (0x04, 0x00):
            self.power_cycle()
        elif packet.command == (0x02, 0x04):
            return self._reply(packet, self._write(packet))
        elif packet.command == (0x02, 0x02):
            return self._reply(packet, self._play(packet.data))
        else:
            return self._reply(packet, BAD)
        self.changes += 1
        return self._reply(packet, wire.DONE)

    def _write(self, packet: wire.Packet) -> bytes:
        if len(packet.arguments) < 24:
            return BAD
        name, size, _, parts, number = struct.unpack_from("<2x12sIHHH", packet.arguments)
        text = name.split(b"\0")[0].decode("ascii", errors="replace")
        held = b"" if number == 1 else self._parts.get(text, b"")
        self._parts[text] = held + packet.data
        if number < parts:
            return wire.DONE
        whole = self._parts.pop(text)
        if len(whole) != size:
            return BAD
        self.files[text] = whole
        self.flash_writes += 1
        self.changes += 1
        return wire.DONE

    def _play(self, play_list: bytes) -> bytes:
        name = play_list[32:44].split(b"\0")[0].decode("ascii", errors="replace")
        if play_list[:2] != b"SQ" or name not in self.files:
            return NO_FILE
        (check,) = struct.unpack_from("<H", play_list, 28)
        if check != sum(self.files[name]) & 0xFFFF:
            return BAD
        self.playing = name
        self.changes += 1
        return wire.DONE

    def _reply(self, packet: wire.Packet, status: bytes, arguments: bytes = b"") -> wire.Packet:
        return wire.Packet(
            packet.command, arguments, status, packet.serial, packet.group, packet.unit,
            flag=1 if status else 0, is_reply=True,
        )  # fmt: skip
