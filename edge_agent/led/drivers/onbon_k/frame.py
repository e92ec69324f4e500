"""The K frame: a 14-byte header, the data field and a check (sections 3 to 7)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from edge_agent.led.drivers.onbon_wire import crc16, unescape, unwrap, wrap
from edge_agent.led.panel import BadFrame

BROADCAST_SILENT = 0xFFFF
BROADCAST = 0xFFFE
"""Every card takes it and answers; for one card on the line whose address nobody knows."""
PC = 0x8000
CHECK_CRC16, CHECK_SUM, CHECK_NONE = 0, 1, 2

ERRORS = (
    "no error",
    "command group unknown",
    "command unknown",
    "card busy",
    "out of memory",
    "checksum wrong",
    "file not there",
    "flash access failed",
    "download failed",
    "file name wrong",
    "file type wrong",
    "file CRC wrong",
    "font not there",
    "wrong kind of card",
    "date or time wrong",
    "file exists already",
    "block number wrong",
)
(
    OK,
    ERR_GROUP,
    ERR_NO_COMMAND,
    ERR_BUSY,
    ERR_MEMORY,
    ERR_CHECKSUM,
    ERR_NO_FILE,
    ERR_FLASH,
    ERR_DOWNLOAD,
    ERR_FILE_NAME,
    ERR_FILE_TYPE,
    ERR_FILE_CRC,
    ERR_FONT,
    ERR_FIRMWARE,
    ERR_DATE,
    ERR_FILE_EXISTS,
    ERR_BLOCK,
) = range(len(ERRORS))

MODELS = {
    0x51: "BX-5K1",
    0x53: "BX-5MK2",
    0x54: "BX-5MK1",
    0x58: "BX-5K2",
    0x5C: "BX-5K1Q-YY",
    0x61: "BX-6K1",
    0x62: "BX-6K2",
    0x63: "BX-6K3",
    0x64: "BX-6K1-YY",
    0x65: "BX-6K2-YY",
    0x66: "BX-6K3-YY",
    0x67: "BX-6K1&4G",
    0x68: "BX-6K2&4G",
    0x69: "BX-6K4",
    0xFE: "any",
}


@dataclass(frozen=True, slots=True)
class Header:
    """Who speaks to whom, and how the frame is checked (section 4)."""

    to: int = BROADCAST
    sender: int = PC
    device: int = 0xFE
    display_mode: int = 0
    """0: dynamic areas beside the program; 1: dynamic areas alone while there are any."""
    check_mode: int = CHECK_CRC16
    reserved: bytes = bytes(3)
    barcode: bytes = b""
    version: int = 2

    def answered(self) -> Header:
        """The header of the answer: the two addresses change places."""
        return Header(to=self.sender, sender=self.to, device=self.device)


@dataclass(frozen=True, slots=True)
class Frame:
    """A header with its data field; the first two data bytes are command group and command."""

    header: Header
    data: bytes

    @property
    def command(self) -> tuple[int, int]:
        """Command group and command."""
        return self.data[0], self.data[1]

    @property
    def is_reply(self) -> bool:
        """Whether a card said it: an ACK or NACK, or addressed to a program and not from one."""
        to_program = 0x8000 <= self.header.to <= 0xDFFF
        from_program = 0x8000 <= self.header.sender <= 0xDFFF
        return self.data[0] == 0xA0 or (to_program and not from_program)


def pack(frame: Frame) -> bytes:
    """The frame as it goes over the wire."""
    head = frame.header
    body = struct.pack("<HH3sB", head.to, head.sender, head.reserved, bool(head.barcode))
    body += head.barcode
    body += struct.pack(
        "<BBBBH",
        head.check_mode,
        head.display_mode,
        head.device,
        head.version,
        len(frame.data),
    )
    body += frame.data
    return wrap(body + struct.pack("<H", _check(head.check_mode, body)))


def unpack(wire: bytes) -> Frame:
    """One frame from the wire, marks and all. Raises: BadFrame saying what is wrong."""
    return _from_body(unwrap(wire))


def unpack_escaped(escaped: bytes) -> Frame:
    """The same from a body that a `Splitter` has cut out. Raises: BadFrame."""
    return _from_body(unescape(escaped))


def _from_body(body: bytes) -> Frame:
    if len(body) < 16 + 5:
        raise BadFrame(f"{len(body)} bytes are too few for a header, a command and a check")
    to, sender, reserved, option = struct.unpack_from("<HH3sB", body)
    start = 24 if option & 1 else 8
    if len(body) < start + 6 + 5 + 2:
        raise BadFrame("the frame ends inside its bar code")
    check_mode, display_mode, device, version, length = struct.unpack_from("<BBBBH", body, start)
    data, check = body[start + 6 : -2], int.from_bytes(body[-2:], "little")
    if length != len(data):
        raise BadFrame(f"the header announces {length} data bytes, {len(data)} came")
    if check_mode > CHECK_NONE:
        raise BadFrame(f"unknown check mode {check_mode}")
    wanted = _check(check_mode, body[:-2])
    if check_mode != CHECK_NONE and check != wanted:
        raise BadFrame(f"check is {check:04x}, the bytes give {wanted:04x}")
    header = Header(
        to=to,
        sender=sender,
        device=device,
        display_mode=display_mode,
        check_mode=check_mode,
        reserved=reserved,
        barcode=body[8:start],
        version=version,
    )
    return Frame(header, data)


def _check(mode: int, body: bytes) -> int:
    if mode == CHECK_SUM:
        return sum(body) & 0xFFFF
    return crc16(body) if mode == CHECK_CRC16 else 0
