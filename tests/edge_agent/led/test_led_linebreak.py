"""Lines broken by the rules of Chinese printing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from led_cases import RAW

from edge_agent.led.characters import legible
from edge_agent.led.linebreak import cells, pieces, wrap, wrap_evenly, wrap_to

WIDTHS = [12, 16, 24, 32, 64]
NEVER_FIRST = set("。，、：；！？）》」”")
NEVER_LAST = set("（《「“")


@pytest.mark.parametrize("notice_id", sorted(RAW))
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_of_any_notice_breaks_a_rule_or_leaves_the_panel(
    notice_id: str, width: int
) -> None:
    for line in wrap_to(legible(RAW[notice_id].get("body") or "").text, width):
        assert cells(line) <= width
        assert not line or line[0] not in NEVER_FIRST, line
        assert not line or line[-1] not in NEVER_LAST, line


@pytest.mark.parametrize(
    "whole",
    ["38.6万元", "2024年7月6日", "8:00—18:00", "0872-0000456", "-1,083.00元", "2.5元/亩", "第12条",
     "12.6平方公里", "village-agent", "第三十六条", "87.6毫米", "65%"],
)  # fmt: skip
def test_what_belongs_together_stays_on_one_line(whole: str) -> None:
    for indent in range(1, 12):
        lines = wrap_to(f"{'字' * indent}{whole}字字字", 16)
        assert any(whole in line for line in lines), lines


def test_a_long_number_is_cut_at_a_soft_spot_when_no_line_can_hold_it() -> None:
    assert wrap_to("2024年12月31日", 8) == ["2024年", "12月31日"]
    assert wrap_to("0872-0000456", 8) == ["0872-", "0000456"]


def test_line_feeds_end_lines_and_spaces_at_their_ends_go() -> None:
    assert wrap_to("甲 \n\n 乙", 8) == ["甲", "", "乙"]


def test_a_piece_too_wide_for_the_line_beside_the_number_waits_for_the_next() -> None:
    lines = [line.text for line in wrap("2024-07-20", lambda n: 6 if n == 0 else 12)]
    assert lines == ["", "2024-07-20"]


def test_uyghur_lines_begin_at_the_right_and_chinese_ones_at_the_left() -> None:
    text = legible("全村停电检修。\nپۈتۈن كەنتتە توك").text
    assert [line.rtl for line in wrap(text, lambda _line: 40)] == [False, True]


def test_even_lines_are_no_more_lines_and_no_narrow_last_one() -> None:
    text = "云岭县人民政府政务公开办公室"
    assert [line.text for line in wrap_evenly(text, 18)] == ["云岭县人民政府", "政务公开办公室"]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="村民，。（）《》“”1290.,:-—元年月日 abA\nئۇ·①", max_size=60),
       st.integers(2, 40))  # fmt: skip
def test_whatever_the_text_nothing_is_lost_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = wrap_to(text, width)
    assert all(cells(line) <= width for line in lines)
    kept = sorted("".join(lines).replace(" ", ""))
    assert kept == sorted(text.replace(" ", "").replace("\n", ""))
    assert "".join(pieces(text)) == text
