"""The layout sheet: a drawing of the board with a number for every page, and the list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.poster.boards import fits, hung
from hub.poster.paper import A4
from hub.poster.sheet import drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hub.places.models import VillagePage
    from hub.poster.boards import Board, Hanging

DRAWN_WIDTH_MM = 261
DRAWN_HEIGHT_MM = 92


def layout_sheet(village: VillagePage, month: str, board: Board, pages: Sequence[Hanging]) -> str:
    """One drawing a board, to scale, upright A4 turned on its side."""
    scale = min(DRAWN_WIDTH_MM / board.width_mm, DRAWN_HEIGHT_MM / board.height_mm)
    places = hung(board, pages)
    drawings = [
        (number, [
            {
                "place": place,
                "left": round(place.left_mm * scale, 2),
                "top": round(place.top_mm * scale, 2),
                "width": round(place.hanging.width_mm * scale, 2),
                "height": round(place.hanging.height_mm * scale, 2),
            }
            for place in places
            if place.board == number
        ])
        for number in range(1, max((place.board for place in places), default=0) + 1)
    ]  # fmt: skip
    return drawn(
        "layout",
        village,
        A4,
        is_wide=True,
        month=month,
        board=board,
        drawings=drawings,
        board_width=round(board.width_mm * scale, 2),
        board_height=round(board.height_mm * scale, 2),
        too_large=[page for page in pages if not fits(board, page)],
    )
