"""A page with rare characters as text around a small picture of just those characters.

A picture of a whole page takes seconds at 9600 baud, one character of it 32 bytes. The card
has one area for pixels, so the box turns such pages: each step is text areas, or text areas
around one rectangle of pixels. Pages without rare characters stay together and are turned by
the card.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge_agent.led import fonts
from edge_agent.led.drivers.onbon_k import text as k_text
from edge_agent.led.panel import Area, Page, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

_CELL_PX = 8
"""The pixel area starts and ends on this grid."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle inside an area, in its pixels."""

    left: int
    top: int
    right: int
    bottom: int

    def holds(self, x_px: int, y_px: int) -> bool:
        """Whether a point lies inside."""
        return self.left <= x_px < self.right and self.top <= y_px < self.bottom


def page_groups(
    area: Area, lettering: k_text.Lettering, sizes_px: Sequence[int]
) -> list[tuple[bool, tuple[Page, ...]]]:
    """The pages in order: (needs pixels, pages that stay together)."""
    groups: list[tuple[bool, tuple[Page, ...]]] = []
    for page in area.pages:
        rare = k_text.needs_picture(page, lettering, sizes_px)
        if groups and not rare and not groups[-1][0]:
            groups[-1] = (False, (*groups[-1][1], page))
        else:
            groups.append((rare, (page,)))
    return groups


def cut_page(
    page: Page, area: Area, lettering: k_text.Lettering, most_texts: int
) -> tuple[list[Area], Area]:
    """Text areas and the area of pixels that make up one page, none over another."""
    whole = Box(0, 0, area.width_px, area.height_px)
    box = _rare_box(page, area, lettering)
    around = _around(box, whole)
    if len(around) > most_texts:
        box = Box(0, box.top, whole.right, box.bottom)
        around = _around(box, whole)
    if len(around) > most_texts:
        box, around = whole, []
    texts = [_part(page, area, part) for part in around]
    return [text for text in texts if text.pages[0].runs], _part(page, area, box)


def _rare_box(page: Page, area: Area, lettering: k_text.Lettering) -> Box:
    """The smallest rectangle around what is no text, on the grid of cells and lines."""
    sizes = {run.size_px for run in page.runs}
    moves = page.effect == "left"
    if page.picture is not None or moves or len(sizes) != 1 or area.x_px % _CELL_PX:
        return Box(0, 0, area.width_px, area.height_px)
    size_px = sizes.pop()
    cells = _rare_cells(page, size_px, lettering)
    if not cells or any(cell.top % size_px for cell in cells):
        return Box(0, 0, area.width_px, area.height_px)
    return _on_grid(_around_all(cells), page, area)


def _around_all(cells: Sequence[Box]) -> Box:
    return Box(
        min(cell.left for cell in cells),
        min(cell.top for cell in cells),
        max(cell.right for cell in cells),
        max(cell.bottom for cell in cells),
    )


def _rare_cells(page: Page, size_px: int, lettering: k_text.Lettering) -> list[Box]:
    return [
        Box(x_px, run.y_px, x_px + fonts.width_px(char, size_px), run.y_px + size_px)
        for run in page.runs
        for x_px, char in _placed(run)
        if k_text.codes_of(char, lettering, size_px) is None
    ]


def _on_grid(box: Box, page: Page, area: Area) -> Box:
    """The box widened to the grid, and until its sides cut no character in two."""
    left = box.left // _CELL_PX * _CELL_PX
    right = min(area.width_px, -(-box.right // _CELL_PX) * _CELL_PX)
    for run in page.runs:
        for x_px, char in _placed(run):
            end_px = x_px + fonts.width_px(char, run.size_px)
            if box.top <= run.y_px < box.bottom:
                left = x_px if x_px < left < end_px else left
                right = end_px if x_px < right < end_px else right
    wider = Box(left, box.top, right, min(area.height_px, box.bottom))
    on_grid = left % _CELL_PX == 0 and (right % _CELL_PX == 0 or right == area.width_px)
    return wider if wider == box and on_grid else _on_grid(wider, page, area)


def _around(box: Box, whole: Box) -> list[Box]:
    """What is left of an area: above, below, left and right of the box."""
    parts = [
        Box(0, 0, whole.right, box.top),
        Box(0, box.bottom, whole.right, whole.bottom),
        Box(0, box.top, box.left, box.bottom),
        Box(box.right, box.top, whole.right, box.bottom),
    ]
    return [part for part in parts if part.right > part.left and part.bottom > part.top]


def _part(page: Page, area: Area, box: Box) -> Area:
    """The piece of a page inside a box, as an area of its own."""
    if box == Box(0, 0, area.width_px, area.height_px):
        return replace(area, pages=(page,))
    runs = tuple(_runs_inside(page, box))
    piece = replace(page, runs=runs, framed=False, inverted=False, effect="static")
    return Area(
        area.x_px + box.left,
        area.y_px + box.top,
        box.right - box.left,
        box.bottom - box.top,
        (piece,),
    )


def _runs_inside(page: Page, box: Box) -> list[Run]:
    runs = []
    for run in page.runs:
        inside = [(x_px, char) for x_px, char in _placed(run) if box.holds(x_px, run.y_px)]
        if "".join(char for _, char in inside).strip():
            text = "".join(char for _, char in inside)
            left = inside[0][0] - box.left
            runs.append(replace(run, x_px=left, y_px=run.y_px - box.top, text=text))
    return runs


def _placed(run: Run) -> list[tuple[int, str]]:
    """The characters of a run with their left edge."""
    x_px, placed = run.x_px, []
    for char in run.text:
        placed.append((x_px, char))
        x_px += fonts.width_px(char, run.size_px)
    return placed
