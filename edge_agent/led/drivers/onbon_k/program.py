"""The program file: what the card keeps in flash and shows after a power cut (section 9)."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from edge_agent.led.drivers.onbon_k.area import TextArea, pack_area, unpack_area
from edge_agent.led.drivers.onbon_wire import crc16
from edge_agent.led.panel import BadFrame

FOREVER = b"\xff" * 8
_HEAD = struct.Struct("<B4sIBHB8sBBB")


@dataclass(frozen=True, slots=True)
class Program:
    """One program: its areas and when it may play."""

    areas: tuple[TextArea, ...]
    name: bytes = b"P000"
    priority: int = 0xFF
    play_s: int = 0
    """0: until every area has played once; else seconds."""
    play_times: int = 1
    life: bytes = FOREVER
    """Start and end: year (2, BCD, low byte first), month, day; FFh for ever."""
    week: int = 1
    """Bit 0: every day; bits 1 to 7: Monday to Sunday."""
    timed: int = 0
    periods: bytes = b""
    """Start and end of the daily period: hour, minute, second each, BCD."""


def name_of(areas: tuple[TextArea, ...]) -> bytes:
    """``P000`` to ``P999``, from the content: a new content is written beside the old one."""
    digest = hashlib.sha256(b"".join(pack_area(area) for area in areas)).digest()
    return b"P%03d" % (int.from_bytes(digest[:4], "big") % 1000)


def pack_program(program: Program) -> bytes:
    """The file, its CRC at the end."""
    blocks = [pack_area(area) for area in program.areas]
    body = b"".join(struct.pack("<I", 4 + len(block)) + block for block in blocks)
    length = _HEAD.size + len(program.periods) + 1 + len(body) + 2
    head = _HEAD.pack(
        0,
        program.name,
        length,
        program.priority,
        program.play_s,
        program.play_times,
        program.life,
        program.week,
        program.timed,
        len(program.periods) // 6,
    )
    content = head + program.periods + bytes([len(blocks)]) + body
    return content + struct.pack("<H", crc16(content))


def unpack_program(file: bytes) -> Program:
    """Read a file. Raises: BadFrame when type, length, CRC or areas are wrong."""
    if len(file) < _HEAD.size + 3:
        raise BadFrame("the program file is too short")
    kind, name, length, priority, play_s, times, life, week, timed, periods = _HEAD.unpack_from(
        file
    )
    if kind != 0:
        raise BadFrame(f"file type {kind} is not a program")
    if length != len(file):
        raise BadFrame(f"the program announces {length} bytes, {len(file)} came")
    wanted = crc16(file[:-2])
    if wanted != int.from_bytes(file[-2:], "little"):
        raise BadFrame(f"file CRC is {file[-2:].hex()}, the bytes give {wanted:04x}")
    start = _HEAD.size + periods * 6
    if start >= len(file) - 2:
        raise BadFrame("the program's play periods reach beyond its end")
    return Program(
        areas=_areas(file[start + 1 : -2], file[start]),
        name=name,
        priority=priority,
        play_s=play_s,
        play_times=times,
        life=life,
        week=week,
        timed=timed,
        periods=file[_HEAD.size : start],
    )


def _areas(body: bytes, count: int) -> tuple[TextArea, ...]:
    """The maker's examples count an area's length with its own four bytes, an old one without."""
    try:
        return _areas_counted(body, count, own_bytes=4)
    except BadFrame:
        return _areas_counted(body, count, own_bytes=0)


def _areas_counted(body: bytes, count: int, *, own_bytes: int) -> tuple[TextArea, ...]:
    areas = []
    for _ in range(count):
        if len(body) < 4:
            raise BadFrame("the program ends before its last area")
        length = int.from_bytes(body[:4], "little") - own_bytes
        if not 0 <= length <= len(body) - 4:
            raise BadFrame("an area reaches beyond the end of the program")
        areas.append(unpack_area(body[4 : 4 + length]))
        body = body[4 + length :]
    if body:
        raise BadFrame(f"{len(body)} bytes lie between the last area and the CRC")
    return tuple(areas)
