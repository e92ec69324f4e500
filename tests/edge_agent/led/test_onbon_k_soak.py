"""A K card's hard life: random screens, spoiled lines, busy and silent cards, power cuts."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from PIL import ImageChops

from edge_agent.clock import ManualClock
from edge_agent.led import draw
from edge_agent.led.drivers.onbon_k.driver import OnbonK
from edge_agent.led.emulators.card import Matrix
from edge_agent.led.emulators.faults import Faults
from edge_agent.led.emulators.memory_line import MemoryLine
from edge_agent.led.emulators.onbon_k import OnbonKCard
from edge_agent.led.panel import Area, Page, PanelError, PanelSpec, Run, Screen

COMMON = "村务公开低保金发放公示一二三四五六七八九十王李张"
RARE = "䶮㛃𬭎乗ا"
K1, K2, MK1, SIX_K1, SIX_K3 = 0x51, 0x58, 0x54, 0x61, 0x63
ONCE_WRONG = (12, 85, 121, 148, 156, 204, 215, 260, 275, 299, 426)
"""Seeds that found a fault once."""


class Life:
    """One card, one driver, one run of luck."""

    def __init__(self, seed: int) -> None:
        self.luck = random.Random(seed)  # noqa: S311 - chance, not secrets
        self.clock = ManualClock(datetime(2026, 11, 22, 3, tzinfo=UTC))
        self.model = self.luck.choice([K2, MK1, K1, SIX_K3, SIX_K1])
        self.faults = Faults(seed=seed)
        gbk = self.luck.random() < 0.5
        matrix = Matrix(128, 32)
        self.card = OnbonKCard(matrix, self.clock, self.faults, model=self.model, gbk=gbk)
        self.line = MemoryLine(self.card, self.clock)
        self.panel = self.new_panel()

    def new_panel(self) -> OnbonK:
        return OnbonK(self.line, PanelSpec(128, 32), clock=self.clock)

    def run(self, seconds: float) -> None:
        until_s = self.clock.monotonic_s() + seconds
        while self.clock.monotonic_s() < until_s:
            try:
                due_s = self.panel.keep_up()
            except PanelError:
                due_s = 1.0
            left_s = until_s - self.clock.monotonic_s()
            self.clock.advance(max(0.01, min(left_s, 1e9 if due_s is None else due_s)))

    def text(self, length: int, *, rare: bool) -> str:
        luck = self.luck
        return "".join(
            luck.choice(RARE) if rare and luck.random() < 0.1 else luck.choice(COMMON)
            for _ in range(length)
        )

    def page(self, width: int, height: int, *, rare: bool) -> Page:
        runs = tuple(
            Run(
                8 * self.luck.randrange(3),
                16 * row,
                self.text(self.luck.randrange(1, width // 16), rare=rare),
            )
            for row in range(height // 16)
            if self.luck.random() < 0.8
        )
        return Page(runs=runs, stay_s=self.luck.choice([1, 2, 4]))

    def screen(self) -> Screen:
        rare = self.luck.random() < 0.4
        kind = self.luck.random()
        areas = self.luck.choice([self.whole, self.strip, self.halves])(rare=rare)
        if kind < 0.5:
            return Screen(areas, standing=True)
        if kind < 0.8:
            return Screen(areas)
        return Screen(areas, priority=100, lifetime_s=self.luck.choice([5, 60, 600]))

    def whole(self, *, rare: bool) -> tuple[Area, ...]:
        count = self.luck.choice([1, 2, 30])
        return (Area(0, 0, 128, 32, tuple(self.page(128, 32, rare=rare) for _ in range(count))),)

    def strip(self, *, rare: bool) -> tuple[Area, ...]:
        count = self.luck.choice([1, 3, 60])
        return (
            Area(0, 0, 88, 16, (self.page(88, 16, rare=False),)),
            Area(88, 0, 40, 16, (), "%H:%M"),
            Area(0, 16, 128, 16, tuple(self.page(128, 16, rare=rare) for _ in range(count))),
        )

    def halves(self, *, rare: bool) -> tuple[Area, ...]:
        return (
            Area(0, 0, 64, 32, (self.page(64, 32, rare=rare),)),
            Area(64, 0, 64, 32, (self.page(64, 32, rare=rare),)),
        )

    def suffer(self) -> None:
        """One screen under a fresh set of faults, perhaps cut short, perhaps a power cut."""
        luck, faults = self.luck, self.faults
        faults.drop = faults.flip = faults.dup = luck.choice([0, 0, 0.001, 0.004])
        faults.busy, faults.silent = luck.choice([0, 0, 3]), luck.choice([0, 0, 1, 4])
        waiting = [self.screen()] if luck.random() < 0.3 else []
        due_s = self.clock.monotonic_s() + luck.random() * 2

        def urgent() -> Screen | None:
            ready = waiting and waiting[0].priority and self.clock.monotonic_s() > due_s
            return waiting.pop() if ready else None

        try:
            self.panel.show(self.screen(), urgent=urgent)
        except PanelError:
            self.clock.advance(0.1)
        self.run(luck.choice([0.1, 1, 5, 30]))
        if luck.random() < 0.1:
            self.card.power_cycle()
        if luck.random() < 0.1:
            self.panel.close()
            self.panel = self.new_panel()

    def heal(self) -> None:
        self.faults.drop = self.faults.flip = self.faults.dup = 0
        self.faults.busy = self.faults.silent = 0
        self.run(25)


@pytest.mark.parametrize("seed", [*range(12), *ONCE_WRONG])
def test_after_all_faults_the_panel_shows_exactly_the_last_screen(seed: int) -> None:
    life = Life(seed)
    for _ in range(10):
        life.suffer()
    life.heal()
    last = life.page(128, 32, rare=True)
    area = Area(0, 0, 128, 32, (last,))
    life.panel.show(Screen((area,), standing=life.luck.random() < 0.5))
    life.run(3)
    seen = life.card.frame(life.clock.monotonic_s())
    drawn = draw.draw_page(last, area, life.panel.spec)
    assert ImageChops.difference(seen.convert("L"), drawn.convert("L")).getbbox() is None
    assert life.card.undrawable() == 0
