"""Screens as pages of text lines, for signs that draw text and know one window.

Areas are laid on one grid of lines: the area with most pages sets the turns, the others stand
still around it with the page that is due.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_agent.led import fonts

if TYPE_CHECKING:
    from edge_agent.led.panel import Area, Colour, Page, PanelSpec, Screen

STAND_IN = "〓"
HALF_PX = 8
LINE_PX = 16
MOST_SCROLLED = 1000
"""Characters of one scrolling page."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of one colour."""

    text: str
    colour: Colour


@dataclass(frozen=True, slots=True)
class TextPage:
    """Lines of pieces, top to bottom; how long it stays and whether it moves in from the right."""

    lines: tuple[tuple[Piece, ...], ...]
    stay_s: float
    scrolls: bool = False

    @property
    def text(self) -> str:
        """All its characters."""
        return "\n".join("".join(piece.text for piece in line) for line in self.lines)


def text_pages(screen: Screen, spec: PanelSpec) -> tuple[TextPage, ...]:
    """The screen as pages of ``spec.height_px // 16`` lines; at least one page.

    Clock areas are left out: such a sign would go on showing the time at which it was sent.
    """
    count = max((len(area.pages) for area in screen.areas), default=0)
    rows = max(1, spec.height_px // LINE_PX)
    pages = []
    for number in range(max(1, count)):
        grid: list[list[tuple[int, Piece]]] = [[] for _ in range(rows)]
        shown = [
            (area, area.pages[number % len(area.pages)]) for area in screen.areas if area.pages
        ]
        for area, page in shown:
            _place(grid, area, page)
        stay_s = max((page.stay_s for _, page in shown), default=5.0)
        scrolls = rows == 1 and any(page.effect == "left" for _, page in shown)
        lines = tuple(_line(cells) for cells in grid)
        pages += _cut(lines[0], stay_s) if scrolls else [TextPage(lines, stay_s)]
    return tuple(pages)


def _cut(line: tuple[Piece, ...], stay_s: float) -> list[TextPage]:
    """A line that scrolls, in lengths that a frame can hold."""
    cut = [
        Piece(piece.text[at : at + MOST_SCROLLED], piece.colour)
        for piece in line
        for at in range(0, len(piece.text), MOST_SCROLLED)
    ]
    if sum(len(piece.text) for piece in cut) <= MOST_SCROLLED:
        return [TextPage((tuple(cut),), stay_s, scrolls=True)]
    return [TextPage(((piece,),), stay_s, scrolls=True) for piece in cut]


def encode_gb2312(char: str) -> bytes | None:
    """One byte for ASCII, two for GB2312, None for everything else."""
    if " " <= char <= "~":
        return char.encode("ascii")
    try:
        code = char.encode("gbk")
        code.decode("gb2312")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return None
    return code if len(code) == 2 and min(code) >= 0xA1 else None


def unshown(screen: Screen) -> tuple[str, ...]:
    """Characters and pictures that a GB2312 text sign cannot show."""
    lost = [
        char
        for area in screen.areas
        for page in area.pages
        for run in page.runs
        for char in run.text
        if encode_gb2312(char) is None
    ]
    pictures = ["[图]" for area in screen.areas for page in area.pages if page.picture is not None]
    return tuple(dict.fromkeys(lost + pictures))


def _place(grid: list[list[tuple[int, Piece]]], area: Area, page: Page) -> None:
    for run in page.runs:
        row = min(len(grid) - 1, (area.y_px + run.y_px + LINE_PX // 2) // LINE_PX)
        column = (area.x_px + run.x_px + HALF_PX // 2) // HALF_PX
        grid[row].append((column, Piece(run.text, run.colour)))
    if page.picture is not None and not page.runs:
        grid[0].append((area.x_px // HALF_PX, Piece("[图]", "red")))


def _line(cells: list[tuple[int, Piece]]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    used = 0
    for column, piece in sorted(cells, key=lambda cell: cell[0]):
        if column > used:
            pieces.append(Piece(" " * (column - used), piece.colour))
            used = column
        pieces.append(piece)
        used += fonts.width_px(piece.text) // HALF_PX
    return tuple(pieces)
