"""Rare characters as fonts of our own in a K card's flash: they outlive power cuts and alarms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PIL import ImageChops

from edge_agent.clock import ManualClock
from edge_agent.led import draw, fonts
from edge_agent.led.drivers.onbon_k.driver import OnbonK
from edge_agent.led.drivers.onbon_k.own_font import CODES, OwnFont, own_fonts, read_font
from edge_agent.led.drivers.onbon_wire import crc16
from edge_agent.led.emulators.card import Matrix
from edge_agent.led.emulators.memory_line import MemoryLine
from edge_agent.led.emulators.onbon_k import OnbonKCard
from edge_agent.led.panel import Area, BadFrame, Page, PanelSpec, Run, Screen

K1, K2, MK1, SIX_K1, SIX_K3 = 0x51, 0x58, 0x54, 0x61, 0x63
RARE = ("王䶮李㛃", "𬭎乗喆昇")


class Desk:
    """A driver, a card with GB2312 fonts, and the line between them."""

    def __init__(self, model: int = K2, *, takes_fonts: bool = True) -> None:
        self.clock = ManualClock(datetime(2026, 7, 3, 4, tzinfo=UTC))
        self.card = OnbonKCard(Matrix(128, 32), self.clock, model=model, gbk=False)
        self.card.takes_fonts = takes_fonts
        self.line = MemoryLine(self.card, self.clock)
        self.panel = self.new_panel()

    def new_panel(self) -> OnbonK:
        return OnbonK(self.line, PanelSpec(128, 32), clock=self.clock)

    def run(self, seconds: float) -> None:
        until_s = self.clock.monotonic_s() + seconds
        while self.clock.monotonic_s() < until_s:
            due_s = self.panel.keep_up()
            left_s = until_s - self.clock.monotonic_s()
            self.clock.advance(max(0.01, min(left_s, 1e9 if due_s is None else due_s)))

    def shows(self, screen: Screen) -> bool:
        area = screen.areas[0]
        drawn = draw.draw_page(area.pages[0], area, self.panel.spec)
        seen = self.card.frame(self.clock.monotonic_s())
        return ImageChops.difference(seen.convert("L"), drawn.convert("L")).getbbox() is None

    def own_fonts(self) -> list[bytes]:
        return [font.name for font in self.card.flash.own_fonts()]


def whole(*lines: str, size_px: int = 16, **keywords: object) -> Screen:
    runs = tuple(Run(0, size_px * row, line, size_px) for row, line in enumerate(lines))
    return Screen((Area(0, 0, 128, 32, (Page(runs=runs),)),), **keywords)  # type: ignore[arg-type]


def alarm(*lines: str, **keywords: object) -> Screen:
    return whole(*lines, priority=100, lifetime_s=600, **keywords)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", [K1, K2, MK1, SIX_K1, SIX_K3])
def test_standing_names_with_rare_characters_outlive_a_power_cut_of_card_and_box(
    model: int,
) -> None:
    desk = Desk(model)
    screen = whole(*RARE, standing=True)
    assert desk.panel.show(screen).unshown == ()
    assert desk.shows(screen)
    desk.card.power_cycle()
    assert desk.shows(screen)
    assert desk.card.special is None


def test_a_restarted_box_finds_its_fonts_and_writes_nothing() -> None:
    desk = Desk()
    screen = whole(*RARE, standing=True)
    desk.panel.show(screen)
    writes = desk.card.flash_writes
    desk.panel = desk.new_panel()
    desk.panel.show(screen)
    assert desk.card.flash_writes == writes
    assert desk.shows(screen)


@pytest.mark.parametrize("model", [K1, K2, SIX_K3])
@pytest.mark.parametrize("size_px", [16, 24, 32])
def test_an_alarm_with_a_rare_character_is_up_at_once_soon_exact_and_leaves_the_program(
    model: int, size_px: int
) -> None:
    desk = Desk(model)
    standing = whole("村务公开", "财务公示", standing=True)
    desk.panel.show(standing)
    desk.run(1)
    files = desk.card.flash.programs()
    warning = alarm("䶮溪涨水", size_px=size_px)
    started_s = desk.clock.monotonic_s()
    desk.panel.show(warning)
    assert desk.clock.monotonic_s() - started_s < 0.5
    assert [area["text"] for area in desk.card.areas()][-1] == "〓溪涨水"
    desk.run(8)
    assert desk.shows(warning)
    assert desk.card.flash.programs() == files
    desk.clock.advance(600)
    assert desk.shows(standing)


def test_an_alarm_is_completed_only_as_long_as_it_lasts() -> None:
    desk = Desk()
    standing = whole("村务公开", standing=True)
    desk.panel.show(standing)
    desk.panel.show(whole("䶮溪涨水", priority=100, lifetime_s=1))
    desk.run(5)
    assert desk.shows(standing)


def test_a_rare_character_under_an_alarm_is_there_when_the_alarm_is_over() -> None:
    desk = Desk()
    desk.panel.show(whole("村务公开", standing=True))
    waiting = [alarm("山洪转移")]
    standing = whole(*RARE, standing=True)
    desk.panel.show(standing, urgent=lambda: waiting.pop() if waiting else None)
    desk.run(2)
    assert desk.shows(alarm("山洪转移"))
    desk.clock.advance(600)
    assert desk.shows(standing)


def test_fonts_that_nothing_needs_any_more_leave_the_card() -> None:
    desk = Desk()
    desk.panel.show(whole("王䶮", standing=True))
    first = desk.own_fonts()
    desk.panel.show(whole("王㛃", standing=True))
    assert len(desk.own_fonts()) == 1
    assert desk.own_fonts() != first


def test_a_card_that_takes_no_fonts_is_told_from_one_that_is_busy() -> None:
    stubborn, busy = Desk(K1, takes_fonts=False), Desk(K1)
    busy.card.faults.busy = 3
    screen = whole("王䶮", standing=True)
    assert stubborn.panel.show(screen).unshown == ("䶮",)
    assert busy.panel.show(screen).unshown == ()
    assert busy.shows(screen)


def test_more_rare_characters_than_a_font_has_bytes_for_are_reported_not_dropped() -> None:
    desk = Desk(K1)
    many = "".join(chr(0x3400 + number) for number in range(len(CODES) + 1))
    sent = desk.panel.show(whole(many, standing=True))
    assert set(sent.unshown) >= {char for char in many if not fonts.missing(char)}


def test_a_font_file_has_the_makers_layout() -> None:
    font = OwnFont(16, 16, "䶮㛃")
    file = font.file()
    assert file[:5] == b"\x04" + font.name
    assert int.from_bytes(file[5:9], "little") == len(file)
    assert tuple(file[9:11]) == (16, 16)
    bitmap = fonts.glyph_bitmap("㛃").convert("1").tobytes()
    assert file[11 + 32 * CODES[1] : 11 + 32 * (CODES[1] + 1)] == bitmap
    assert crc16(file[:-2]) == int.from_bytes(file[-2:], "little")
    read = read_font(file)
    assert read.bitmap(CODES[0]).tobytes() == fonts.glyph_bitmap("䶮").convert("1").tobytes()


def test_half_and_whole_characters_of_each_size_are_fonts_of_their_own() -> None:
    found = own_fonts({("䶮", 16), ("ا", 16), ("䶮", 32)})
    assert found is not None
    assert [(font.width_px, font.height_px) for font in found] == [(8, 16), (16, 16), (32, 32)]


@pytest.mark.parametrize("spoil", [b"", b"\x04E100", b"\x04" * 40])
def test_what_is_no_font_file_is_said_to_be_none(spoil: bytes) -> None:
    with pytest.raises(BadFrame):
        read_font(spoil)
