"""Which characters a font file has: its `cmap` table, read without loading the font.

The led program must know before drawing whether a glyph exists (a missing one is drawn as a
box or as nothing), and has 45 MB in all: this reads the one table it needs into two arrays.
Source of the format: OpenType 1.9, chapters "otff" (table directory) and "cmap" (format 12).
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from contract.errors import VillageError

if TYPE_CHECKING:
    from pathlib import Path

_COLLECTION = b"ttcf"
_UNICODE_FULL = {(3, 10), (0, 4), (0, 6)}
_SEGMENTED_COVERAGE = 12


class FontUnreadableError(VillageError, OSError):
    """A font file is there but its character table cannot be read."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The code points of a font as sorted ranges: ``starts[n]`` to ``ends[n]`` inclusive."""

    starts: array[int]
    ends: array[int]

    def __contains__(self, char: str) -> bool:
        code_point = ord(char)
        place = bisect_right(self.starts, code_point) - 1
        return place >= 0 and code_point <= self.ends[place]


def read_coverage(path: Path, index: int = 0) -> Coverage:
    """The coverage of font ``index`` in a font file or collection.

    Raises:
        FontUnreadableError: there is no Unicode table of format 12.
        OSError: the file cannot be opened.
    """
    with path.open("rb") as file:
        table_at = _find_cmap(file, index, path)
        file.seek(table_at)
        (count,) = struct.unpack(">2xH", file.read(4))
        for platform, encoding, offset in struct.iter_unpack(">HHL", file.read(8 * count)):
            if (platform, encoding) not in _UNICODE_FULL:
                continue
            file.seek(table_at + offset)
            (table_format,) = struct.unpack(">H", file.read(2))
            if table_format == _SEGMENTED_COVERAGE:
                return _read_segments(file)
    raise FontUnreadableError(f"{path}: no Unicode character table; install the font package again")


def _find_cmap(file: BinaryIO, index: int, path: Path) -> int:
    try:
        if file.read(4) == _COLLECTION:
            file.seek(12 + 4 * index)
            file.seek(struct.unpack(">L", file.read(4))[0] + 4)
        (tables,) = struct.unpack(">H6x", file.read(8))
        for tag, offset in struct.iter_unpack(">4s4xL4x", file.read(16 * tables)):
            if tag == b"cmap":
                return int(offset)
    except struct.error as cause:
        raise FontUnreadableError(f"{path}: cut short; install the font package again") from cause
    raise FontUnreadableError(f"{path}: no cmap table; install the font package again")


def _read_segments(file: BinaryIO) -> Coverage:
    (groups,) = struct.unpack(">10xL", file.read(14))
    starts, ends = array("L"), array("L")
    for start, end, first_glyph in struct.iter_unpack(">LLL", file.read(12 * groups)):
        begin = start + 1 if first_glyph == 0 else start
        if begin > end:
            continue
        if ends and begin == ends[-1] + 1:
            ends[-1] = end
        else:
            starts.append(begin)
            ends.append(end)
    return Coverage(starts, ends)
