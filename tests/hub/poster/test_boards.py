"""Where each page hangs: inside the board, none upon another, none forgotten."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.poster.boards import BOARDS, MARGIN_MM, Board, Hanging, Place, board_of, fits, hung
from hub.poster.paper import A3, A4

SIDES = [paper.turned(is_wide=wide) for paper in (A4, A3) for wide in (False, True)]
PAGES = st.lists(st.sampled_from(SIDES), max_size=40)


def _hangings(sides: list[tuple[int, int]]) -> list[Hanging]:
    return [Hanging(f"公示{n}", 1, 1, *each) for n, each in enumerate(sides)]


def _overlap(one: Place, other: Place) -> bool:
    return (
        one.board == other.board
        and one.left_mm < other.left_mm + other.hanging.width_mm
        and other.left_mm < one.left_mm + one.hanging.width_mm
        and one.top_mm < other.top_mm + other.hanging.height_mm
        and other.top_mm < one.top_mm + one.hanging.height_mm
    )


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.key)
@given(sides=PAGES)
def test_every_page_that_fits_hangs_once_and_alone(
    board: Board, sides: list[tuple[int, int]]
) -> None:
    hangings = _hangings(sides)
    places = hung(board, hangings)
    assert [place.hanging for place in places] == [each for each in hangings if fits(board, each)]
    for place in places:
        assert place.left_mm >= MARGIN_MM
        assert place.left_mm + place.hanging.width_mm + MARGIN_MM <= board.width_mm
        assert place.top_mm + place.hanging.height_mm + MARGIN_MM <= board.height_mm
    assert not [pair for pair in combinations(places, 2) if _overlap(*pair)]


def test_boards_hold_as_many_upright_a4_sheets_as_a_hand_counts() -> None:
    sheets = _hangings([(A4.width_mm, A4.height_mm)] * 60)
    held = {key: sum(p.board == 1 for p in hung(board, sheets)) for key, board in BOARDS.items()}
    assert held == {"large": 30, "middle": 8, "small": 3}


def test_an_unknown_board_is_the_large_one() -> None:
    assert board_of("../x").key == "large"
