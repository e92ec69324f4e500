"""What the card answers: status, parameters, fonts, file facts (sections 8.4 to 8.28)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from edge_agent.led.panel import BadFrame

PREFIX = 5
"""Group, command, error and two reserved bytes before an answer's own data."""
FONT_GBK = 2
_TRAILER_BYTES = 16 + 12
"""Bar code and the customer's name at the end of a status."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the card is doing."""

    on: bool
    brightness: int
    clock: str
    """``2026-11-22 13:05:00``, as the card believes; empty when it is not a date."""
    programs: int
    program: bytes
    special_area: bool
    dynamic_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What the card is."""

    address: int
    device: int
    baud_code: int
    width_px: int
    height_px: int
    colours: int
    """1 one colour; 2 or 3 red and green; 7 red, green and blue."""


def status(data: bytes) -> Status:
    """Read the answer to A1 02; a 5K1 leaves out the two special-area bytes. Raises: BadFrame."""
    body = _body(data, 16, "status")
    with_special = len(body) >= 18 and len(body) == 18 + body[17] + _TRAILER_BYTES
    without = len(body) == 16 + body[15] + _TRAILER_BYTES
    count_at = 17 if with_special or not without else 15
    if len(body) <= count_at or len(body) < count_at + 1 + body[count_at]:
        raise BadFrame("the status ends inside its list of dynamic areas")
    return Status(
        on=body[0] == 1,
        brightness=body[1],
        clock=_clock(body[2:10]),
        programs=body[10],
        program=body[11:15],
        special_area=count_at == 17 and bool(body[15]),
        dynamic_ids=tuple(body[count_at + 1 : count_at + 1 + body[count_at]]),
    )


def parameters(data: bytes) -> Parameters:
    """Read the answer to A2 0A. Raises: BadFrame."""
    return Parameters(*struct.unpack_from("<HBBHHB", _body(data, 9, "parameters")))


def has_gbk(data: bytes) -> bool:
    """Whether a Chinese font of the answer to A2 11 holds GBK. Raises: BadFrame.

    The maker's table leaves out the two reserved bytes of every other answer; both forms are
    taken.
    """
    return FONT_GBK in [entry[-1] for entry in _font_entries(data)]


def font_names(data: bytes) -> tuple[bytes, ...]:
    """The names of the fonts in the same answer. Raises: BadFrame."""
    return tuple(entry[:4] for entry in _font_entries(data))


def file_facts(data: bytes) -> tuple[bytes, int, int]:
    """Name, length and CRC of the answer A1 8A. Raises: BadFrame."""
    name, length, crc = struct.unpack_from("<4sIH", _body(data, 12, "file facts"), 2)
    return name, length, crc


def next_offset(data: bytes) -> int:
    """The file offset that the card wants next, from the answer to a block. Raises: BadFrame."""
    return int.from_bytes(_body(data, 4, "block answer")[:4], "little")


def _body(data: bytes, least: int, what: str) -> bytes:
    body = data[PREFIX:]
    if len(body) < least:
        raise BadFrame(f"the {what} answer has {len(body)} bytes, at least {least} are due")
    return body


def _font_entries(data: bytes) -> list[bytes]:
    """The facts of each font: four bytes of name first, the encoding last."""
    for start in (PREFIX, 3):
        entries = _cut_entries(data[start:])
        if entries:
            return entries
    raise BadFrame("the list of fonts does not fit its own lengths")


def _cut_entries(body: bytes) -> list[bytes]:
    entries: list[bytes] = []
    rest = body[1:]
    for _ in range(body[0] if body else 0):
        length = rest[0] if rest else 0
        if length == 0 or len(rest) < 1 + length:
            return []
        entries.append(rest[1 : 1 + length])
        rest = rest[1 + length :]
    return [] if rest else entries


def _clock(stamp: bytes) -> str:
    """Year low byte first, month, day, weekday, hour, minute, second, all BCD."""
    digits = stamp.hex()
    if not digits.isdigit():
        return ""
    year, month, day = digits[2:4] + digits[0:2], digits[4:6], digits[6:8]
    return f"{year}-{month}-{day} {digits[10:12]}:{digits[12:14]}:{digits[14:16]}"
