"""Pages of text: large where they may be, numbered, and long enough to be read."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from led_cases import build_board

from edge_agent.led import fonts
from edge_agent.led.layout import Format, Pace, best_size_px, text_pages

if TYPE_CHECKING:
    from edge_agent.led.panel import Page

LONG = (
    "因清水镇水厂主管道检修，定于2024年7月6日8:00—18:00对青石村一组至五组停止供水，请提前储水。" * 3
)


def texts(page: Page) -> list[str]:
    return [run.text for run in page.runs]


def test_a_short_text_is_one_page_without_number() -> None:
    (page,) = text_pages("停水通知", Format(128, 32))
    assert texts(page) == ["停水通知"]


def test_pages_are_numbered_at_the_bottom_right() -> None:
    form = Format(192, 48)
    pages = text_pages(LONG, form)
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        last = page.runs[-1]
        assert last.text == f"{number}/{len(pages)}"
        assert last.x_px + fonts.width_px(last.text) == 192
        assert last.y_px == 32


@pytest.mark.parametrize("size", [(96, 32), (128, 32), (192, 48), (256, 64), (512, 112)])
@pytest.mark.parametrize("type_px", [16, 24, 32])
def test_no_run_leaves_its_area_or_covers_another(size: tuple[int, int], type_px: int) -> None:
    form = Format(*size)
    for page in text_pages(LONG, form, size_px=type_px):
        if page.effect == "left":
            continue
        places = sorted(
            (run.y_px, run.x_px, fonts.width_px(run.text, type_px)) for run in page.runs
        )
        assert all(x + width <= form.width_px for _, x, width in places)
        for (y, x, width), (next_y, next_x, _) in pairwise(places):
            assert y != next_y or x + width <= next_x


def test_a_page_stays_as_long_as_its_characters_take_and_never_shorter_than_the_minimum() -> None:
    pace = Pace(chars_per_s=4.0, min_dwell_s=4.0)
    form = Format(192, 48, pace=pace)
    for page in text_pages(LONG, form):
        read = sum(len(run.text.replace(" ", "")) for run in page.runs[:-1])
        assert page.stay_s >= max(4.0, read / 4.0)
    (short,) = text_pages("通知", form)
    assert short.stay_s == 4.0


def test_slow_readers_get_more_time() -> None:
    slow = Format(192, 48, pace=Pace(chars_per_s=2.0))
    fast = Format(192, 48, pace=Pace(chars_per_s=4.0))
    assert sum(p.stay_s for p in text_pages(LONG, slow)) > 1.5 * sum(
        p.stay_s for p in text_pages(LONG, fast)
    )


def test_one_line_scrolls_only_when_the_text_does_not_fit() -> None:
    form = Format(64, 16)
    (fits,) = text_pages("停水通知", form)
    (runs,) = text_pages("停水通知请提前储水", form)
    assert (fits.effect, runs.effect) == ("snap", "left")
    assert runs.stay_s > 0
    assert 0 < runs.speed_px_per_s <= 64


def test_a_title_takes_the_largest_type_that_one_page_can_hold() -> None:
    form = build_board(192, 64).content
    assert best_size_px("停水通知", form) == 32
    assert best_size_px("青石村2024年第二季度农村低保对象公示", form) == 16


def test_larger_type_is_not_used_where_its_fonts_lack_a_character() -> None:
    assert best_size_px("سائەت", Format(256, 48, sizes_px=(16, 24))) == 16


@pytest.mark.parametrize("text", ["", " ", "　　", "\n" * 200])
def test_nothing_to_say_makes_no_page(text: str) -> None:
    assert text_pages(text, Format(128, 32)) == ()
