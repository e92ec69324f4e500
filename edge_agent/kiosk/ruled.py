"""A table on a sheet of paper: ruled, its columns as wide as they need, its head on every page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from edge_agent.kiosk.lettering import LINE, pieces, typeface, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import ImageFont

SIZES = (27, 24, 21)
"""Type of a table in dots, at 150 to the inch: 13, 11.5 and 10 points."""
PAD = 10
WIDEST_WORD = 5
"""Characters that a column of words gets before it may break its cells into lines."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A table as it is printed; ``numeric`` columns stand flush right."""

    labels: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()

    @classmethod
    def from_text(cls, text: str) -> Ruled:
        """The table in a line: JSON of labels, which of them are numbers, rows, total."""
        labels, numeric, rows, total = json.loads(text)
        return cls(tuple(labels), tuple(numeric), tuple(map(tuple, rows)), tuple(total))


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the columns stand on a page ``width`` dots wide."""

    widths: tuple[int, ...]
    width: int
    margin: int

    def strip(
        self, cells: Sequence[str], font: ImageFont.FreeTypeFont, flush: Sequence[bool]
    ) -> Image.Image:
        """One row; ``flush`` columns stand at their right edge."""
        lines = [
            list(wrapped(cell, font, wide - 2 * PAD)) or [""]
            for cell, wide in zip(cells, self.widths, strict=True)
        ]
        step = round(font.size * LINE)
        height = max(map(len, lines)) * step + PAD
        strip = Image.new("1", (self.width, height), 1)
        draw = ImageDraw.Draw(strip)
        left = self.margin
        draw.line((left, 0, left, height), fill=0)
        for cell, wide, is_flush in zip(lines, self.widths, flush, strict=True):
            top = (height - len(cell) * step) // 2 - PAD // 4
            for number, line in enumerate(cell):
                indent = wide - PAD - font.getlength(line) if is_flush else PAD
                draw.text((left + indent, top + number * step), line, font=font, fill=0)
            left += wide
            draw.line((left, 0, left, height), fill=0)
        draw.line((self.margin, height - 1, left, height - 1), fill=0)
        return strip


def strips_of(
    table: Ruled, width: int, margin: int
) -> tuple[Image.Image, list[Image.Image]] | None:
    """The head and the rows as pictures ``width`` dots wide; None if it is too wide to be read."""
    for size in SIZES:
        widths = _widths(table, size, width - 2 * margin)
        if widths is not None:
            break
    else:
        return None
    grid = Grid(widths, width, margin)
    font, bold = typeface(size), typeface(size, heavy=True)
    head = grid.strip(table.labels, bold, (False,) * len(widths))
    ImageDraw.Draw(head).line((margin, 1, margin + sum(widths), 1), fill=0, width=3)
    rows = [grid.strip(row, font, table.numeric) for row in table.rows]
    if table.total:
        rows.append(grid.strip(table.total, bold, table.numeric))
    return head, rows


def _widths(table: Ruled, size: int, room: int) -> tuple[int, ...] | None:
    """Dots for each column, together ``room``; None if the narrowest possible is too wide."""
    font = typeface(size, heavy=True)
    totals = (table.total,) if table.total else ()
    least, most = [], []
    for cells in zip(table.labels, *table.rows, *totals, strict=True):
        whole = max(_longest(cell, font) for cell in cells)
        word = max((font.getlength(p) for c in cells for p in pieces(c, font, room)), default=0.0)
        least.append(max(min(whole, WIDEST_WORD * size), word) + 2 * PAD)
        most.append(whole + 2 * PAD)
    spare = room - sum(least)
    if spare < 0:
        return None
    wish = [big - small for big, small in zip(most, least, strict=True)]
    if sum(wish) <= spare:  # all stand on one line: what is left is shared out evenly
        each = (room - sum(most)) / len(most)
        found = [big + each for big in most]
    else:
        found = [small + spare * w / sum(wish) for small, w in zip(least, wish, strict=True)]
    return tuple(map(int, found))


def _longest(cell: str, font: ImageFont.FreeTypeFont) -> float:
    return max((font.getlength(line) for line in cell.splitlines()), default=0.0)
