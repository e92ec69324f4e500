"""Frames of Onbon's BX-5 and BX-6 graphic cards: two headers inside the same marks.

Commands carry a 28-byte header with an XOR at its end and the body's CRC inside; dynamic areas
carry a 16-byte header (version F0h) and a CRC behind the body. Sources: the maker's MIT-licensed
``bx.dual.dyn.java`` and a session of the maker's SDK 0.6.0.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from functools import reduce
from operator import xor

from edge_agent.led.drivers.onbon_wire import crc16, unescape, unwrap, wrap
from edge_agent.led.panel import BadFrame

BROADCAST_SILENT = 0xFFFF
BROADCAST = 0xFFFE
PC = 0x8000
DYNAMIC = 0xF0
COMMAND = 0x07
NOT_ENCRYPTED = 0x96
FRAME_MAX_UNITS = 0x0190
"""Longest frame in units of 16 bytes, as the maker's SDK announces it."""

_DYNAMIC_HEAD = struct.Struct("<HHBBH4sI")
_COMMAND_HEAD = struct.Struct("<HHBBHBBHHBB6sHHB")

ERRORS = (
    "no error", "command group unknown", "command unknown", "card busy", "out of memory",
    "checksum wrong", "file not there", "flash access failed", "download failed",
    "file name wrong", "file type wrong", "file CRC wrong", "font not there",
    "wrong kind of card", "date or time wrong", "file exists already", "block number wrong",
)  # fmt: skip
NAMES = {
    (0xA0, 0x00): "ack",
    (0xA0, 0x01): "nack",
    (0xA2, 0x00): "ping",
    (0xA2, 0x80): "ping_answer",
    (0xA2, 0x02): "set_clock",
    (0xA2, 0x05): "power",
    (0xA2, 0x06): "timers",
    (0xA2, 0x07): "brightness",
    (0xA2, 0x08): "cancel_timers",
    (0xA2, 0x0D): "lock",
    (0xA2, 0x0F): "status",
    (0xA2, 0x8F): "status_answer",
    (0xA7, 0x00): "dynamic_areas",
    (0xA7, 0x01): "delete_dynamic_areas",
}
MODELS = {
    0x0154: "BX-5E1", 0x0254: "BX-5E2", 0x0354: "BX-5E3",
    0x0174: "BX-6E1", 0x0274: "BX-6E2", 0x0374: "BX-6E3",
    0x0474: "BX-6E1X", 0x0574: "BX-6E2X",
    0x0066: "BX-6Q0", 0x0166: "BX-6Q1", 0x0266: "BX-6Q2", 0x0366: "BX-6Q3",
    0xFFFE: "any",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """Who speaks to whom; the last five fields are only in command frames."""

    to: int = BROADCAST
    sender: int = PC
    version: int = COMMAND
    device: int = 0xFFFE
    kind: int = 0
    reserved: bytes = bytes(4)
    physical: int = 0
    flags: int = 0
    sequence: int = 0
    frame_max_units: int = FRAME_MAX_UNITS
    encryption: int = NOT_ENCRYPTED
    random: int = 0
    secret: bytes = bytes(6)

    def answered(self) -> Header:
        """The header of the answer: the two addresses change places."""
        return replace(self, to=self.sender, sender=self.to)


@dataclass(frozen=True, slots=True)
class Frame:
    """A header with its body. A request's body begins 01 group command, a reply's 00."""

    header: Header
    body: bytes

    @property
    def command(self) -> tuple[int, int]:
        """Command group and command."""
        return self.body[1], self.body[2]

    @property
    def is_reply(self) -> bool:
        """Whether a card said it."""
        return self.body[0] == 0


def pack(frame: Frame) -> bytes:
    """The frame as it goes over the wire."""
    head, body = frame.header, frame.body
    if head.version == DYNAMIC:
        front = _DYNAMIC_HEAD.pack(
            head.to, head.sender, DYNAMIC, head.kind, head.device, head.reserved, len(body)
        )
        return wrap(front + body + struct.pack("<H", crc16(front + body)))
    front = _COMMAND_HEAD.pack(
        head.to, head.sender, head.version, head.kind, head.device, head.physical, head.flags,
        head.sequence, head.frame_max_units, head.encryption, head.random, head.secret,
        len(body), crc16(body), 0,
    )  # fmt: skip
    return wrap(front + bytes([reduce(xor, front)]) + body)


def unpack(wire: bytes) -> Frame:
    """One frame from the wire, marks and all. Raises: BadFrame saying what is wrong."""
    return _from_plain(unwrap(wire))


def unpack_escaped(escaped: bytes) -> Frame:
    """The same from a body that a `Splitter` has cut out. Raises: BadFrame."""
    return _from_plain(unescape(escaped))


def request(group: int, command: int, data: bytes = b"") -> bytes:
    """The body of a request that asks for an answer."""
    return bytes([1, group, command]) + struct.pack("<H", len(data)) + data


def reply(group: int, command: int, data: bytes = b"", error: int = 0) -> bytes:
    """The body of an answer: status and error, then the data."""
    return bytes([0, group, command]) + struct.pack("<HHH", 0, error, len(data)) + data


def _from_plain(plain: bytes) -> Frame:
    if len(plain) < _DYNAMIC_HEAD.size + 3:
        raise BadFrame(f"{len(plain)} bytes are too few for a header and a command")
    return _dynamic(plain) if plain[4] == DYNAMIC else _command(plain)


def _dynamic(plain: bytes) -> Frame:
    to, sender, version, kind, device, reserved, length = _DYNAMIC_HEAD.unpack_from(plain)
    body = plain[_DYNAMIC_HEAD.size : -2]
    if length != len(body):
        raise BadFrame(f"the header announces {length} body bytes, {len(body)} came")
    wanted = crc16(plain[:-2])
    if wanted != int.from_bytes(plain[-2:], "little"):
        raise BadFrame(f"CRC is {plain[-2:].hex()}, the bytes give {wanted:04x} (low byte first)")
    if len(body) < 3:
        raise BadFrame("the body holds no command")
    return Frame(Header(to, sender, version, device, kind, reserved), body)


def _command(plain: bytes) -> Frame:
    size = _COMMAND_HEAD.size + 1
    if len(plain) < size + 3:
        raise BadFrame(f"{len(plain)} bytes are too few for a command frame")
    if reduce(xor, plain[: size - 1]) != plain[size - 1]:
        raise BadFrame("the header's last byte is not the XOR of the bytes before it")
    (to, sender, version, kind, device, physical, flags, sequence, units, encryption,
     random, secret, length, crc, _) = _COMMAND_HEAD.unpack_from(plain)  # fmt: skip
    body = plain[size:]
    if length != len(body):
        raise BadFrame(f"the header announces {length} body bytes, {len(body)} came")
    if crc != crc16(body):
        raise BadFrame(f"the body's CRC is {crc:04x}, the bytes give {crc16(body):04x}")
    header = Header(
        to, sender, version, device, kind, bytes(4), physical, flags, sequence, units,
        encryption, random, secret,
    )  # fmt: skip
    return Frame(header, body)
