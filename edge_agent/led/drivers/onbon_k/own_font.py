"""The box's own fonts in the card's flash: what no font of the card holds, as text codes (10.2).

The card takes fonts from anybody: a file of bitmaps, named ``E…`` when one byte calls a
character. The maker's own ``En_12_1616`` and ``En_20_2424`` show that such a font may be as wide
as it is high: rows from the top, the highest bit left, set is lit, from code 0 on. A rare
character becomes one of these, so that it can stand in a program and in an alarm like any other.
That a file may end behind its last character is our assumption.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from edge_agent.led import fonts
from edge_agent.led.drivers.onbon_wire import crc16
from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_CODE, LAST_CODE = 0x21, 0x7E
CODES = tuple(
    code for code in range(FIRST_CODE, LAST_CODE + 1) if code not in (0x5B, 0x5C, 0x5D, 0x7C)
)
"""Bytes that call a character: no brackets (speech marks), no backslash, no bar."""
NAMES = range(100, 1000)
"""Numbers of our files, ``E100`` to ``E999``; the maker's own begin at ``E000``."""
_FONT_FILE = 0x04
_HEAD = struct.Struct("<B4sIBB")
_LOOK = bytes(4)
"""Not turned, not slanted, not bold, no line."""
_TAIL = struct.Struct("<H4sBBHI8sBB")
_NEW_FORMAT, _ENGLISH, _SONG = 1, 0, 0
_EXTENDED_BYTES = 0x16


@dataclass(frozen=True, slots=True)
class OwnFont:
    """Characters of one width and height; the n-th is called by the n-th of `CODES`."""

    width_px: int
    height_px: int
    chars: str

    @property
    def name(self) -> bytes:
        """``E100`` to ``E999``, from the content: other characters never take its place."""
        said = f"{self.width_px}x{self.height_px}:{self.chars}"
        digest = hashlib.sha256(said.encode()).digest()
        return b"E%03d" % NAMES[int.from_bytes(digest[:4], "big") % len(NAMES)]

    def codes(self, char: str) -> bytes | None:
        """The escape to this font, the character's byte, and back to the card's own font."""
        at = self.chars.find(char)
        if at < 0:
            return None
        return b"\\F" + self.name + bytes([CODES[at]]) + back_to(self.height_px)

    def file(self) -> bytes:
        """The font file, its CRC at the end."""
        size = self.width_px, self.height_px
        row_bytes = -(-self.width_px // 8)
        bitmaps = bytearray(row_bytes * self.height_px * (CODES[len(self.chars) - 1] + 1))
        for code, char in zip(CODES, self.chars, strict=False):
            bits = fonts.glyph_bitmap(char, self.height_px).convert("1").tobytes()
            at = code * row_bytes * self.height_px
            bitmaps[at : at + len(bits)] = bits
        facts = _LOOK + struct.pack(
            "<BBHI8sB", _NEW_FORMAT, _ENGLISH, _SONG, len(bitmaps), bytes(8), _EXTENDED_BYTES
        )
        length = _HEAD.size + len(bitmaps) + _TAIL.size + 2
        content = _HEAD.pack(_FONT_FILE, self.name, length, *size) + bytes(bitmaps)
        content += struct.pack("<H", crc16(facts)) + facts + b"\0"
        return content + struct.pack("<H", crc16(content))


def own_fonts(chars: Iterable[tuple[str, int]]) -> tuple[OwnFont, ...] | None:
    """The fonts for characters of given sizes; None when there are too many of one kind."""
    kinds: dict[tuple[int, int], set[str]] = {}
    for char, size_px in chars:
        kinds.setdefault((fonts.width_px(char, size_px), size_px), set()).add(char)
    if any(len(held) > len(CODES) for held in kinds.values()):
        return None
    return tuple(OwnFont(*kind, "".join(sorted(held))) for kind, held in sorted(kinds.items()))


def back_to(size_px: int) -> bytes:
    """The escape that calls the card's Latin font of a size again."""
    return {24: b"\\FE001", 32: b"\\FE002"}.get(size_px, b"\\FE000")


@dataclass(frozen=True, slots=True)
class CardFont:
    """A font file as a card reads it."""

    name: bytes
    width_px: int
    height_px: int
    bitmaps: bytes

    def bitmap(self, code: int) -> Image.Image:
        """The character of a byte; blank behind the end of the file."""
        size = self.width_px, self.height_px
        length = -(-self.width_px // 8) * self.height_px
        bits = self.bitmaps[code * length : (code + 1) * length].ljust(length, b"\0")
        return Image.frombytes("1", size, bits)


def read_font(file: bytes) -> CardFont:
    """Read a font file, of the old or the new format. Raises: BadFrame."""
    if len(file) < _HEAD.size + 2 or crc16(file[:-2]) != int.from_bytes(file[-2:], "little"):
        raise BadFrame("the font file is cut short or its CRC is wrong")
    kind, name, length, width_px, height_px = _HEAD.unpack_from(file)
    if kind != _FONT_FILE or length != len(file) or not (width_px and height_px):
        raise BadFrame("the head of the font file does not fit its content")
    bitmaps = file[_HEAD.size : -2]
    facts = bitmaps[-_TAIL.size + 2 : -1]
    if len(bitmaps) > _TAIL.size and bitmaps[-_TAIL.size :][:2] == struct.pack("<H", crc16(facts)):
        bitmaps = bitmaps[: -_TAIL.size]
    return CardFont(name, width_px, height_px, bitmaps)
