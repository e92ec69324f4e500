"""The whole screen: strip, playlist, emergency, and what a villager sees of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from led_cases import NOW, RAW, build_board, build_notice, hold, hold_alert
from PIL import ImageChops

from contract.notice import Asset, Cap, Heading, Paragraph, Picture, Video
from edge_agent.clock import Reading
from edge_agent.led import draw, emergency, fonts, playlist, preview
from edge_agent.led.compose import compose
from edge_agent.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edge_agent.led.board import Board
    from edge_agent.led.panel import Page, Screen

SIZES = [(64, 16), (64, 32), (96, 48), (128, 32), (192, 64), (256, 64), (512, 128)]
TRUSTED, UNTRUSTED = Reading(NOW, trusted=True), Reading(NOW, trusted=False)


def said(pages: Iterable[Page]) -> str:
    return "".join(run.text for page in pages for run in page.runs)


def content(screen: Screen) -> tuple[Page, ...]:
    return screen.areas[-1].pages


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("notice_id", sorted(RAW))
def test_every_notice_becomes_pages_that_name_their_source_and_light_up(
    notice_id: str, size: tuple[int, int]
) -> None:
    board = build_board(*size)
    notice = build_notice(notice_id)
    pages = playlist.notice_pages(notice, board.content)
    assert {page.source for page in pages} == {f"{notice_id}@1"}
    area = compose(Plan(panel=hold(notice)), board, TRUSTED).areas[-1]
    for page in pages:
        assert page.stay_s >= board.pace.min_dwell_s
        assert draw.draw_whole_page(page, area, board.spec).getbbox() is not None


def test_the_order_is_title_summary_text_table_and_the_plans_order_of_notices() -> None:
    board = build_board(256, 64)
    screen = compose(Plan(panel=hold(build_notice("N006"), build_notice("N003"))), board, TRUSTED)
    text = said(content(screen))
    marks = ["公益性岗位", "招保洁员", "报名条件", "截止日期", "停水通知", "7月6日8时"]
    places = [text.find(mark) for mark in marks]
    assert -1 not in places
    assert places == sorted(places)


def test_a_long_text_is_a_summary_and_the_way_to_the_query_screen() -> None:
    pages = playlist.notice_pages(build_notice("N011"), build_board(192, 64).content)
    text = said(pages)
    assert "村规民约36条" in text
    assert "详见查询机" in text.replace("1/2", "").replace("2/2", "")
    assert "社会治安" not in text


def test_a_long_text_without_summary_shows_its_first_words() -> None:
    notice = build_notice("N011", summary="")
    assert playlist.panel_text(notice).endswith("……(详见查询机)")


def test_a_short_text_that_only_repeats_its_summary_is_shown_once() -> None:
    notice = build_notice("N027", blocks=(Paragraph("拟新识别2户,公示7天。"),))
    text = said(playlist.notice_pages(notice, build_board(512, 128).content))
    assert text.count("拟新识别2户") == 1


def test_a_drill_and_a_correction_say_so_in_the_title() -> None:
    assert playlist.marked_title(build_notice("N003", correction="时间有误")).startswith("【更正】")
    drill = build_notice("N003", cap=Cap(status="Exercise"))
    assert playlist.marked_title(drill).startswith("【演练】")


def test_a_heading_above_a_table_stands_before_it() -> None:
    notice = build_notice("N006")
    table = notice.tables[0]
    pages = playlist.notice_pages(
        replace(notice, blocks=(Heading("岗位一览"), table)), build_board(256, 64).content
    )
    text = said(pages)
    assert text.index("岗位一览") < text.index("截止日期")


def test_a_picture_that_is_here_is_shown_and_one_that_is_not_is_told() -> None:
    image = draw.png_bytes(draw.Image.new("RGB", (400, 200), (250, 250, 250)))
    block = Picture(Asset("ab" * 32, len(image), "image/png"), "新修的便民桥")
    notice = build_notice("N015", blocks=(block,))
    form = build_board(192, 64).content
    with_it = playlist.notice_pages(notice, form, lambda _sha256: image)
    (shown,) = [page for page in with_it if page.picture is not None]
    assert shown.picture is not None
    assert (shown.picture.width, shown.picture.height) == (96, 48)
    assert "新修的便民桥" in said(playlist.notice_pages(notice, form))
    broken = playlist.notice_pages(notice, form, lambda _sha256: image[:60])
    assert "新修的便民桥" in said(broken)


def test_a_video_sends_the_villager_to_the_query_screen() -> None:
    notice = build_notice("N003", blocks=(Video(Asset("ab" * 32, 1, "video/mp4"), "检修"),))
    assert "详见查询机" in playlist.panel_text(notice)


def test_characters_nobody_has_are_told_for_titles_texts_and_cells() -> None:
    notice = build_notice("N006", title="停水\U000323b1通知", summary="😂")
    assert set(playlist.unshown_characters(notice)) == {"\U000323b1", "😂"}
    table_only = build_notice("N043")
    assert playlist.unshown_characters(table_only) == ()


def test_the_strip_holds_village_office_date_and_the_cards_own_clock() -> None:
    wide = compose(Plan(), build_board(512, 128), TRUSTED)
    words, clock, body = wide.areas
    assert said(words.pages) == "青石村  云岭县人民政府政务公开办公室"
    assert clock.clock_format == "%m月%d日 %H:%M"
    assert clock.x_px + clock.width_px == 512
    assert body.y_px == 16
    narrow = compose(Plan(), build_board(192, 64), TRUSTED)
    assert narrow.areas[1].clock_format == "%H:%M"
    assert "7月14日" in said(narrow.areas[0].pages)


def test_a_clock_that_is_not_trusted_is_not_shown() -> None:
    screen = compose(Plan(), build_board(256, 64), UNTRUSTED)
    assert [area.clock_format for area in screen.areas] == ["", ""]
    assert "月" not in said(screen.areas[0].pages)


@pytest.mark.parametrize("size", [(64, 16), (128, 32)])
def test_a_low_panel_tells_whose_board_it_is_within_the_playlist(size: tuple[int, int]) -> None:
    screen = compose(Plan(panel=hold(build_notice("N003"))), build_board(*size), TRUSTED)
    assert len(screen.areas) == 1
    assert "青石村村务公开" in said(content(screen))
    assert "政务公开办公室" in said(content(screen))


def test_a_board_with_nothing_to_show_shows_whose_it_is() -> None:
    screen = compose(Plan(), build_board(192, 64), TRUSTED)
    assert "青石村村务公开" in said(content(screen))
    assert screen.standing


@pytest.mark.parametrize("size", SIZES)
def test_an_emergency_takes_the_whole_screen_in_a_form_that_needs_no_colour(
    size: tuple[int, int],
) -> None:
    board = build_board(*size)
    plan = Plan(alerts=(hold_alert(build_notice("N004")),), panel=hold(build_notice("N003")))
    screen = compose(plan, board, TRUSTED)
    (area,) = screen.areas
    assert (area.width_px, area.height_px) == size
    assert screen.priority == 100
    assert not screen.standing
    assert "停水" not in said(area.pages)
    for page in area.pages:
        assert page.inverted
        image = draw.draw_page(page, area, board.spec)
        lit = image.convert("L").histogram()[255] / (size[0] * size[1])
        assert lit > 0.5
        if size[1] >= 32:
            assert page.framed


def test_the_frame_of_an_emergency_never_cuts_its_text() -> None:
    for size in [(128, 32), (192, 64), (512, 128)]:
        board = build_board(*size)
        (area,) = compose(Plan(alerts=(hold_alert(build_notice("N004")),)), board, TRUSTED).areas
        for page in area.pages:
            frame = draw.draw_page(replace(page, runs=(), inverted=False), area, board.spec)
            text = draw.draw_page(replace(page, framed=False, inverted=False), area, board.spec)
            assert ImageChops.logical_and(frame, text).getbbox() is None


def test_the_card_ends_an_alarm_when_it_expires() -> None:
    plan = Plan(alerts=(hold_alert(build_notice("N004"), hours=6),))
    later = Reading(NOW + timedelta(hours=5), trusted=True)
    assert compose(plan, build_board(192, 64), TRUSTED).lifetime_s == 6 * 3600
    assert compose(plan, build_board(192, 64), later).lifetime_s == 3600
    behind = Reading(NOW - timedelta(days=30), trusted=False)
    assert compose(plan, build_board(192, 64), behind).lifetime_s == 6 * 3600


def test_the_first_of_several_alarms_to_expire_ends_the_screen() -> None:
    flood = hold_alert(build_notice("N004"), "A1", hours=6)
    fire = hold_alert(build_notice("N004", id="F1", title="森林火险红色预警"), "A2", hours=2)
    screen = compose(Plan(alerts=(flood, fire)), build_board(192, 64), TRUSTED)
    assert screen.lifetime_s == 2 * 3600
    assert "火险" in said(content(screen))


def test_a_drill_is_not_shown_beside_a_real_alarm() -> None:
    real = hold_alert(build_notice("N004"), "A1")
    drill = hold_alert(build_notice("N004", title="演习", cap=Cap(status="Exercise")), "A2")
    screen = compose(Plan(alerts=(real, drill)), build_board(192, 64), TRUSTED)
    assert "演习" not in said(content(screen))
    alone = compose(Plan(alerts=(drill,)), build_board(192, 64), TRUSTED)
    assert "【演练】" in said(content(alone))


def test_an_alarm_that_does_not_say_so_itself_gets_the_word() -> None:
    assert emergency.headline(build_notice("N003")).startswith("【紧急】")
    assert emergency.headline(build_notice("N004")) == RAW["N004"]["title"]
    assert emergency.instruction(build_notice("N004", summary="")).startswith("云岭县防汛")


def test_the_larger_the_panel_the_larger_the_alarm() -> None:
    sizes = []
    for size in [(128, 32), (192, 64), (512, 128)]:
        screen = compose(
            Plan(alerts=(hold_alert(build_notice("N004")),)), build_board(*size), TRUSTED
        )
        sizes.append(content(screen)[0].runs[0].size_px)
    assert sizes == [16, 24, 48]


def test_type_sizes_are_limited_to_what_the_card_can_draw() -> None:
    board = build_board(512, 128)
    board = replace(board, spec=replace(board.spec, text_sizes_px=(16, 24, 32)))
    screen = compose(Plan(alerts=(hold_alert(build_notice("N004")),)), board, TRUSTED)
    assert {run.size_px for page in content(screen) for run in page.runs} <= {16, 24, 32}


def text_card(width_px: int, height_px: int) -> Board:
    board = build_board(width_px, height_px)
    return replace(board, spec=replace(board.spec, text_sizes_px=(16, 24, 32)))


def test_a_card_that_draws_text_itself_gets_one_size_for_the_whole_playlist() -> None:
    notices = hold(*(build_notice(key) for key in ("N003", "N006", "N009")))
    pages = content(compose(Plan(panel=notices), text_card(192, 64), TRUSTED))
    assert {run.size_px for page in pages for run in page.runs} == {16}


@pytest.mark.parametrize("size", [(128, 32), (192, 64), (256, 64), (512, 128)])
def test_beside_an_alarm_on_a_text_card_there_is_room_for_bars_of_its_own_type(
    size: tuple[int, int],
) -> None:
    plan = Plan(alerts=(hold_alert(build_notice("N004")),))
    for page in content(compose(plan, text_card(*size), TRUSTED)):
        for run in page.runs:
            half_px = run.size_px // 2
            assert run.x_px >= half_px
            right_px = run.x_px + fonts.width_px(run.text, run.size_px)
            assert right_px <= size[0] // half_px * half_px - half_px


def test_on_a_card_that_draws_text_itself_an_area_scrolls_all_its_lines_or_none() -> None:
    notices = hold(build_notice("N003"), build_notice("N006"))
    pages = content(compose(Plan(panel=notices), text_card(64, 16), TRUSTED))
    assert {page.effect for page in pages} == {"left"}
    assert "停水通知" in said(pages)
    fire = build_notice("N004", title="山火预警")
    alarm = compose(Plan(alerts=(hold_alert(fire),)), text_card(64, 16), TRUSTED)
    assert {page.effect for page in content(alarm)} == {"left"}


@pytest.mark.parametrize("colours", ["mono", "dual", "full"])
def test_a_preview_is_one_png_a_page_in_the_panels_size(colours: str) -> None:
    board = build_board(192, 64, colours)
    shown = preview.preview_notice(build_notice("N001"), board)
    assert len(shown.pngs) == len(shown.stays_s) > 3
    assert all(png.startswith(b"\x89PNG") for png in shown.pngs)
    assert shown.unshown == ()
    assert preview.preview_alert(build_notice("N004"), board).pngs


def test_the_whole_screen_is_drawn_as_it_stands_at_a_moment() -> None:
    board = build_board(192, 64)
    screen = compose(Plan(panel=hold(build_notice("N003"))), board, TRUSTED)
    first = preview.draw_screen(screen, board.spec, 0.5, TRUSTED.local)
    later = preview.draw_screen(screen, board.spec, 5.0, TRUSTED.local)
    assert first.size == (192, 64)
    assert first.tobytes() != later.tobytes()
    assert first.crop((0, 0, 192, 16)).getbbox() is not None


@settings(max_examples=150, deadline=None)
@given(
    st.text(max_size=40),
    st.text(max_size=80),
    st.text(max_size=200),
    st.sampled_from(SIZES),
)
def test_whatever_a_clerk_writes_becomes_pages_that_can_be_drawn(
    title: str, summary: str, body: str, size: tuple[int, int]
) -> None:
    board = build_board(*size)
    notice = build_notice("N003", title=title, summary=summary, blocks=(Paragraph(body),))
    for plan in (Plan(panel=hold(notice)), Plan(alerts=(hold_alert(notice),))):
        screen = compose(plan, board, TRUSTED)
        for area in screen.areas:
            for page in area.pages:
                draw.draw_page(page, area, board.spec)
    playlist.unshown_characters(notice)
