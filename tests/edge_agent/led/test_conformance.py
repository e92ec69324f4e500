"""One suite over every installed panel driver and the emulated card that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from edge_agent.clock import ManualClock
from edge_agent.led import draw, fonts
from edge_agent.led.board import Board
from edge_agent.led.drivers import cpower, jetfile2, registry
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.emulators.memory_line import MemoryLine
from edge_agent.led.layout import text_pages
from edge_agent.led.panel import (
    Area,
    BadFrame,
    LineLost,
    Page,
    Panel,
    PanelError,
    PanelSilent,
    Run,
    Screen,
)

WIDTH_PX, HEIGHT_PX = 96, 16
DRIVERS = registry.names()
ANSWERING = [name for name in DRIVERS if registry.driver(name).answers]


@dataclass
class Desk:
    """A driver, its emulated card and the line between them, on one clock."""

    name: str
    colours: str = "mono"
    clock: ManualClock = field(
        default_factory=lambda: ManualClock(datetime(2026, 7, 3, 4, tzinfo=UTC))
    )
    width_px: int = WIDTH_PX
    height_px: int = HEIGHT_PX

    def __post_init__(self) -> None:
        self.driver = registry.driver(self.name)
        matrix = Matrix(self.width_px, self.height_px, self.colours)
        self.card: Card = self.driver.card(matrix, self.clock)
        self.line = MemoryLine(self.card, self.clock, self.driver.baud)
        self.panel = self.new_panel()

    def new_panel(self) -> Panel:
        spec = self.driver.spec(self.width_px, self.height_px, self.colours)
        return self.driver.panel(self.line, spec, clock=self.clock)

    def run(self, seconds: float) -> None:
        """Let time pass the way the led program does: keep up whenever it is due."""
        until_s = self.clock.monotonic_s() + seconds
        while (now_s := self.clock.monotonic_s()) < until_s:
            due_s = self.panel.keep_up()
            left_s = until_s - self.clock.monotonic_s()
            self.clock.advance(max(0.01, min(left_s, 1e9 if due_s is None else due_s)))
            assert self.clock.monotonic_s() > now_s

    def seen(self) -> Image.Image:
        return self.card.frame(self.clock.monotonic_s())

    def shows(self, text: str) -> bool:
        return same(self.seen(), drawn(text, self.panel))


def same(one: Image.Image, other: Image.Image) -> bool:
    lit = [image.convert("L").point(lambda level: 255 if level else 0) for image in (one, other)]
    return ImageChops.difference(*lit).getbbox() is None


def drawn(text: str, panel: Panel) -> Image.Image:
    area = whole(text).areas[0]
    return draw.draw_page(area.pages[0], area, panel.spec)


def page(text: str, **keywords: object) -> Page:
    return Page(runs=(Run(0, 0, text),), **keywords)  # type: ignore[arg-type]


def whole(*texts: str, **keywords: object) -> Screen:
    area = Area(0, 0, WIDTH_PX, HEIGHT_PX, tuple(page(text, stay_s=4.0) for text in texts))
    return Screen((area,), **keywords)  # type: ignore[arg-type]


@pytest.fixture(params=DRIVERS)
def desk(request: pytest.FixtureRequest) -> Desk:
    return Desk(request.param)


def test_the_panel_shows_exactly_what_the_box_drew(desk: Desk) -> None:
    desk.panel.show(whole("村务公开ab"))
    desk.run(2)
    assert desk.shows("村务公开ab")


def test_unchanged_content_costs_no_byte(desk: Desk) -> None:
    desk.panel.show(whole("村务公开"))
    assert desk.panel.show(whole("村务公开")).bytes_sent == 0


def test_changed_content_replaces_the_old(desk: Desk) -> None:
    desk.panel.show(whole("旧内容"))
    desk.run(2)
    sent = desk.panel.show(whole("新内容"))
    desk.run(2)
    assert sent.bytes_sent > 0
    assert desk.shows("新内容")


def test_every_page_has_its_turn(desk: Desk) -> None:
    desk.panel.show(whole("第一页", "第二页", "第三页"))
    seen = set()
    for _ in range(80):
        desk.run(0.3)
        seen |= {text for text in ("第一页", "第二页", "第三页") if desk.shows(text)}
    assert seen == {"第一页", "第二页", "第三页"}


def test_an_emergency_goes_first_when_it_waits(desk: Desk) -> None:
    emergency = whole("山洪转移", priority=100, lifetime_s=600)
    waiting = [emergency]
    desk.panel.show(whole("普通"), urgent=lambda: waiting.pop() if waiting else None)
    desk.run(2)
    assert desk.shows("山洪转移")


def test_an_emergency_cuts_a_long_write_short(desk: Desk) -> None:
    desk.panel.show(whole("旧"))
    desk.run(2)
    started_s = desk.clock.monotonic_s()
    waiting = [whole("山洪转移", priority=100, lifetime_s=600)]

    def urgent() -> Screen | None:
        late = desk.clock.monotonic_s() - started_s > 0.05
        return waiting.pop() if waiting and late else None

    texts = [f"第{number}条公示内容" for number in range(40)]
    desk.panel.show(whole(*texts, standing=True), urgent=urgent)
    if waiting:
        desk.panel.show(waiting.pop())
    desk.run(2)
    assert desk.shows("山洪转移")


def test_after_an_emergency_the_standing_content_comes_back(desk: Desk) -> None:
    standing = whole("常设公示", standing=True)
    desk.panel.show(standing)
    desk.panel.show(whole("山洪转移", priority=100, lifetime_s=600))
    desk.run(2)
    desk.panel.show(standing)
    desk.run(2)
    assert desk.shows("常设公示")


def test_a_screen_is_taken_down_when_its_time_is_over(desk: Desk) -> None:
    desk.panel.show(whole("山洪转移", priority=100, lifetime_s=30))
    desk.run(2)
    assert desk.shows("山洪转移")
    if desk.driver.expires:
        desk.clock.advance(30)
    else:
        desk.run(35)
    assert not desk.shows("山洪转移")


def test_the_content_is_right_again_after_the_card_lost_power(desk: Desk) -> None:
    desk.panel.show(whole("村务公开"))
    desk.run(2)
    desk.card.power_cycle()
    desk.run(12 if desk.driver.answers else 3700)
    assert desk.shows("村务公开")


def test_a_new_process_takes_over_a_card_that_shows_something_else(desk: Desk) -> None:
    desk.panel.show(whole("旧进程"))
    desk.panel.close()
    desk.panel = desk.new_panel()
    desk.panel.show(whole("新进程"))
    desk.run(2)
    assert desk.shows("新进程")


def test_an_unplugged_line_is_said_to_be_lost_and_works_again_later(desk: Desk) -> None:
    desk.panel.show(whole("拔线之前"))
    desk.line.plugged = False
    with pytest.raises(LineLost):
        desk.panel.show(whole("拔线之后"))
    desk.line.plugged = True
    desk.panel.show(whole("拔线之后"))
    desk.run(2)
    assert desk.shows("拔线之后")


def test_a_thousand_spoiled_bytes_end_with_the_right_content(desk: Desk) -> None:
    faults = desk.card.faults
    faults.drop = faults.flip = faults.dup = 0.004
    faults.budget = 1000
    number = 0
    while faults.done < faults.budget:
        number += 1
        assert number < 5000
        try:
            desk.panel.show(whole(f"第{number}次"))
            desk.run(1)
        except PanelError:
            desk.clock.advance(1)
    desk.panel.show(whole("终于对了"))
    desk.run(1)
    desk.run(3700)
    assert desk.shows("终于对了")


def test_a_character_that_no_font_has_is_reported(desk: Desk) -> None:
    sent = desk.panel.show(whole("名\U0010fffd字"))
    assert "\U0010fffd" in sent.unshown


def test_a_wrong_brightness_table_is_refused_before_anything_is_sent(desk: Desk) -> None:
    with pytest.raises(ValueError, match="48"):
        desk.panel.set_brightness([16] * 48)
    assert desk.card.bytes_received == 0


def test_a_night_table_dims_the_panel_where_it_can_be_dimmed(desk: Desk) -> None:
    desk.panel.set_brightness([3] * 48)
    desk.panel.show(whole("夜"))
    desk.run(1)
    assert (desk.card.brightness() < 0.5) == desk.driver.dims


def test_level_0_is_dark_and_an_alarm_lights_the_panel_all_the_same(desk: Desk) -> None:
    desk.panel.show(whole("夜里"))
    desk.run(2)
    desk.panel.set_brightness([0] * 48)
    desk.run(2)
    assert desk.seen().getbbox() is None
    desk.panel.show(whole("山洪转移", priority=100, lifetime_s=600))
    desk.panel.set_brightness([15] * 48)
    desk.run(2)
    assert desk.shows("山洪转移")
    desk.panel.show(whole("夜里"))
    desk.panel.set_brightness([0] * 48)
    desk.run(2)
    assert desk.seen().getbbox() is None
    desk.panel.set_brightness([15] * 48)
    desk.run(2)
    assert desk.shows("夜里")


def test_the_panel_is_dark_in_the_dark_hours_only(desk: Desk) -> None:
    desk.panel.set_brightness([15] * 25 + [0] * 2 + [15] * 21)
    desk.panel.show(whole("白天"))
    desk.run(60)
    assert desk.shows("白天")
    desk.run(1800)
    assert desk.seen().getbbox() is None
    desk.run(3600)
    assert desk.shows("白天")


def test_setting_the_clock_leaves_the_content_alone(desk: Desk) -> None:
    desk.panel.show(whole("时钟"))
    desk.panel.set_clock(desk.clock.read().local)
    desk.run(1)
    assert desk.shows("时钟")


def test_two_areas_play_side_by_side(desk: Desk) -> None:
    left = Area(0, 0, 48, HEIGHT_PX, (page("左甲", stay_s=4.0), page("左乙", stay_s=4.0)))
    right = Area(48, 0, 48, HEIGHT_PX, (page("右"),))
    desk.panel.show(Screen((left, right)))
    desk.run(2)
    image = draw.draw_page(left.pages[0], whole("").areas[0], desk.panel.spec)
    image.paste(draw.draw_page(right.pages[0], right, desk.panel.spec), (48, 0))
    assert same(desk.seen(), image)


@pytest.mark.parametrize("name", [n for n in DRIVERS if "dual" in registry.driver(n).colours])
def test_red_and_green_stay_red_and_green(name: str) -> None:
    desk = Desk(name, colours="dual")
    runs = (Run(0, 0, "红", colour="red"), Run(16, 0, "绿", colour="green"))
    area = Area(0, 0, WIDTH_PX, HEIGHT_PX, (Page(runs=runs),))
    desk.panel.show(Screen((area,)))
    desk.run(2)
    seen = desk.seen().convert("RGB")
    red, green, _ = seen.split()
    assert red.getbbox() is not None
    assert red.getbbox()[2] <= 16  # type: ignore[index]
    assert green.getbbox() is not None
    assert green.getbbox()[0] >= 16  # type: ignore[index]


def test_a_line_that_runs_through_is_seen_to_its_end(desk: Desk) -> None:
    text = "一二三四五六七八九十" * 3 + "终"
    page_of = Page(runs=(Run(0, 0, text),), effect="left", stay_s=3.0, speed_px_per_s=50.0)
    area = Area(0, 0, WIDTH_PX, HEIGHT_PX, (page_of,))
    desk.panel.show(Screen((area,)))
    last = fonts.glyph_bitmap("终").convert("L").tobytes()
    for _ in range(400):
        desk.run(0.1)
        image = desk.seen().convert("L").point(lambda level: 255 if level else 0)
        places = (image.crop((x, 0, x + 16, 16)).tobytes() for x in range(WIDTH_PX - 16))
        if last in places:
            return
    pytest.fail("the end of the line never came")


ODD_TEXTS = (
    "", "   ", "\n\n", "|[n1]]\\\\", "王䶮㛃𬭎·—乗揬琝瞈\\FO001\\n",
    "😀👨‍👩‍👧水", "a\x00\x07\x1b[31m\u202eb",
    "قرية 青石村 123", "e\u0301ǘ﷽\ue000", "𠮷𠀀", "村务公开，" * 6000,
)  # fmt: skip


@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
def test_odd_texts_are_laid_out_sent_and_played_without_a_fault(desk: Desk, text: str) -> None:
    form = Board(desk.panel.spec, "青石村", strip=False).content
    area = Area(0, 0, WIDTH_PX, HEIGHT_PX, text_pages(text, form))
    for standing in (True, False):
        desk.panel.show(Screen((area,), standing=standing))
        desk.run(1)
        desk.seen()


@pytest.mark.parametrize("name", ["onbon-k", "onbon-6", "tpm2", "adalight"])
def test_the_clock_has_its_colour_and_a_dead_box_leaves_no_wrong_time(name: str) -> None:
    desk = Desk(name, colours="dual")
    desk.panel.set_clock(desk.clock.read().local)
    area = Area(0, 0, WIDTH_PX, HEIGHT_PX, (), "%H:%M", "green")
    desk.panel.show(Screen((area,)))
    desk.run(130)
    now = desk.clock.read().local.strftime("%H:%M")
    page_now = Page(runs=(Run(0, 0, now, colour="green"),))
    assert same(desk.seen(), draw.draw_page(page_now, area, desk.panel.spec))
    assert desk.seen().convert("RGB").getchannel("R").getbbox() is None
    desk.clock.advance(600)
    later = desk.clock.read().local.strftime("%H:%M")
    page_later = Page(runs=(Run(0, 0, later, colour="green"),))
    right = same(desk.seen(), draw.draw_page(page_later, area, desk.panel.spec))
    assert right or desk.seen().getbbox() is None


def test_closing_twice_does_no_harm(desk: Desk) -> None:
    desk.panel.show(whole("关"))
    desk.panel.close()
    desk.panel.close()


def test_time_and_memory_of_a_long_day_stay_flat(desk: Desk) -> None:
    desk.panel.show(whole("第一页", "第二页"))
    desk.run(1200)
    assert desk.shows("第一页") or desk.shows("第二页")


@pytest.mark.parametrize("name", ANSWERING)
def test_a_silent_card_is_reported_and_then_served_again(name: str) -> None:
    desk = Desk(name)
    desk.card.faults.silent = 1000
    with pytest.raises(PanelSilent):
        desk.panel.show(whole("有人吗"))
    assert desk.clock.monotonic_s() < 60
    desk.card.faults.silent = 0
    desk.panel.show(whole("有人了"))
    desk.run(2)
    assert desk.shows("有人了")


@pytest.mark.parametrize("name", ANSWERING)
def test_a_lost_answer_is_asked_for_again(name: str) -> None:
    desk = Desk(name)
    desk.panel.show(whole("一"))
    desk.card.faults.silent = 1
    desk.panel.show(whole("二"))
    desk.run(2)
    assert desk.shows("二")


@pytest.mark.parametrize("name", ["onbon-k", "onbon-6", "jetfile2"])
def test_a_busy_card_is_waited_for(name: str) -> None:
    desk = Desk(name)
    desk.panel.show(whole("一"))
    desk.card.faults.busy = 3
    desk.panel.show(whole("二"))
    desk.run(2)
    assert desk.shows("二")


OF_ANOTHER_COMMAND = {
    "cpower": cpower.pack(cpower.Command(0x99, b"\0", is_reply=True)),
    "jetfile2": jetfile2.pack(
        jetfile2.Packet((0x07, 0x0D), data=jetfile2.DONE, flag=1, is_reply=True)
    ),
}


@pytest.mark.parametrize("name", OF_ANOTHER_COMMAND)
def test_an_answer_to_something_else_is_none(name: str) -> None:
    desk = Desk(name)
    desk.card.faults.silent = 1000
    desk.line.noise = OF_ANOTHER_COMMAND[name]
    with pytest.raises(PanelSilent):
        desk.panel.show(whole("一"))


@pytest.mark.parametrize("name", ["onbon-k", "onbon-6"])
def test_an_answer_that_comes_too_late_counts_as_silence(name: str) -> None:
    desk = Desk(name)
    desk.panel.show(whole("一"))
    desk.card.faults.late_s = 30.0
    with pytest.raises(PanelError):
        desk.panel.show(whole("二"))


@pytest.mark.parametrize("name", DRIVERS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(noise=st.lists(st.binary(max_size=80), min_size=1, max_size=8))
def test_whatever_comes_back_only_declared_errors_are_raised(name: str, noise: list[bytes]) -> None:
    desk = Desk(name)
    queue = list(noise)
    answer = desk.card.receive

    def noisy(data: bytes, baud: int = 0) -> bytes:
        told = answer(data, baud)
        if not queue:
            return told
        spoiled = queue.pop()
        return spoiled + told if len(queue) % 2 else spoiled

    desk.card.receive = noisy  # type: ignore[method-assign]
    try:
        desk.panel.show(whole("噪声"))
        desk.run(3)
    except PanelError:
        pass


@pytest.mark.parametrize("name", DRIVERS)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_decoding_anything_gives_words_or_a_reason(name: str, data: bytes) -> None:
    decode = registry.driver(name).decode
    for frame in (data, b"\xa5\xa5" + data + b"\x5a", b"\x55\xa7" + data, b"\xc9\xda" + data):
        try:
            told = decode(frame)
        except BadFrame as error:
            told = {"ok": bool(str(error))}
        assert told["ok"] is True
