"""C-Power / Lumen controllers: one window of text, sent page by page.

Frame: A5, then escaped 68 32 id 7B flag length (2) packet last data sum (2), then AE. The sum is
16 bits from 68h, all numbers of the head low byte first; A5, AA and AE inside are sent as AA 05,
AA 0A and AA 0E. Sources: FaBo's LED display page (whose sample escapes only the sum) and the
maker's C++ ``cp5200``. How the card answers is not in them; the driver waits for any answer
to the same command and takes silence for an answer when the flag asks for none.
"""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge_agent.led import fonts
from edge_agent.led.drivers.card_pages import STAND_IN, TextPage, encode_gb2312
from edge_agent.led.drivers.exchange import Exchange
from edge_agent.led.drivers.registry import Driver
from edge_agent.led.drivers.text_sign import TextSign
from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from edge_agent.clock import Clock
    from edge_agent.led.line import Line
    from edge_agent.led.panel import PanelSpec, Screen

ANY_CARD = 0xFF
TEXT, CLOCK, BRIGHTNESS = 0x7B, 0x47, 0x46
REQUEST, REPLY = 0x68, 0xE8
STATIC, SCROLL_LEFT = 0x00, 0x0B
SPEED = 0x14
SCROLL_PX_PER_S = 50.0
"""How fast a line runs at that speed; assumed."""
RESEND_AFTER_S = 10.0
"""A single page is sent again after at least so long: the card may have lost power."""
SIZE_16_PX = 0x02
COLOURS = {"red": 1, "green": 2, "yellow": 3}
_NAMES = {TEXT: "text", CLOCK: "clock", BRIGHTNESS: "brightness"}
_ESCAPES = {b"\xaa\x05": b"\xa5", b"\xaa\x0a": b"\xaa", b"\xaa\x0e": b"\xae"}


@dataclass(frozen=True, slots=True)
class Command:
    """One frame; ``data`` of a text command begins with window and effect."""

    code: int
    data: bytes
    card: int = ANY_CARD
    flag: int = 1
    packet: int = 0
    last: int = 0
    is_reply: bool = False


def pack(command: Command) -> bytes:
    """The frame as it goes over the wire."""
    body = bytes([REPLY if command.is_reply else REQUEST, 0x32, command.card, command.code])
    body += bytes([command.flag])
    if command.code == TEXT:
        body += struct.pack("<HBB", len(command.data), command.packet, command.last)
    body += command.data
    body += struct.pack("<H", sum(body) & 0xFFFF)
    escaped = body.replace(b"\xaa", b"\xaa\x0a").replace(b"\xa5", b"\xaa\x05")
    return b"\xa5" + escaped.replace(b"\xae", b"\xaa\x0e") + b"\xae"


def unpack(frame: bytes) -> Command:
    """One whole frame. Raises: BadFrame."""
    if frame[:1] != b"\xa5" or frame[-1:] != b"\xae":
        raise BadFrame("a C-Power frame starts with A5 and ends with AE")
    body = re.sub(rb"\xaa.?", _plain, frame[1:-1], flags=re.DOTALL)
    if len(body) < 7:
        raise BadFrame(f"{len(body)} bytes are too few for a C-Power frame")
    content, check = body[:-2], int.from_bytes(body[-2:], "little")
    if check != sum(content) & 0xFFFF:
        raise BadFrame(f"the sum is {check:04x}, the bytes give {sum(content) & 0xFFFF:04x}")
    kind, device, card, code, flag = content[:5]
    if kind not in (REQUEST, REPLY) or device != 0x32:
        raise BadFrame(f"a C-Power frame begins 68 32 inside, not {content[:2].hex(' ')}")
    if code != TEXT:
        return Command(code, content[5:], card, flag, is_reply=kind == REPLY)
    if len(content) < 9:
        raise BadFrame("the text command is cut short")
    length, packet, last = struct.unpack_from("<HBB", content, 5)
    data = content[9:]
    if length != len(data):
        raise BadFrame(f"the head announces {length} data bytes, {len(data)} came")
    return Command(code, data, card, flag, packet, last, kind == REPLY)


class Splitter:
    """Cuts a stream into sound frames; an A5 in mid-frame starts over."""

    def __init__(self) -> None:
        self._waiting: bytearray | None = None
        self.damaged = 0

    def feed(self, data: bytes) -> list[Command]:
        """Frames that are complete now."""
        found = []
        for byte in data:
            if byte == 0xA5:
                self._waiting = bytearray()
            if self._waiting is None:
                continue
            self._waiting.append(byte)
            if byte == 0xAE:
                try:
                    found.append(unpack(bytes(self._waiting)))
                except BadFrame:
                    self.damaged += 1
                self._waiting = None
            elif len(self._waiting) > 1 << 16:
                self._waiting = None
        return found


class _Replies(Splitter):
    def feed(self, data: bytes) -> list[Command]:
        """Only what a card said."""
        return [command for command in super().feed(data) if command.is_reply]


def text_data(page: TextPage, columns: int) -> bytes:
    """The data of a text command: window 0, effect, left, speed, stay, three bytes a character."""
    effect = SCROLL_LEFT if page.scrolls else STATIC
    data = struct.pack(">BBBBBH", 2, 0, effect, 0, SPEED, min(0xFFFF, round(page.stay_s)))
    for number, line in enumerate(page.lines):
        cells = 0
        for piece in line:
            for char in piece.text:
                code = encode_gb2312(char) or STAND_IN.encode("gbk")
                cells += len(code)
                data += bytes([COLOURS[piece.colour] << 4 | SIZE_16_PX]) + code.rjust(2, b"\0")
        if number + 1 < len(page.lines):
            data += bytes([0x10 | SIZE_16_PX, 0, 0x20]) * (columns - cells)
    return data + bytes(3)


class CPower(TextSign):
    """Drives one C-Power sign; see `edge_agent.led.panel.Panel`. The box turns its pages."""

    renew_every_s = None

    def __init__(
        self, line: Line, spec: PanelSpec, *, clock: Clock, address: int | None = None
    ) -> None:
        super().__init__(spec, clock)
        self._exchange: Exchange[Command] = Exchange(line, _Replies, clock)
        self._card = ANY_CARD if address is None else address
        self._loop: tuple[TextPage, ...] = ()
        self._number = 0
        self._next_s = 0.0

    def _send_levels(self, levels: Sequence[int]) -> None:
        """The card keeps a level for each hour, so pairs are averaged."""
        hours = [round((levels[at] + levels[at + 1]) / 2 * 31 / 15) for at in range(0, 48, 2)]
        self._ask(Command(BRIGHTNESS, bytes([0, *hours]), self._card))

    def set_clock(self, now: datetime) -> None:
        """Set the card's clock to local time ``now``."""
        day = now.isoweekday() % 7
        stamp = (now.second, now.minute, now.hour, day, now.day, now.month, now.year % 100)
        self._ask(Command(CLOCK, bytes([0, *stamp]), self._card))

    def close(self) -> None:
        """Release the line; the sign goes on showing its last page."""
        self._forget()
        self._exchange.line.close()

    def _send_pages(self, screen: Screen) -> None:
        self._loop = self._pages(screen)
        self._number = 0
        self._send_page()

    def _turn(self) -> float | None:
        if self._areas is None:
            return None
        if self._clock.monotonic_s() >= self._next_s:
            self._number = (self._number + 1) % len(self._loop)
            self._send_page()
        return self._next_s - self._clock.monotonic_s()

    def _send_page(self) -> None:
        page = self._loop[self._number]
        self._next_s = self._clock.monotonic_s() + self._play_s(page)
        self._ask(Command(TEXT, text_data(page, self._spec.width_px // 8), self._card))

    def _play_s(self, page: TextPage) -> float:
        """How long it stays: a line that runs through is not cut off, one page is sent anew."""
        play_s = page.stay_s
        if page.scrolls:
            text_px = fonts.width_px("".join(piece.text for line in page.lines for piece in line))
            play_s = (text_px + self._spec.width_px) / SCROLL_PX_PER_S
        times = 1 if len(self._loop) > 1 else math.ceil(RESEND_AFTER_S / play_s)
        return times * play_s

    def _ask(self, command: Command) -> None:
        self._exchange.traffic = self.traffic
        self._exchange.ask(pack(command), fits=lambda reply: reply.code == command.code)

    def _set_urgent(self, cut: Callable[[], bool] | None) -> None:
        self._exchange.urgent = cut


def decode(frame: bytes) -> dict[str, Any]:
    """One whole frame as plain data. Raises: BadFrame."""
    command = unpack(frame)
    told: dict[str, Any] = {
        "ok": True,
        "protocol": "cpower",
        "cmd": f"{command.code:02x}",
        "name": _NAMES.get(command.code, "unknown"),
        "direction": "reply" if command.is_reply else "request",
        "card": command.card,
        "wants_answer": bool(command.flag),
        "data": command.data.hex(),
    }
    if command.code == TEXT and not command.is_reply and command.data[:1] == b"\x02":
        if len(command.data) < 7:
            raise BadFrame("the text command is cut short")
        _, window, effect, align, speed, stay_s = struct.unpack_from(">BBBBBH", command.data)
        pieces = characters(command.data)
        told |= {
            "window": window,
            "effect": effect,
            "align": align,
            "speed": speed,
            "stay_s": stay_s,
            "text": "".join(char for char, _ in pieces),
        }
    return told


def characters(data: bytes) -> list[tuple[str, str]]:
    """The characters of a text command with their colours."""
    names = {1: "red", 2: "green", 3: "yellow"}
    found = []
    for at in range(7, len(data) - 2, 3):
        style, high, low = data[at : at + 3]
        if style == 0:
            break
        code = bytes([high, low]) if high else bytes([low])
        found.append((code.decode("gbk", errors="replace"), names.get(style >> 4 & 3, "red")))
    return found


def _plain(match: re.Match[bytes]) -> bytes:
    try:
        return _ESCAPES[match.group()]
    except KeyError:
        raise BadFrame(f"unknown escape {match.group().hex()} in the frame") from None


DRIVER = Driver(
    name="cpower",
    title="C-Power / Lumen 外贸屏 / C-Power, Lumen export signs",
    panel=CPower,
    decode=decode,
    emulator="edge_agent.led.emulators.cpower:CPowerSign",
    baud=115200,
    colours=("mono", "dual"),
    text_sizes_px=(16,),
)
