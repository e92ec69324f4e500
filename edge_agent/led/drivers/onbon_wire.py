"""Onbon's outer layer, shared by K and BX-6 cards: frame marks, escapes and CRC-16/ARC.

Source: the maker's "BX-5K/6K protocol, user version" 1.4, sections 3 and appendix.
A frame is eight A5h, the escaped body, one 5Ah. A receiver takes any single A5h as a head.
"""

from __future__ import annotations

import re
from typing import Any

from edge_agent.led.panel import BadFrame

HEAD = b"\xa5" * 8
TAIL = b"\x5a"
_PLAIN_OF = {
    b"\xa6\x01": b"\xa6",
    b"\xa6\x02": b"\xa5",
    b"\x5b\x01": b"\x5b",
    b"\x5b\x02": b"\x5a",
}
_ESCAPED = re.compile(rb"[\xa6\x5b].?", re.DOTALL)


def _crc_of_byte(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return value


_CRC_TABLE = tuple(_crc_of_byte(value) for value in range(256))


def crc16(data: bytes) -> int:
    """CRC-16/ARC (polynomial 8005h reflected, start 0); of ``123456789`` it is BB3Dh."""
    crc = 0
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def escape(body: bytes) -> bytes:
    """Replace the four marked bytes so that A5h and 5Ah only ever mark a frame's ends."""
    body = body.replace(b"\xa6", b"\xa6\x01").replace(b"\xa5", b"\xa6\x02")
    return body.replace(b"\x5b", b"\x5b\x01").replace(b"\x5a", b"\x5b\x02")


def unescape(escaped: bytes) -> bytes:
    """Undo `escape`. Raises: BadFrame on a pair that `escape` never writes."""

    def plain(match: re.Match[bytes]) -> bytes:
        try:
            return _PLAIN_OF[match.group()]
        except KeyError:
            raise BadFrame(f"unknown escape {match.group().hex()} in the frame") from None

    return _ESCAPED.sub(plain, escaped)


def wrap(body: bytes) -> bytes:
    """The bytes on the wire for an unescaped ``body`` (header, data and check included)."""
    return HEAD + escape(body) + TAIL


def unwrap(frame: bytes) -> bytes:
    """The unescaped body of exactly one frame. Raises: BadFrame."""
    if not frame.startswith(b"\xa5"):
        raise BadFrame("a frame starts with A5, this starts with " + (frame[:1].hex() or "nothing"))
    if not frame.endswith(TAIL):
        raise BadFrame("a frame ends with 5A; this one is cut short")
    inner = frame.lstrip(b"\xa5")[:-1]
    if b"\xa5" in inner or TAIL in inner:
        raise BadFrame("a bare A5 or 5A inside the frame: two frames, or a lost escape")
    return unescape(inner)


class Splitter:
    """Cuts a stream into escaped frame bodies; an A5h in mid-frame starts over."""

    def __init__(self, limit: int = 1 << 17) -> None:
        self._limit = limit
        self._body: bytearray | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes as they come; returns the bodies (still escaped) that are now whole."""
        bodies = []
        for part in re.findall(rb"\xa5+|\x5a|[^\xa5\x5a]+", data):
            if part[0] == 0xA5:
                self._body = bytearray()
            elif self._body is None:
                continue
            elif part == TAIL:
                bodies.append(bytes(self._body))
                self._body = None
            else:
                self._body += part
                if len(self._body) > self._limit:
                    self._body = None
        return bodies


def clock_told(data: bytes) -> dict[str, Any]:
    """A set-clock command in words, for ``led decode``: BCD from byte 5, the same on both cards."""
    digits = data[5:13].hex()
    date = f"{digits[2:4]}{digits[:2]}-{digits[4:6]}-{digits[6:8]}"
    time = f"{digits[8:10]}:{digits[10:12]}:{digits[12:14]}"
    return {"clock": f"{date} {time}", "weekday": data[12]}
