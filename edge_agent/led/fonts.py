"""Glyphs for the panel: a chain of fonts, asked before drawing, one bitmap a character.

16 px is Unifont, drawn dot by dot for that size. Signs that Chinese type sets in a full cell
and Unifont only in half of one (— … ℃ →), and the rare characters of names (𬭎), come from
Noto Sans CJK; so do all larger sizes, in bold. A character that no font of the chain has is
reported by `missing` and drawn as 〓, the printers' mark for "a character belongs here".

Widths follow the cards' own type: ASCII takes half a cell, everything that GBK writes in two
bytes a full one, so that a page sent as text codes and a page sent as pixels look the same.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from contract.errors import VillageError
from edge_agent.led.cmap import Coverage, read_coverage

SUBSTITUTE = "〓"
BASE_SIZE_PX = 16
_UNIFONT = Path("/usr/share/fonts/opentype/unifont/unifont.otf")
_UNIFONT_UPPER = Path("/usr/share/fonts/opentype/unifont/unifont_upper.otf")
_NOTO = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_NOTO_BOLD = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
_SANS_MONO_SC = 7  # "Noto Sans Mono CJK SC": Latin exactly half as wide as a character
_ASCENT = 0.88  # of the em: where Noto's ideographic square has its base line
_LEFT_IN_CELL = "”’、。，"
_RIGHT_IN_CELL = "“‘"


class FontMissingError(VillageError, FileNotFoundError):
    """The font of the chain that everything rests on is not installed."""


@dataclass(frozen=True)
class Face:
    """One font file of the chain."""

    path: Path
    index: int = 0
    grid_px: int = 0
    """The size it was drawn for, dot by dot; 0 for outlines."""

    @cached_property
    def coverage(self) -> Coverage:
        """The characters it has."""
        return read_coverage(self.path, self.index)

    def has(self, char: str) -> bool:
        """Whether the file is installed and has ``char``."""
        return self.installed and char in self.coverage

    @cached_property
    def installed(self) -> bool:
        """Whether the file is there."""
        return self.path.is_file()

    def at(self, size_px: int) -> ImageFont.FreeTypeFont:
        """The font at a size."""
        return _open(self.path, self.index, size_px)

    def advance_px(self, char: str, size_px: int) -> int:
        """How far the pen moves after ``char``."""
        return round(self.at(size_px).getlength(char))


_GRID = Face(_UNIFONT, grid_px=BASE_SIZE_PX)
_GRID_UPPER = Face(_UNIFONT_UPPER, grid_px=BASE_SIZE_PX)
_OUTLINE = Face(_NOTO, _SANS_MONO_SC)
_OUTLINE_BOLD = Face(_NOTO_BOLD, _SANS_MONO_SC)


@lru_cache(maxsize=2)  # an open face keeps its pages of a 19 MB file in memory
def _open(path: Path, index: int, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px, index=index, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=2048)
def is_half(char: str) -> bool:
    """Whether ``char`` takes half a cell, as on the cards: ASCII does, GBK's signs do not."""
    if char.isascii():
        return True
    try:
        return len(char.encode("gbk")) == 1
    except UnicodeEncodeError:
        pass
    if unicodedata.east_asian_width(char) in "WF":
        return False
    return not _GRID.has(char) or _GRID.advance_px(char, BASE_SIZE_PX) <= BASE_SIZE_PX // 2


def width_px(text: str, size_px: int = BASE_SIZE_PX) -> int:
    """Width of ``text`` as it will be drawn: whole and half cells, no kerning."""
    half = size_px // 2
    return sum(half if is_half(char) else size_px for char in text)


def missing(text: str, size_px: int = BASE_SIZE_PX) -> tuple[str, ...]:
    """The characters of ``text`` that no font of the chain has, each once, in order.

    Ask for text as it will be drawn, after `edge_agent.led.characters.legible`.
    """
    return tuple(dict.fromkeys(c for c in text if c not in " \n" and not _has(c, size_px)))


@lru_cache(maxsize=1024)
def glyph_bitmap(char: str, size_px: int = BASE_SIZE_PX) -> Image.Image:
    """One character as a 1-bit image, ``size_px`` high, a whole or half cell wide.

    What no font has is drawn as `SUBSTITUTE`; the caller reports it from `missing`.

    Raises:
        FontMissingError: fonts-unifont is not installed.
    """
    width = width_px(char, size_px)
    if char.isspace():
        return Image.new("1", (width, size_px))
    face = _face_for(char, size_px)
    if face is None:
        return glyph_bitmap(SUBSTITUTE, size_px).resize((width, size_px), Image.Resampling.NEAREST)
    if face.grid_px:
        return _draw_on_grid(char, face, width, size_px)
    return _draw_outline(char, face, width, size_px)


def _has(char: str, size_px: int) -> bool:
    return _face_for(char, size_px) is not None


@lru_cache(maxsize=2048)
def _face_for(char: str, size_px: int) -> Face | None:
    if not _GRID.installed:
        raise FontMissingError(
            f"没有找到点阵字库，请安装 fonts-unifont；no font at {_UNIFONT}: "
            "apt install fonts-unifont"
        )
    return next((face for face in _chain(char, size_px) if face.has(char)), None)


def _chain(char: str, size_px: int) -> tuple[Face, ...]:
    """The fonts to ask, best first. Bitmaps only grow by whole factors."""
    if size_px == BASE_SIZE_PX:
        if not is_half(char) and _is_narrow(char):
            return (_OUTLINE, _GRID)
        return (_GRID, _OUTLINE, _GRID_UPPER)
    if size_px % BASE_SIZE_PX == 0:
        return (_OUTLINE_BOLD, _GRID, _GRID_UPPER)
    return (_OUTLINE_BOLD,)


def _is_narrow(char: str) -> bool:
    return _GRID.has(char) and _GRID.advance_px(char, BASE_SIZE_PX) < BASE_SIZE_PX


def _draw_on_grid(char: str, face: Face, width: int, size_px: int) -> Image.Image:
    factor = size_px // face.grid_px
    cell = Image.new("1", (width // factor, face.grid_px))
    pen = ImageDraw.Draw(cell)
    pen.fontmode = "1"
    pen.text((_indent(char, cell.width, face.advance_px(char, face.grid_px)), 0), char,
             font=face.at(face.grid_px), fill=1)  # fmt: skip
    return cell if factor == 1 else cell.resize((width, size_px), Image.Resampling.NEAREST)


def _draw_outline(char: str, face: Face, width: int, size_px: int) -> Image.Image:
    font = face.at(size_px)
    cell = Image.new("1", (width, size_px))
    pen = ImageDraw.Draw(cell)
    pen.fontmode = "1"
    base = round(_ASCENT * size_px)
    left = _indent(char, width, face.advance_px(char, size_px))
    _, top, _, bottom = pen.textbbox((left, base), char, font=font, anchor="ls")
    if top < 0:
        base -= max(int(top), int(bottom) - size_px, -1)
    elif bottom > size_px:
        base -= min(int(bottom) - size_px, int(top))
    pen.text((left, base), char, font=font, fill=1, anchor="ls")
    return cell


def _indent(char: str, width: int, advance: int) -> int:
    """Where a glyph narrower than its cell stands: quotes hug their words, the rest is centred."""
    spare = max(0, width - advance)
    if char in _LEFT_IN_CELL:
        return 0
    return spare if char in _RIGHT_IN_CELL else spare // 2
