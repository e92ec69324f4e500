"""Which characters a K card is sent as codes, and how pages become card texts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.led.drivers.onbon_k import area as k_area
from edge_agent.led.drivers.onbon_k import markup
from edge_agent.led.drivers.onbon_k.area import TextArea
from edge_agent.led.drivers.onbon_k.loads import Abilities, speed_code, speed_px_per_s
from edge_agent.led.drivers.onbon_k.plan import plan_screen
from edge_agent.led.drivers.onbon_k.text import (
    Lettering,
    Row,
    clock_codes,
    code_of,
    join_rows,
    missing,
)
from edge_agent.led.emulators.onbon_k_text import Reel
from edge_agent.led.panel import Area, Page, PanelSpec, Run, Screen

GB2312, GBK = Lettering(), Lettering(gbk=True)
SPEC = PanelSpec(128, 32, "mono", (16, 24, 32))


def page(*lines: str, **keywords: object) -> Page:
    runs = tuple(Run(0, 16 * number, line) for number, line in enumerate(lines))
    return Page(runs=runs, **keywords)  # type: ignore[arg-type]


def screen(*pages: Page, width: int = 128, height: int = 32) -> Screen:
    return Screen((Area(0, 0, width, height, pages),))


def texts(shown: Screen, abilities: Abilities | None = None) -> list[str]:
    plan = plan_screen(shown, SPEC, abilities or Abilities())
    return [
        markup.plain_text(markup.tokens(load.area.text))
        for zone in plan.steps[0].zones
        for load in zone.loads
    ]


@pytest.mark.parametrize("char", "中—·“”…（）￥℃→①Ａ")
def test_signs_of_gb2312_go_as_codes(char: str) -> None:
    assert code_of(char, GB2312) is not None


@pytest.mark.parametrize("char", "喆堃犇玥珺赟龑翀婳")
def test_rarer_name_characters_need_a_gbk_card(char: str) -> None:
    assert code_of(char, GB2312) is None
    assert code_of(char, GBK) is not None


@pytest.mark.parametrize("char", ["䶮", "㛃", "𬭎", "ب", "ö", "\U0001f600"])
def test_what_no_chinese_font_has_never_goes_as_a_code(char: str) -> None:
    assert code_of(char, GBK) is None


@pytest.mark.parametrize("char", "乗揬琝瞈")
def test_a_code_whose_second_byte_is_a_backslash_is_never_sent(char: str) -> None:
    assert char.encode("gbk")[1] == 0x5C
    assert code_of(char, GBK) is None


@given(st.text(max_size=60))
def test_no_text_of_a_user_becomes_an_escape(text: str) -> None:
    codes = b"".join(code_of(char, GBK) or b"" for char in text)
    kinds = {token.kind for token in markup.tokens(codes)}
    assert kinds <= {markup.CHAR}


@given(st.text(max_size=40))
def test_what_is_encoded_is_read_back_as_the_same_characters(text: str) -> None:
    kept = [char for char in text if code_of(char, GBK)]
    codes = b"".join(code_of(char, GBK) or b"" for char in kept)
    assert markup.plain_text(markup.tokens(codes)) == "".join(kept)


def test_missing_characters_are_named_once_in_order() -> None:
    assert missing("王䶮李㛃䶮", GB2312) == ("䶮", "㛃")


def test_full_lines_need_no_line_breaks() -> None:
    shown = screen(page("一二三四五六七八", "九十百千万亿兆京"))
    assert texts(shown) == ["一二三四五六七八九十百千万亿兆京"]


def test_short_lines_are_broken_where_that_is_shorter() -> None:
    assert texts(screen(page("甲", "乙"))) == ["甲\n乙"]


@pytest.mark.parametrize("cells", [13, 14, 15, 16])
@pytest.mark.parametrize("empty", [1, 2, 3])
def test_an_empty_line_behind_a_full_one_stays_empty(cells: int, empty: int) -> None:
    first = Row(b"\xd2\xbb" * (cells // 2) + b"a" * (cells % 2), cells)
    rows = [first, *[Row(b"", 0)] * empty, Row(b"end", 3)] * 3
    text, wraps = join_rows([Row(b"\xd2\xbb" * 8, 16)] * 9 + rows, 16)
    area = TextArea(0, 0, 128, 16, text, auto_wrap=wraps)
    now = datetime(2026, 7, 3, tzinfo=UTC)
    lines = Reel(area, lambda _code: True, colours=False).lines(now)
    assert [bool(line) for line in lines[9:]] == [bool(row.codes) for row in rows]


def test_runs_stand_in_their_columns() -> None:
    shown = screen(Page(runs=(Run(0, 0, "名"), Run(64, 0, "元"))))
    assert texts(shown) == ["名      元"]


def test_a_page_of_one_line_is_filled_up_before_the_next_page() -> None:
    assert texts(screen(page("甲"), page("乙"))) == ["甲\n\n乙"]


def test_a_text_too_long_for_one_area_is_cut_into_loads_between_pages() -> None:
    pages = [page("一二三四五六七八", f"{number:02d}三四五六七八") for number in range(40)]
    loads = texts(screen(*pages))
    assert len(loads) > 1
    assert "".join(loads).count("一二三四五六七八") == 40
    assert all(len(load.encode("gbk")) <= Abilities().text_bytes for load in loads)


def test_in_flash_a_text_may_be_as_long_as_it_is() -> None:
    pages = [page("一二三四五六七八", f"{number:02d}三四五六七八") for number in range(40)]
    plan = plan_screen(screen(*pages), SPEC, Abilities(), in_program=True)
    assert len(plan.steps[0].zones[0].loads) == 1


def test_a_page_longer_than_an_areas_memory_is_cut_into_upper_and_lower_areas() -> None:
    spec = PanelSpec(512, 128, "mono", (16, 24, 32))
    rows = tuple(Run(0, 16 * row, "满" * 32) for row in range(8))
    plan = plan_screen(Screen((Area(0, 0, 512, 128, (Page(runs=rows),)),)), spec, Abilities())
    assert len(plan.steps[0].zones) == 2
    tops = [zone.loads[0].area.y_px for zone in plan.steps[0].zones]
    assert tops == [0, 64]


def test_a_rare_character_sends_its_area_as_a_picture_where_the_card_can() -> None:
    shown = Screen((
        Area(0, 0, 128, 16, (page("青石村"),)),
        Area(4, 16, 120, 16, (page("王䶮"),)),
    ))  # fmt: skip
    plan = plan_screen(shown, SPEC, Abilities(pictures=True))
    picture = plan.steps[0].picture
    assert picture is not None
    assert (picture.x_px, picture.width_px) == (0, 128)
    assert plan.unshown == ()


def test_only_the_rare_character_goes_as_a_picture_when_it_stands_on_the_grid() -> None:
    plan = plan_screen(screen(page("王䶮", "村民小组")), SPEC, Abilities(pictures=True))
    (step,) = plan.steps
    assert step.picture is not None
    place = (step.picture.x_px, step.picture.y_px, step.picture.width_px, step.picture.height_px)
    assert place == (16, 0, 16, 16)
    said = [markup.plain_text(markup.tokens(zone.loads[0].area.text)) for zone in step.zones]
    assert sorted(said) == ["村民小组", "王"]


def test_pages_without_rare_characters_stay_together_among_those_with() -> None:
    pages = [page("甲"), page("乙"), page("王䶮"), page("丙"), page("丁")]
    plan = plan_screen(screen(*pages), SPEC, Abilities(pictures=True))
    assert [step.picture is not None for step in plan.steps] == [False, True, False]
    assert plan.steps[0].play_s == 10.0


def test_a_rare_character_becomes_a_stand_in_and_is_reported_where_it_cannot() -> None:
    shown = screen(page("王䶮"))
    plan = plan_screen(shown, SPEC, Abilities())
    assert plan.unshown == ("䶮",)
    assert texts(shown) == ["王〓"]


def test_a_scrolling_line_is_one_line_that_the_card_moves() -> None:
    shown = screen(page("很长的滚动字幕" * 4, effect="left"), height=16)
    plan = plan_screen(shown, SPEC, Abilities())
    area = plan.steps[0].zones[0].loads[0].area
    assert area.single_line
    assert area.display_mode == k_area.LEFT


def test_the_clock_is_the_cards_own() -> None:
    assert clock_codes("%H:%M", GB2312) == b"\\DH:\\DM"


def test_a_backslash_is_neutralised() -> None:
    assert "＼n" in texts(screen(page("a\\nb")))[0]


def test_framed_pages_get_bars_at_both_ends() -> None:
    framed = Page(runs=(Run(8, 0, "山洪"),), framed=True, inverted=True)
    assert texts(screen(framed, height=16))[0] == "|山洪" + " " * 9 + " |"


def test_empty_lines_of_a_framed_page_are_full_of_light() -> None:
    framed = Page(runs=(Run(8, 16, "山洪"),), framed=True, inverted=True)
    said = texts(screen(framed, height=48))[0].replace("\\n", "")
    field = "■" * 8
    assert said.startswith(f"{field}|山洪")
    assert said.endswith(f"|{field}")


@given(st.floats(4, 100))
def test_the_cards_speed_is_within_a_step_of_what_was_asked(speed: float) -> None:
    code = speed_code(speed)
    slower, faster = speed_px_per_s(min(24, code + 1)), speed_px_per_s(max(0, code - 1))
    assert slower <= speed <= faster or code in (0, 24)


def test_colours_are_named_only_where_the_panel_has_them() -> None:
    runs = (Run(0, 0, "红"), Run(16, 0, "绿", colour="green"))
    shown = screen(Page(runs=runs))
    mono = plan_screen(shown, SPEC, Abilities()).steps[0].zones[0].loads[0].area.text
    dual_card = Abilities(lettering=Lettering(colours=True))
    dual = plan_screen(shown, SPEC, dual_card).steps[0].zones[0].loads[0].area.text
    assert b"\\C" not in mono
    assert b"\\C2" in dual


def test_pages_that_differ_in_size_or_movement_become_loads_of_their_own() -> None:
    large = Page(runs=(Run(0, 0, "大字", size_px=32),))
    moving = page("长长的一行字要滚动显示才看得完", effect="left")
    plan = plan_screen(screen(large, page("小字"), moving), SPEC, Abilities(), in_program=True)
    (zone,) = plan.steps[0].zones
    assert len(zone.loads) == 3
    assert [load.area.single_line for load in zone.loads] == [False, False, True]
    assert b"\\FO002" in zone.loads[0].area.text
    assert not plan.fits_program


def test_both_halves_of_a_page_that_was_cut_turn_together() -> None:
    spec = PanelSpec(512, 128, "mono", (16, 24, 32))
    short = Page(runs=(Run(0, 0, "短"),))
    full = Page(runs=tuple(Run(0, 16 * row, "满" * 32) for row in range(8)))
    area = Area(0, 0, 512, 128, (short, full, short, short, full))
    plan = plan_screen(Screen((area,)), spec, Abilities())
    assert [len(zone.loads) for zone in plan.steps[0].zones] == [5, 5]
    stays = [[load.play_s for load in zone.loads] for zone in plan.steps[0].zones]
    assert stays[0] == stays[1]
