"""Packets of the Alpha sign protocol: framing, commands, and their reading.

Packet: five 00, 01, type, address, 02, command and data, 03, sum in four hex digits, 04; the sum
is 16 bits from 02 to 03 and may be left out. Sources: Adaptive 9708-8061F as quoted by
``readerboard`` 0.7, packets of ``alphasignpy``.
"""

from __future__ import annotations

import re
from typing import Any

from edge_agent.led.panel import BadFrame

WAKE = bytes(5)
ALL_SIGNS, ANY_ADDRESS = b"Z", b"00"
WRITE_TEXT, WRITE_SPECIAL, WRITE_SMALL_DOTS = b"A", b"E", b"I"
PRIORITY = b"0"
FILL = b"0"
"""Display position: the whole sign (1Bh, this, mode)."""
ROTATE, HOLD = b"a", b"b"
NEW_PAGE, CALL_PICTURE = b"\x0c", b"\x14"
_PACKET = re.compile(
    rb"\x00*\x01([!-~])([0-9A-F?]{2})\x02([^\x03\x04]+)(?:\x03([0-9A-Fa-f]{4}))?\x04\Z", re.DOTALL
)
_NAMES = {
    b"A": "write_text", b"B": "read_text", b"E": "write_special", b"F": "read_special",
    b"G": "write_string", b"I": "write_small_dots", b"K": "write_rgb_dots",
    b"M": "write_large_dots",
}  # fmt: skip
_SPECIALS = {
    b"$": "memory", b" ": "clock", b"&": "weekday", b"/": "dim", b",": "reset", b"(": "tone",
    b".": "run_sequence", b"7": "address", b"s": "acknowledge",
}  # fmt: skip
MODES = {
    "a": "rotate", "b": "hold", "c": "flash", "e": "roll up", "f": "roll down", "g": "roll left",
    "h": "roll right", "m": "scroll", "n": "special", "o": "auto", "t": "compressed rotate",
}  # fmt: skip


def pack(data: bytes) -> bytes:
    """The packet around a command and its data, with a sum."""
    body = b"\x02" + data + b"\x03"
    return (
        WAKE + b"\x01" + ALL_SIGNS + ANY_ADDRESS + body + b"%04X" % (sum(body) & 0xFFFF) + b"\x04"
    )


def unpack(frame: bytes) -> bytes:
    """Command and data of one whole packet. Raises: BadFrame."""
    match = _PACKET.match(frame)
    if match is None:
        raise BadFrame("an Alpha packet is 00.. 01 type address 02 command data [03 sum] 04")
    data, check = match.group(3), match.group(4)
    wanted = sum(b"\x02" + data + b"\x03") & 0xFFFF
    if check is not None and int(check, 16) != wanted:
        raise BadFrame(f"the sum is {check.decode()}, the bytes give {wanted:04X}")
    return data


def text(label: bytes, content: bytes, mode: bytes = HOLD) -> bytes:
    """A text file; the bare form without content releases a priority text."""
    return WRITE_TEXT + label + (b"\x1b" + FILL + mode + content if content else b"")


def small_dots(label: bytes, rows: list[str]) -> bytes:
    """A picture of at most 31 rows of 255 dots; ``0`` dark, ``1`` red, ``2`` green, ``3`` amber."""
    size = b"%02X%02X" % (len(rows), len(rows[0]))
    return WRITE_SMALL_DOTS + label + size + b"".join(row.encode("ascii") + b"\r" for row in rows)


def memory(entries: list[bytes]) -> bytes:
    """Divide the sign's memory; it forgets all files."""
    return WRITE_SPECIAL + b"$" + b"".join(entries)


def text_memory(label: bytes, size: int) -> bytes:
    """Room for a text file that always plays."""
    return label + b"AU" + b"%04X" % size + b"FF00"


def dots_memory(label: bytes, rows: int, columns: int) -> bytes:
    """Room for a picture in three colours."""
    return label + b"DU" + b"%02X%02X" % (rows, columns) + b"2000"


def run_sequence(labels: bytes) -> bytes:
    """Play these text files in order."""
    return WRITE_SPECIAL + b".TU" + labels


def decode(frame: bytes) -> dict[str, Any]:
    """One whole packet as plain data; a bare command without framing is taken too.

    Raises:
        BadFrame: it is neither.
    """
    bare = frame[:1] in _NAMES and b"\x01" not in frame and b"\x04" not in frame
    data = frame if bare else unpack(frame)
    told: dict[str, Any] = {
        "ok": True,
        "protocol": "alpha",
        "cmd": data[:1].decode("ascii", errors="replace"),
        "name": _NAMES.get(data[:1], "unknown"),
        "framed": not bare,
        "data": data.hex(),
    }
    if data[:1] == WRITE_TEXT:
        told |= _text_told(data)
    elif data[:1] == WRITE_SMALL_DOTS:
        rows = read_dots(data)
        told |= {"label": chr(data[1]), "rows": len(rows), "columns": len(rows[0]), "dots": rows}
    elif data[:1] == WRITE_SPECIAL:
        told["special"] = _SPECIALS.get(data[1:2], "unknown")
    return told


def read_dots(data: bytes) -> list[str]:
    """The rows of a small-dots command. Raises: BadFrame."""
    try:
        height, width = int(data[2:4], 16), int(data[4:6], 16)
    except ValueError:
        raise BadFrame("a picture's size is two hex digits high, two wide") from None
    rows = [row.decode("ascii", errors="replace") for row in data[6:].split(b"\r")[:height]]
    if len(rows) != height or not height or any(len(row) != width for row in rows):
        raise BadFrame(f"the picture announces {height} rows of {width} dots")
    return rows


def _text_told(data: bytes) -> dict[str, Any]:
    if len(data) < 2:
        raise BadFrame("a text command names its file")
    told: dict[str, Any] = {"label": chr(data[1]), "priority": data[1:2] == PRIORITY}
    if data[2:3] == b"\x1b":
        mode = chr(data[4]) if len(data) > 4 else ""
        told |= {
            "position": f"{data[3]:02x}" if len(data) > 3 else "",
            "mode": MODES.get(mode, mode),
        }
        told["text"] = data[5:].decode("latin-1")
    else:
        told["text"] = data[2:].decode("latin-1")
    return told
