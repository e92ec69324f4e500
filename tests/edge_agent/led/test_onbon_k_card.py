"""An Onbon K panel at work: flash, power cuts, rare names, refusals, on the emulated card."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from PIL import Image, ImageChops

from edge_agent.clock import ManualClock
from edge_agent.led import draw, test_card
from edge_agent.led.drivers.onbon_k import command, frame, reply
from edge_agent.led.drivers.onbon_k.area import IN_PROGRAM, TextArea
from edge_agent.led.drivers.onbon_k.driver import OnbonK
from edge_agent.led.drivers.onbon_k.program import Program, pack_program
from edge_agent.led.emulators.card import Matrix
from edge_agent.led.emulators.faults import Faults
from edge_agent.led.emulators.memory_line import MemoryLine
from edge_agent.led.emulators.onbon_k import OnbonKCard
from edge_agent.led.panel import Area, Page, PanelRefused, PanelSpec, Run, Screen

WIDTH_PX, HEIGHT_PX = 128, 32
K1, K2, MK1, SIX_K3 = 0x51, 0x58, 0x54, 0x63


class Desk:
    """A driver, a card and the line between them."""

    def __init__(self, model: int = K2, *, gbk: bool = False, baud: int = 9600) -> None:
        self.clock = ManualClock(datetime(2026, 7, 3, 4, tzinfo=UTC))
        matrix = Matrix(WIDTH_PX, HEIGHT_PX)
        self.card = OnbonKCard(matrix, self.clock, Faults(), model=model, gbk=gbk)
        self.card.baud = baud
        self.line = MemoryLine(self.card, self.clock)
        self.panel = self.new_panel()

    def new_panel(self) -> OnbonK:
        return OnbonK(self.line, PanelSpec(WIDTH_PX, HEIGHT_PX), clock=self.clock)

    def run(self, seconds: float) -> None:
        until_s = self.clock.monotonic_s() + seconds
        while self.clock.monotonic_s() < until_s:
            due_s = self.panel.keep_up()
            left_s = until_s - self.clock.monotonic_s()
            self.clock.advance(max(0.01, min(left_s, 1e9 if due_s is None else due_s)))

    def ask(self, data: bytes, **header: int) -> bytes:
        """One frame straight to the card; the answer's data field, empty for silence."""
        sent = frame.pack(frame.Frame(frame.Header(**header), data))  # type: ignore[arg-type]
        answer = self.card.receive(sent)
        return frame.unpack(answer).data if answer else b""

    def code(self, data: bytes, **header: int) -> int:
        return self.ask(data, **header)[2]

    def shown(self) -> list[str]:
        return [area["text"] for area in self.card.areas()]

    def shows(self, screen: Screen) -> bool:
        area = screen.areas[0]
        drawn = draw.draw_page(area.pages[0], area, self.panel.spec)
        seen = self.card.frame(self.clock.monotonic_s())
        return ImageChops.difference(seen.convert("L"), drawn.convert("L")).getbbox() is None


def whole(*lines: str, pages: int = 1, **keywords: object) -> Screen:
    runs = tuple(Run(0, 16 * number, line) for number, line in enumerate(lines))
    numbered = tuple(
        Page(runs=(*runs, Run(112, 16, f"{number:02d}")) if pages > 1 else runs)
        for number in range(pages)
    )
    return Screen((Area(0, 0, WIDTH_PX, HEIGHT_PX, numbered),), **keywords)  # type: ignore[arg-type]


def text_area(number: int = 0, **changes: object) -> TextArea:
    area = TextArea(0, 0, WIDTH_PX, HEIGHT_PX, b"abc", location=number)
    return replace(area, **changes)  # type: ignore[arg-type]


def test_standing_content_outlives_a_power_cut_of_card_and_box() -> None:
    desk = Desk()
    screen = whole("村务公开", standing=True)
    desk.panel.show(screen)
    desk.card.power_cycle()
    assert desk.shows(screen)


def test_standing_content_is_written_to_flash_once() -> None:
    desk = Desk()
    screen = whole("村务公开", standing=True)
    assert desk.panel.show(screen).flash_writes == 1
    assert desk.panel.show(screen).flash_writes == 0
    assert desk.card.flash_writes == 1


def test_a_restarted_box_recognises_its_program_in_flash_and_writes_nothing() -> None:
    desk = Desk()
    screen = whole("村务公开", pages=80, standing=True)
    desk.panel.show(screen)
    desk.run(20)
    desk.panel = desk.new_panel()
    sent = desk.panel.show(screen)
    assert (sent.flash_writes, desk.card.flash_writes) == (0, 1)
    assert sent.bytes_sent < 300


def test_a_changed_program_replaces_the_old_one() -> None:
    desk = Desk()
    desk.panel.show(whole("旧", standing=True))
    desk.panel.show(whole("新", standing=True))
    assert desk.shown() == ["新"]


def test_the_card_survives_its_own_process_in_a_state_file() -> None:
    desk = Desk()
    screen = whole("村务公开", standing=True)
    desk.panel.show(screen)
    again = Desk()
    again.card.load_flash_state(desk.card.flash_state())
    assert again.shows(screen)
    assert again.card.flash_writes == 1


def test_passing_content_is_gone_after_a_power_cut_and_comes_back_within_seconds() -> None:
    desk = Desk()
    screen = whole("通知")
    desk.panel.show(screen)
    desk.card.power_cycle()
    assert not desk.shows(screen)
    desk.run(6)
    assert desk.shows(screen)


def test_an_emergency_covers_the_program_and_the_card_takes_it_down_alone() -> None:
    desk = Desk()
    standing = whole("村务公开", standing=True)
    alarm = whole("山洪来了", priority=100, lifetime_s=60)
    desk.panel.show(standing)
    desk.panel.show(alarm)
    assert desk.shows(alarm)
    desk.clock.advance(60)
    assert desk.shows(standing)
    assert desk.card.flash_writes == 1


def test_an_emergency_shown_again_costs_nothing_while_its_end_stays_the_same() -> None:
    desk = Desk()
    desk.panel.show(whole("山洪来了", priority=100, lifetime_s=600))
    desk.clock.advance(100)
    assert desk.panel.show(whole("山洪来了", priority=100, lifetime_s=500)).bytes_sent == 0
    assert desk.panel.show(whole("山洪来了", priority=100, lifetime_s=900)).bytes_sent > 0


def test_an_emergency_during_a_long_write_leaves_within_20_ms_and_the_write_goes_on() -> None:
    for poked_at_s in (0.3, 0.7, 1.1, 1.9):
        desk = Desk()
        desk.panel.show(whole("旧", standing=True))
        long = whole("很长的公示表一二", pages=60, standing=True)
        alarm = whole("山洪来了", priority=100, lifetime_s=60)
        due_s = desk.clock.monotonic_s() + poked_at_s

        late: list[float] = []

        def poked(due_s: float = due_s, clock: ManualClock = desk.clock) -> bool:
            return clock.monotonic_s() >= due_s

        def urgent(desk: Desk = desk, due_s: float = due_s) -> Screen | None:
            if late or desk.clock.monotonic_s() < due_s:  # noqa: B023 - called in this round
                return None
            late.append(desk.clock.monotonic_s() - due_s)  # noqa: B023
            return alarm  # noqa: B023

        desk.panel.show(long, urgent=urgent)
        while not poked():
            desk.panel.keep_up(urgent=poked)
        found = urgent()
        if found is not None:
            desk.panel.show(found)
        assert late[0] <= 0.020
        assert desk.shows(alarm)
        desk.run(8)
        assert desk.shows(alarm)
        programs = [area["text"] for area in desk.card.areas() if "program" in area["kind"]]
        assert "".join(programs).count("很长的公示表一二") == 60


def test_a_long_standing_text_is_up_within_a_second_and_in_flash_later() -> None:
    desk = Desk()
    desk.panel.show(whole("旧", standing=True))
    long = whole("很长的公示表一二", pages=60, standing=True)
    start_s = desk.clock.monotonic_s()
    desk.panel.show(long)
    assert desk.clock.monotonic_s() - start_s < 1.0
    assert desk.shows(long)
    assert desk.card.flash.programs() != []
    desk.run(20)
    assert [area["kind"][:7] for area in desk.card.areas()] == ["program"]
    desk.card.power_cycle()
    assert desk.shows(long)
    assert desk.panel.show(long).bytes_sent == 0


def test_a_rare_name_is_drawn_pixel_for_pixel_on_a_card_that_takes_pictures() -> None:
    for model in (K2, MK1, SIX_K3):
        desk = Desk(model)
        screen = whole("王䶮李㛃", "𬭎乗喆〇")
        sent = desk.panel.show(screen)
        assert sent.unshown == ()
        assert desk.shows(screen)
        assert desk.card.undrawable() == 0


def test_a_rare_name_where_neither_pixels_nor_fonts_go_is_a_stand_in_and_reported() -> None:
    desk = Desk(K1)
    desk.card.takes_fonts = False
    sent = desk.panel.show(whole("王䶮"))
    assert sent.unshown == ("䶮",)
    assert desk.shown() == ["王〓"]


def test_a_gbk_card_is_sent_codes_where_a_gb2312_card_needs_pixels() -> None:
    gbk, gb2312 = Desk(gbk=True), Desk(gbk=False)
    gbk.panel.show(whole("王喆"))
    gb2312.panel.show(whole("王喆"))
    assert gbk.card.special is None
    assert gb2312.card.special is not None
    assert gb2312.shows(whole("王喆"))


def test_a_rare_name_costs_little_more_than_its_own_cell() -> None:
    desk = Desk()
    desk.panel.show(whole("王小明", "村民小组"))
    assert desk.panel.show(whole("王䶮", "村民小组")).bytes_sent < 400


def test_a_long_table_with_one_rare_name_shows_every_page_right() -> None:
    desk = Desk()
    names = ["王秀英", "李国强", "张䶮", "陈玉兰", "杨㛃", "赵𬭎𬭎"]
    pages = tuple(
        Page(runs=(Run(0, 0, name), Run(64, 0, "300.00"), Run(0, 16, "第二组")), stay_s=4.0)
        for name in names
    )
    area = Area(0, 0, WIDTH_PX, HEIGHT_PX, pages)
    desk.panel.show(Screen((area,), standing=True))
    seen = set()
    for _ in range(200):
        desk.run(0.25)
        at = desk.card.frame(desk.clock.monotonic_s())
        seen |= {
            name
            for name, page in zip(names, pages, strict=True)
            if same(at, draw.draw_page(page, area, desk.panel.spec))
        }
    assert seen == set(names)


def test_picture_pages_are_turned_by_the_box() -> None:
    desk = Desk()
    screen = whole("王䶮", pages=3)
    desk.panel.show(screen)
    first = desk.card.frame(desk.clock.monotonic_s())
    desk.run(6)
    second = desk.card.frame(desk.clock.monotonic_s())
    assert ImageChops.difference(first.convert("L"), second.convert("L")).getbbox() is not None


@pytest.mark.parametrize("model", [K2, MK1, SIX_K3])
def test_large_pictures_that_take_longer_to_send_than_to_look_at_are_all_shown(model: int) -> None:
    clock = ManualClock(datetime(2026, 7, 3, 4, tzinfo=UTC))
    card = OnbonKCard(Matrix(192, 64, "dual"), clock, model=model)
    panel = OnbonK(MemoryLine(card, clock), PanelSpec(192, 64, "dual"), clock=clock)
    screen = test_card.test_screen(panel.spec, "青石村", stay_s=2.0)
    panel.show(screen)
    seen = set()
    for _ in range(400):
        clock.advance(max(0.05, min(0.5, panel.keep_up() or 0.5)))
        seen.add(card.frame(clock.monotonic_s()).convert("RGB").tobytes())
    for page in screen.areas[0].pages:
        drawn = draw.draw_page(page, screen.areas[0], panel.spec)
        assert drawn.convert("RGB").tobytes() in seen


def test_text_follows_pictures_and_pictures_follow_text() -> None:
    desk = Desk()
    for lines in (("王䶮",), ("村务公开",), ("李㛃",), ("山洪来了",)):
        screen = whole(*lines)
        desk.panel.show(screen)
        desk.run(2)
        assert desk.shows(screen), lines
    standing = whole("常设", standing=True)
    desk.panel.show(whole("王䶮", standing=True))
    desk.panel.show(standing)
    desk.run(2)
    assert desk.shows(standing)


def test_an_emergency_over_a_picture_is_up_in_one_frame() -> None:
    desk = Desk()
    desk.panel.show(whole("王䶮", standing=True))
    alarm = whole("山洪来了", priority=100, lifetime_s=60)
    start_s = desk.clock.monotonic_s()
    waiting: list[float] = []
    receive = desk.card.receive

    def watch(data: bytes, baud: int = 0) -> bytes:
        answer = receive(data, baud)
        if not waiting and desk.shows(alarm):
            waiting.append(desk.clock.monotonic_s() - start_s)
        return answer

    desk.card.receive = watch  # type: ignore[method-assign]
    desk.panel.show(alarm)
    assert waiting[0] < 0.15


def test_a_text_longer_than_an_area_is_played_load_after_load() -> None:
    desk = Desk()
    desk.panel.show(whole("一二三四五六七八", pages=40))
    seen = set()
    for _ in range(260):
        desk.run(1)
        seen |= {line for area in desk.card.areas() for line in area["lines"]}
    assert {f"{number:02d}" for number in range(40)} <= {line.strip()[-2:] for line in seen}


@pytest.mark.parametrize("card_baud", [9600, 57600])
def test_the_baud_rate_is_found(card_baud: int) -> None:
    desk = Desk(baud=card_baud)
    screen = whole("波特率")
    desk.panel.show(screen)
    assert desk.line.baud == card_baud
    assert desk.shows(screen)


def test_a_refused_block_is_sent_again_from_where_the_card_says() -> None:
    desk = Desk()
    desk.panel.show(whole("旧", standing=True))
    receive = desk.card.receive
    lost = [3]

    def forgetful(data: bytes, baud: int = 0) -> bytes:
        answer = receive(data, baud)
        if answer and b"\xa1\x06\x00\x00\x00" in answer and lost[0]:
            lost[0] -= 1
            return b""
        return answer

    desk.card.receive = forgetful  # type: ignore[method-assign]
    screen = whole("一二三四五六七八", pages=60, standing=True)
    desk.panel.show(screen)
    desk.run(20)
    (text,) = desk.shown()
    assert text.count("一二三四五六七八") == 60
    assert lost == [0]


def test_the_brightness_table_the_clock_and_the_timers_reach_the_card() -> None:
    desk = Desk()
    desk.panel.set_brightness([2] * 24 + [15] * 24)
    desk.panel.set_clock(datetime(2026, 7, 3, 23, 30, tzinfo=UTC))
    assert desk.card.flash.levels == [2] * 24 + [15] * 24
    assert desk.panel.status().clock.startswith("2026-07-03 23:30")
    desk.panel.set_timers([(time(6), time(22))])
    assert not desk.card.is_on()
    desk.panel.set_timers([])
    assert desk.card.is_on()
    desk.panel.force_brightness(0)
    assert desk.card.brightness() < 0.1
    desk.panel.set_power(on=False)
    assert not desk.panel.status().on


def test_timers_across_midnight_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(ValueError, match="same day"):
        Desk().panel.set_timers([(time(22), time(6))])


def test_erasing_a_card_needs_the_word_maintenance() -> None:
    desk = Desk()
    desk.panel.show(whole("村务", standing=True))
    with pytest.raises(ValueError, match="maintenance"):
        desk.panel.erase_card(maintenance=False)
    assert desk.card.flash.files
    desk.panel.erase_card(maintenance=True, fonts_too=True)
    assert not desk.card.flash.files
    assert not desk.card.flash.fonts


def test_a_card_without_fonts_refuses_text_and_the_driver_says_so() -> None:
    desk = Desk(K1)
    desk.card.flash.fonts = False
    with pytest.raises(PanelRefused, match="font") as refused:
        desk.panel.show(whole("没有字库"))
    assert refused.value.code == frame.ERR_FONT


def test_the_clock_area_follows_the_cards_clock_without_traffic() -> None:
    desk = Desk()
    clock_area = Area(88, 0, 40, 16, (), clock_format="%H:%M")
    desk.panel.show(Screen((clock_area,)))
    sent = desk.card.bytes_received
    before = desk.card.frame(desk.clock.monotonic_s())
    desk.clock.advance(60)
    after = desk.card.frame(desk.clock.monotonic_s())
    assert ImageChops.difference(before.convert("L"), after.convert("L")).getbbox() is not None
    assert desk.card.bytes_received == sent


class TestTheCard:
    """The emulated card keeps the document's rules."""

    def test_it_answers_to_its_number_and_to_the_broadcast_that_wants_an_answer(self) -> None:
        desk = Desk()
        assert desk.ask(command.ping(), to=1)
        assert desk.ask(command.ping(), to=frame.BROADCAST)
        assert not desk.ask(command.ping(), to=frame.BROADCAST_SILENT)
        assert not desk.ask(command.ping(), to=2)

    def test_a_silent_broadcast_is_obeyed(self) -> None:
        desk = Desk()
        desk.ask(command.power(on=False), to=frame.BROADCAST_SILENT)
        assert not desk.card.is_on()

    def test_it_does_not_hear_another_baud_rate(self) -> None:
        desk = Desk()
        wire = frame.pack(frame.Frame(frame.Header(), command.ping()))
        assert desk.card.receive(wire, 57600) == b""

    def test_a_damaged_frame_is_refused_with_5(self) -> None:
        desk = Desk()
        wire = bytearray(frame.pack(frame.Frame(frame.Header(), command.ping())))
        wire[20] ^= 1
        assert frame.unpack(desk.card.receive(bytes(wire))).data[:3] == b"\xa0\x01\x05"

    def test_unknown_groups_and_commands_are_refused_with_1_and_2(self) -> None:
        desk = Desk()
        assert desk.code(command.command(0xB0, 0)) == frame.ERR_GROUP
        assert desk.code(command.command(0xA2, 0x77)) == frame.ERR_NO_COMMAND

    def test_a_frame_for_another_model_is_refused_with_13(self) -> None:
        assert Desk().code(command.ping(), device=0x61) == frame.ERR_FIRMWARE

    @pytest.mark.parametrize(("model", "limit", "areas"), [(K2, 512, 8), (SIX_K3, 1024, 5)])
    def test_buffers_and_area_numbers_are_limited_by_model(
        self, model: int, limit: int, areas: int
    ) -> None:
        desk = Desk(model)
        too_long = command.dynamic_areas([text_area(text=bytes(limit))])
        assert desk.code(too_long) == frame.ERR_MEMORY
        assert desk.code(command.dynamic_areas([text_area(areas)])) == frame.ERR_MEMORY
        assert desk.code(command.dynamic_areas([text_area(areas - 1)])) == 0

    def test_areas_may_overlap_only_in_display_mode_1(self) -> None:
        desk = Desk()
        two = command.dynamic_areas([text_area(0), text_area(1, y_px=16, height_px=16)])
        assert desk.code(two) == frame.ERR_MEMORY
        assert desk.code(two, display_mode=1) == 0

    def test_an_area_beyond_the_panel_is_refused(self) -> None:
        wide = command.dynamic_areas([text_area(x_px=8)])
        assert Desk().code(wide) == frame.ERR_MEMORY

    def test_an_area_changes_at_most_once_a_second(self) -> None:
        desk = Desk()
        desk.ask(command.dynamic_areas([text_area(text=b"first")]))
        first = desk.card.frame(0.0)
        desk.clock.advance(0.2)
        desk.ask(command.dynamic_areas([text_area(text=b"second")]))
        assert same(desk.card.frame(0.3), first)
        assert not same(desk.card.frame(1.1), first)

    def test_a_file_that_does_not_match_its_crc_is_refused_with_11_and_deleted(self) -> None:
        desk = Desk()
        desk.ask(command.begin_file(b"P000", 30))
        block = command.write_block(b"P000", 0, 0, bytes(30), last=True)
        assert desk.code(block) == frame.ERR_FILE_CRC
        assert not desk.card.flash.files

    def test_a_block_out_of_order_is_refused_with_16_and_the_wanted_offset(self) -> None:
        desk = Desk()
        desk.ask(command.begin_file(b"P000", 300))
        desk.ask(command.write_block(b"P000", 0, 0, bytes(100), last=False))
        answer = desk.ask(command.write_block(b"P000", 2, 200, bytes(100), last=False))
        assert (answer[2], reply.next_offset(answer)) == (frame.ERR_BLOCK, 100)

    def test_a_block_without_a_file_and_a_file_without_room_are_refused(self) -> None:
        desk = Desk()
        block = command.write_block(b"P000", 0, 0, b"x", last=True)
        assert desk.code(block) == frame.ERR_DOWNLOAD
        assert desk.code(command.begin_file(b"P000", 1 << 24)) == frame.ERR_MEMORY

    def test_a_missing_file_is_refused_with_6(self) -> None:
        desk = Desk()
        assert desk.code(command.delete_files([b"P123"])) == frame.ERR_NO_FILE
        assert desk.code(command.file_facts(b"P123")) == frame.ERR_NO_FILE

    def test_a_date_that_does_not_exist_is_refused_with_14(self) -> None:
        stamp = bytes.fromhex("2620023012000001")
        assert Desk().code(command.command(0xA2, 0x03, stamp)) == frame.ERR_DATE

    def test_a_5k1_has_no_picture_area(self) -> None:
        area = command.special_pixel_area(0, 0, 128, 32)
        assert Desk(K1).code(area) == frame.ERR_NO_COMMAND

    def test_only_an_mk_card_deletes_its_picture_area(self) -> None:
        assert Desk(K2).code(command.delete_special_area()) == frame.ERR_NO_COMMAND
        assert Desk(MK1).code(command.delete_special_area()) == 0

    def test_a_timed_area_is_gone_when_its_time_is_over(self) -> None:
        desk = Desk()
        desk.ask(command.dynamic_areas([text_area(run_mode=2, timeout_s=10)]))
        desk.clock.advance(9.9)
        assert desk.card.areas()
        desk.clock.advance(0.2)
        assert not desk.card.areas()

    def test_a_line_scrolls_at_the_cards_own_speed(self) -> None:
        desk = Desk()
        line = text_area(text=b"scrolling " * 4, single_line=True, display_mode=3, speed=1)
        desk.ask(command.dynamic_areas([line]))
        early, late = desk.card.frame(2.0), desk.card.frame(3.0)
        moved = Image.new("1", early.size)
        moved.paste(early.crop((50, 0, 128, 32)), (0, 0))
        assert same(moved.crop((0, 0, 78, 32)), late.crop((0, 0, 78, 32)))

    def test_a_program_plays_only_on_its_weekdays(self) -> None:
        desk = Desk()
        friday = Program((text_area(location=IN_PROGRAM),), week=1 << 5)
        file = pack_program(friday)
        desk.ask(command.begin_file(b"P000", len(file)))
        assert desk.code(command.write_block(b"P000", 0, 0, file, last=True)) == 0
        assert desk.card.frame(0.0).getbbox() is not None
        desk.clock.advance(timedelta(days=1).total_seconds())
        assert desk.card.frame(desk.clock.monotonic_s()).getbbox() is None


def same(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one.convert("L"), other.convert("L")).getbbox() is None
