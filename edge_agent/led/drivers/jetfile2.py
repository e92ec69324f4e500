"""JetFileII: Sigma's export signs. Text files, a play list, answers with a 16-bit sum.

Packet: 55 A7 (answers 55 A8), sum of all bytes from offset 4 (2), data length (2), source (2),
group, unit, serial (2), main and sub command, count of 4-byte arguments, flag, arguments, data;
numbers low byte first. Sources: advicetec's ``JetFile2Protocol.java`` and its recorded packets.
That Chinese signs take GB2312 bytes in a text file is taken from their makers' words, unproven.
"""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from edge_agent.led.drivers.card_pages import MOST_SCROLLED, STAND_IN, encode_gb2312
from edge_agent.led.drivers.exchange import Exchange
from edge_agent.led.drivers.registry import Driver
from edge_agent.led.drivers.text_sign import TextSign
from edge_agent.led.panel import BadFrame, PanelRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from edge_agent.clock import Clock
    from edge_agent.led.drivers.card_pages import TextPage
    from edge_agent.led.line import Line
    from edge_agent.led.panel import PanelSpec, Screen

_log = logging.getLogger(__name__)

REQUEST, REPLY = b"\x55\xa7", b"\x55\xa8"
REFUSED_TRIES = 4
DONE = b"\x00\x90"
_HEAD = struct.Struct("<2sHH2sBBHBBBB")
BEGIN_BLACK, END_BLACK = (0x04, 0x01), (0x04, 0x02)
NAMES = {
    (0x01, 0x02): "read_system_file", (0x01, 0x03): "read_font_list",
    (0x02, 0x02): "write_system_file", (0x02, 0x04): "write_text",
    (0x03, 0x01): "connection_test", (0x03, 0x02): "self_test",
    (0x04, 0x00): "reset", BEGIN_BLACK: "begin_black_screen", END_BLACK: "end_black_screen",
    (0x07, 0x0D): "disk_facts",
}  # fmt: skip
_LONGEST = 1 << 17
LONGEST_FILE = 0xFFFF
"""A play list has two bytes for a file's length."""
PART_BYTES = 768
"""Most file bytes of one packet, as in the recorded session."""
TEXT_FILE, PLAY_LIST = b"village.Nmg", b"SEQUENT.SYS"
NEW_FRAME, LINE_FEED = b"\x0c", b"\x0d"
_COLOURS = {"red": b"\x1c1", "green": b"\x1c2", "yellow": b"\x1c3"}


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet; ``arguments`` is a multiple of four bytes."""

    command: tuple[int, int]
    arguments: bytes = b""
    data: bytes = b""
    serial: int = 1
    group: int = 1
    unit: int = 1
    flag: int = 0
    is_reply: bool = False
    source: bytes = b"\0\0"


def pack(packet: Packet) -> bytes:
    """The packet as it goes over the wire."""
    whole = _HEAD.pack(
        REPLY if packet.is_reply else REQUEST, 0, len(packet.data), packet.source, packet.group,
        packet.unit, packet.serial, *packet.command, len(packet.arguments) // 4, packet.flag,
    ) + packet.arguments + packet.data  # fmt: skip
    return whole[:2] + struct.pack("<H", sum(whole[4:]) & 0xFFFF) + whole[4:]


def unpack(frame: bytes) -> Packet:
    """One whole packet. Raises: BadFrame."""
    if len(frame) < _HEAD.size:
        raise BadFrame(f"{len(frame)} bytes are too few for a JetFileII packet")
    sync, check, length, source, group, unit, serial, main, sub, count, flag = _HEAD.unpack_from(
        frame
    )
    if sync not in (REQUEST, REPLY):
        raise BadFrame(f"a JetFileII packet starts with 55 A7 or 55 A8, not {sync.hex(' ')}")
    start = _HEAD.size + 4 * count
    if len(frame) != start + length:
        raise BadFrame(f"the header announces {start + length} bytes in all, {len(frame)} came")
    wanted = sum(frame[4:]) & 0xFFFF
    if check != wanted:
        raise BadFrame(f"the sum is {check:04x}, the bytes give {wanted:04x}")
    return Packet(
        (main, sub), frame[_HEAD.size : start], frame[start:], serial, group, unit, flag,
        sync == REPLY, source,
    )  # fmt: skip


class Splitter:
    """Cuts a stream into packets; what is spoiled is skipped when a sound one follows it."""

    def __init__(self, start: bytes = REPLY) -> None:
        self._start = start
        self._waiting = b""
        self.damaged = 0

    def feed(self, data: bytes) -> list[Packet]:
        """Packets that are complete now."""
        self._waiting = (self._waiting + data)[-_LONGEST:]
        packets: list[Packet] = []
        at = self._waiting.find(self._start)
        while at >= 0:
            found = self._packet_at(at)
            if found is None:
                at = self._waiting.find(self._start, at + 1)
                continue
            packet, end = found
            self.damaged += at > 0
            packets.append(packet)
            self._waiting = self._waiting[end:]
            at = self._waiting.find(self._start)
        return packets

    def _packet_at(self, at: int) -> tuple[Packet, int] | None:
        """The sound packet that starts there, and where it ends."""
        rest = self._waiting[at:]
        if len(rest) < _HEAD.size:
            return None
        size = _HEAD.size + 4 * rest[14] + int.from_bytes(rest[4:6], "little")
        try:
            return unpack(rest[:size]), at + size
        except BadFrame:
            return None


def text_file(pages: Sequence[TextPage]) -> bytes:
    """A text file: every page enters, stays and gives way; GB2312 text, 16-px type."""
    body = b""
    for number, page in enumerate(pages):
        if len(body) > LONGEST_FILE - 4 * MOST_SCROLLED:
            _log.warning("the sign's file holds %d of %d pages", number, len(pages))
            break
        entry = b"\x0aI1\x0aO1" if page.scrolls else b"\x0aI0\x0aO0"
        stay_s = min(9999, max(1, round(page.stay_s)))
        setting = b"\x1b0b" + b"\x080" + b"\x0e2%04d" % stay_s + b"\x1f1\x1e1" + entry + b"\x0f2"
        setting += b"\x1c1\x1d0\x1a4\x070"
        lines = LINE_FEED.join(_line(line) for line in page.lines)
        body += (NEW_FRAME if number else b"") + setting + lines
    return b"\x01Z00\x02A" + body + LINE_FEED + b"\x04"


def write_text(file: bytes) -> list[Packet]:
    """The packets that write the text file to drive D."""
    parts = [file[at : at + PART_BYTES] for at in range(0, len(file), PART_BYTES)]
    packets: list[Packet] = []
    for number, part in enumerate(parts, 1):
        arguments = struct.pack(
            "<cx12sIHHH", b"D", TEXT_FILE, len(file), PART_BYTES, len(parts), number
        )
        packets.append(Packet((0x02, 0x04), arguments, part))
    return packets


def write_play_list(file: bytes) -> Packet:
    """The packet that makes the sign play the text file, every day, all day."""
    always = bytes.fromhex("1720010100000000" + "9920123123595900")
    entry = b"DT\x0f\x7f" + always + struct.pack("<HH", sum(file) & 0xFFFF, len(file))
    data = b"SQ\x04\0" + struct.pack("<I", 1) + entry + TEXT_FILE.ljust(12, b"\0")
    arguments = struct.pack("<12sIHHHxx", PLAY_LIST, len(data), PART_BYTES, 1, 1)
    return Packet((0x02, 0x02), arguments, data)


class JetFile2(TextSign):
    """Drives one JetFileII sign; see `edge_agent.led.panel.Panel`."""

    renew_every_s = None
    dark_is_empty = False

    def __init__(
        self, line: Line, spec: PanelSpec, *, clock: Clock, address: int | None = None
    ) -> None:
        super().__init__(spec, clock)
        self._exchange: Exchange[Packet] = Exchange(line, Splitter, clock)
        self._unit = 1 if address is None else address
        self._serial = 0

    def set_clock(self, now: datetime) -> None:
        """Nothing is sent: how the sign's clock is set is not known."""
        _log.debug("the sign's clock is left alone, it is %s here", now)

    def close(self) -> None:
        """Release the line; the sign goes on showing."""
        self._forget()
        self._exchange.line.close()

    def _send_level(self, before: int | None, level: int) -> None:
        """Black or not; how the sign is dimmed is not known."""
        if before is None or (level == 0) != (before == 0):
            self._ask(Packet(END_BLACK if level else BEGIN_BLACK))

    def _send_pages(self, screen: Screen) -> None:
        file = text_file(self._pages(screen))
        self._ask(Packet((0x03, 0x01)))
        for packet in write_text(file):
            self._ask(packet)
        self._ask(write_play_list(file))
        self.traffic.flash_writes += 1

    def _ask(self, packet: Packet) -> Packet:
        """Ask again where the sign refuses: which of its statuses mean busy is not known."""
        self._serial = self._serial % 0xFFFF + 1
        wire = pack(replace(packet, serial=self._serial, unit=self._unit))
        for attempt in range(REFUSED_TRIES):
            answer = self._exchange.ask(wire, fits=lambda reply: reply.command == packet.command)
            if answer.flag != 1 or len(answer.data) != len(DONE) or answer.data == DONE:
                return answer
            if attempt + 1 < REFUSED_TRIES:
                self._exchange.pause(0.1 * 2**attempt)
        name = NAMES.get(packet.command, "command")
        raise PanelRefused(
            f"显示屏拒绝了 {name} / the sign refused {name}: status {answer.data.hex()}",
            int.from_bytes(answer.data, "little"),
        )

    def _set_urgent(self, cut: Callable[[], bool] | None) -> None:
        self._exchange.urgent = cut
        self._exchange.traffic = self.traffic


def decode(frame: bytes) -> dict[str, Any]:
    """One whole packet as plain data. Raises: BadFrame."""
    packet = unpack(frame)
    told: dict[str, Any] = {
        "ok": True,
        "protocol": "jetfile2",
        "cmd": f"{packet.command[0]:02x}{packet.command[1]:02x}",
        "name": NAMES.get(packet.command, "unknown"),
        "direction": "reply" if packet.is_reply else "request",
        "serial": packet.serial,
        "group": packet.group,
        "unit": packet.unit,
        "flag": packet.flag,
        "arguments": packet.arguments.hex(),
        "data_length": len(packet.data),
        "data": packet.data.hex(),
    }
    if packet.is_reply and packet.flag == 1 and len(packet.data) == 2:
        told["status"] = "done" if packet.data == DONE else packet.data.hex()
    if not packet.is_reply and packet.command == (0x02, 0x04):
        told["file"] = _name(packet.arguments[2:14])
        told["text"] = plain_text(packet.data)
    elif not packet.is_reply and packet.command in ((0x01, 0x02), (0x01, 0x03), (0x02, 0x02)):
        told["file"] = _name(packet.arguments[:12])
    return told


def plain_text(file: bytes) -> str:
    """The characters of a text file, without its control codes."""
    pages = [
        ["".join(text for text, _ in line) for line in page.lines] for page in read_pages(file)
    ]
    return "\f".join("\n".join(lines) for lines in pages)


@dataclass(frozen=True, slots=True)
class FilePage:
    """One page of a text file: the last value of every control, and lines of (text, colour)."""

    settings: dict[bytes, bytes]
    lines: list[list[tuple[str, str]]]


def read_pages(file: bytes) -> list[FilePage]:
    """The pages of a text file."""
    start = file.find(b"\x02A") + 2
    end = file.find(b"\x04", start)
    body = file[max(2, start) : end if end >= 0 else len(file)]
    pages = []
    for part in body.split(NEW_FRAME):
        settings: dict[bytes, bytes] = {}
        lines = [_read_line(line, settings) for line in part.split(LINE_FEED)]
        while lines and not lines[-1]:
            lines.pop()
        pages.append(FilePage(settings, lines))
    return pages


_CONTROL_BYTES = {0x0A: 2, 0x1B: 2}


def _control_bytes(line: bytes, at: int) -> int:
    """How many bytes follow a control code."""
    if line[at] == 0x0E:
        return 5 if line[at + 1 : at + 2] in (b"2", b"3") else 3
    return _CONTROL_BYTES.get(line[at], 1)


def _read_line(line: bytes, settings: dict[bytes, bytes]) -> list[tuple[str, str]]:
    pieces: list[tuple[bytes, str]] = []
    at, colour = 0, "red"
    while at < len(line):
        byte = line[at]
        if byte >= 0x20:
            length = 2 if byte >= 0x80 else 1
            text = pieces.pop()[0] if pieces and pieces[-1][1] == colour else b""
            pieces.append((text + line[at : at + length], colour))
            at += length
            continue
        length = _control_bytes(line, at)
        value = line[at + 1 : at + 1 + length]
        settings[line[at : at + 1] + (value[:1] if byte == 0x0A else b"")] = value
        if byte == 0x1C:
            colour = {b"2": "green", b"3": "yellow"}.get(value, "red")
        at += 1 + length
    return [(text.decode("gbk", errors="replace"), colour) for text, colour in pieces]


def _line(line: Sequence[Any]) -> bytes:
    codes, colour = b"", "red"
    for piece in line:
        if piece.colour != colour:
            colour = piece.colour
            codes += _COLOURS[colour]
        for char in piece.text:
            codes += encode_gb2312(char) or STAND_IN.encode("gbk")
    return codes if colour == "red" else codes + _COLOURS["red"]


def _name(raw: bytes) -> str:
    return raw.split(b"\0")[0].decode("ascii", errors="replace")


DRIVER = Driver(
    name="jetfile2",
    title="JetFileII 外贸屏 / JetFileII export signs (Sigma)",
    panel=JetFile2,
    decode=decode,
    emulator="edge_agent.led.emulators.jetfile2:JetFile2Sign",
    baud=19200,
    colours=("mono", "dual"),
    text_sizes_px=(16,),
    dims=False,
)
