"""Letters on printed paper: the typefaces, and lines broken as Chinese is broken."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterator

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
BOLD = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
FONT_INDEX = 2
"""Simplified Chinese within Noto's collection."""
LINE = 1.45
"""Height of a line for each dot of its type's size."""
_GROUP = re.compile(r"[^\u3000]*\u3000*")
_PIECE = re.compile(r"[“‘（《〈【［]*(?:[!-~]+|[^!-~])[，。；：！？、）》〉】］”’％…—]*")


def typeface(size: int, *, heavy: bool = False) -> ImageFont.FreeTypeFont:
    """Noto's simplified Chinese; ``size`` in dots."""
    return ImageFont.truetype(str(BOLD if heavy else FONT), size, index=FONT_INDEX)


def wrapped(text: str, font: ImageFont.FreeTypeFont, room: int) -> Iterator[str]:
    """Lines of at most ``room`` dots.

    No line begins with a closing mark or ends with an opening one, and a number or a Latin word
    stays whole, unless it is wider than the paper.
    """
    for paragraph in text.splitlines():
        line = ""
        for piece in _groups(paragraph, font, room):
            if line and font.getlength((line + piece).rstrip()) > room:
                yield line.rstrip()
                line = ""
            line += piece
        yield line.rstrip()


def pieces(text: str, font: ImageFont.FreeTypeFont, room: int) -> Iterator[str]:
    """What stands together: a character or a number with the marks that cling to it."""
    for piece in _PIECE.findall(text):
        if font.getlength(piece) <= room:
            yield piece
        else:
            yield from piece


def _groups(text: str, font: ImageFont.FreeTypeFont, room: int) -> Iterator[str]:
    """All between two wide blanks, as a label and its value, where it fits on a line; else less."""
    found = filter(None, _GROUP.findall(text))
    groups = list(found) if "\u3000" in text.strip() else [text]
    for group in groups:
        if len(groups) > 1 and font.getlength(group.rstrip()) <= room:
            yield group
        else:
            yield from pieces(group, font, room)
