"""Which sheet hangs where: three common sizes of village boards, filled shelf by shelf.

Sizes: a whole sheet of board material (2.4 × 1.2 m), the board beside the door (1.2 × 0.9 m) and
the small unit (0.8 × 0.6 m). Widths are multiples of a sheet plus a margin, as boards are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MARGIN_MM = 40
GAP_MM = 20


@dataclass(frozen=True, slots=True)
class Board:
    """A notice board's free surface."""

    key: str
    name: str
    width_mm: int
    height_mm: int


BOARDS = {
    board.key: board
    for board in (
        Board("large", "大栏 2.4×1.2米", 2400, 1200),
        Board("middle", "中栏 1.2×0.9米", 1200, 900),
        Board("small", "小栏 0.8×0.6米", 800, 600),
    )
}


@dataclass(frozen=True, slots=True)
class Hanging:
    """One page to be hung: what it is, which of its pages, its sides as it hangs."""

    title: str
    page: int
    pages: int
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page goes: number in the order of hanging, board from 1, left top corner."""

    number: int
    board: int
    left_mm: int
    top_mm: int
    hanging: Hanging


def board_of(key: str) -> Board:
    """The board of that key; the large one for any other word."""
    return BOARDS.get(key, BOARDS["large"])


def fits(board: Board, hanging: Hanging) -> bool:
    """Whether the page can hang on the board at all."""
    return (
        hanging.width_mm + 2 * MARGIN_MM <= board.width_mm
        and hanging.height_mm + 2 * MARGIN_MM <= board.height_mm
    )


def hung(board: Board, hangings: Iterable[Hanging]) -> list[Place]:
    """Every page in reading order: left to right, shelf under shelf, board after board.

    Pages that cannot hang on such a board are left out; `fits` says which.
    """
    found: list[Place] = []
    number, left, top, shelf = 1, MARGIN_MM, MARGIN_MM, 0
    for hanging in (each for each in hangings if fits(board, each)):
        if left + hanging.width_mm + MARGIN_MM > board.width_mm:
            left, top, shelf = MARGIN_MM, top + shelf + GAP_MM, 0
        if top + hanging.height_mm + MARGIN_MM > board.height_mm:
            number, left, top, shelf = number + 1, MARGIN_MM, MARGIN_MM, 0
        found.append(Place(len(found) + 1, number, left, top, hanging))
        left += hanging.width_mm + GAP_MM
        shelf = max(shelf, hanging.height_mm)
    return found
