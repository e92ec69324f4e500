"""One panel kept at the plan: compose, show, keep up, come back after faults.

A plain object without threads: `turn` does what is due and says when it wants to be called
again. A card that does not answer is tried again with a growing pause.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from contract.notice import Picture
from edge_agent.led import playlist
from edge_agent.led.brightness import FULL, SLOTS, Spot, brightness_table
from edge_agent.led.chronicle import Chronicle, Report
from edge_agent.led.compose import compose
from edge_agent.led.light import LightSensor
from edge_agent.led.panel import PanelError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from edge_agent.clock import Clock, Reading
    from edge_agent.led.board import Board
    from edge_agent.led.panel import Page, Panel, Screen
    from edge_agent.plan import Plan
    from edge_agent.settings import BoxSettings, PanelSettings
    from edge_agent.store import HeldNotice

_log = logging.getLogger(__name__)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 3.0
LONGEST_WAIT_S = 2.0
"""How often the line is looked at: a pulled plug is noticed without sending a byte."""
BY_CARD = "card"
"""The setting for a light sensor that the card reads itself."""
_LAYOUT_FAULTS = (ValueError, LookupError, ArithmeticError, TypeError, OSError)
PlanKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a presenter needs of the box around it."""

    clock: Clock
    folder: Path
    """The led part's own folder."""
    report: Callable[[Report], None]
    """Takes every receipt; called in the thread that calls `Presenter.turn`."""
    find_asset: Callable[[str], bytes | None]
    """Bytes of a picture by its sha256; None while it is not here."""
    probe: Callable[[], object] = bool
    """Looks whether the line is still there, without traffic. Raises: LineLost."""


class Presenter:
    """Keeps one panel at the plan.

    Args:
        panel: The driver.
        board: What is composed for; its spec is the driver's.
        settings: The panel's settings.
        box: The box's settings.
        around: Clock, files, and where receipts go.
    """

    def __init__(
        self,
        panel: Panel,
        board: Board,
        settings: PanelSettings,
        box: BoxSettings,
        around: Surroundings,
    ) -> None:
        self._panel = panel
        self._board = board
        self._settings = settings
        self._spot = Spot(box.latitude_deg, box.longitude_deg)
        self._around = around
        self._clock = around.clock
        self._sensor: LightSensor | None = None
        if settings.light_sensor not in ("", BY_CARD):
            self._sensor = LightSensor(Path(settings.light_sensor), settings.brightness)
        self._chronicle = Chronicle(settings.name, around.folder, around.clock, around.report)
        self._pages: dict[tuple[str, int], tuple[Page, ...]] = {}
        self._shown_key: PlanKey | None = None
        self._standing_key: PlanKey | None = None
        self._set_clock_on: date | None = None
        self._levels: tuple[int, ...] = ()
        self._pause_s = FIRST_PAUSE_S
        self._retry_at_s = 0.0
        self._failing = False
        self.turned_at_s = around.clock.monotonic_s()
        """When the card last took a frame or `turn` came to its end: a watchdog's sign of life."""

    def turn(self, plan: Plan, newest: Callable[[], Plan] | None = None) -> float:
        """Do what is due for ``plan``; returns the seconds until the next call is wanted.

        ``newest`` is asked while a long write is going on: an emergency in it goes first.
        """
        now_s = self._clock.monotonic_s()
        if now_s < self._retry_at_s and not plan.alerts:
            return self._retry_at_s - now_s
        try:
            wait_s = self._turn(plan, newest or (lambda: plan))
        except PanelError as error:
            wait_s = self._lose(error)
        self.turned_at_s = self._clock.monotonic_s()
        return wait_s

    def close(self) -> None:
        """Write down the airtime and let go of the line; the card goes on showing."""
        self._chronicle.close()
        self._panel.close()

    def _turn(self, plan: Plan, newest: Callable[[], Plan]) -> float:
        reading = self._clock.read()
        if self._shown_key is not None:
            self._around.probe()
        self._count(reading)
        if not plan.alerts:  # an alarm comes before the light that it wants
            self._set_levels(plan, reading)
            self._set_clock(reading)
        plan = self._lay_out(plan, newest)
        if _key(plan, reading) != self._shown_key:
            plan = self._show(plan, reading, newest)
        elif plan.alerts and _standing_key(plan, reading) != self._standing_key:
            self._renew_below(plan, reading)
        self._set_levels(plan, reading)
        self._set_clock(reading)
        due_s = self._panel.keep_up(urgent=lambda: _has_news(plan, newest))
        if self._failing:
            _log.warning("panel %s is back", self._settings.name)
        self._failing, self._pause_s, self._retry_at_s = False, FIRST_PAUSE_S, 0.0
        self._count(self._clock.read())
        self._chronicle.tell()
        return min(LONGEST_WAIT_S, LONGEST_WAIT_S if due_s is None else due_s)

    def _lay_out(self, plan: Plan, newest: Callable[[], Plan]) -> Plan:
        """Lay out notice by notice; an emergency that comes meanwhile goes first."""
        for held in () if plan.alerts else plan.panel:
            found = newest()
            if found.alerts:
                return found
            self._pages_of(held)
        return plan

    def _show(self, plan: Plan, reading: Reading, newest: Callable[[], Plan]) -> Plan:
        """Bring the panel to ``plan``; returns the plan of an emergency that went first."""
        screen = compose(plan, self._board, reading, self._pages_of)
        alarm: list[tuple[Plan, Screen]] = []

        def urgent() -> Screen | None:
            self.turned_at_s = self._clock.monotonic_s()
            if alarm or not _has_news(plan, newest):
                return None
            found = newest()
            alarm.append((found, compose(found, self._board, self._clock.read(), self._pages_of)))
            return alarm[0][1]

        sent = self._panel.show(screen, urgent=urgent)
        _log.info(
            "panel %s: %d bytes, %d flash writes",
            self._settings.name,
            sent.bytes_sent,
            sent.flash_writes,
        )
        spec = self._panel.spec
        self._chronicle.came_up(plan, screen, spec, sent.unshown)
        if alarm:  # what was being written lies under it, and will have to be purged one day
            plan, screen = alarm[0]
            self._chronicle.came_up(plan, screen, spec, sent.unshown)
        self._shown_key = _key(plan, reading)
        if screen.standing or alarm:
            self._standing_key = _standing_key(plan, reading)
        wanted = {held.sha256 for held in plan.panel}
        self._pages = {key: pages for key, pages in self._pages.items() if key[0] in wanted}
        return plan

    def _renew_below(self, plan: Plan, reading: Reading) -> None:
        """Bring what stands below an alarm up to date: a withdrawn name must not wait there.

        The card would show it again by itself when the alarm ends, even with the box dead.
        """
        calm = replace(plan, alerts=())
        below = compose(calm, self._board, reading, self._pages_of)
        above = [compose(plan, self._board, reading, self._pages_of)]
        sent = self._panel.show(below, urgent=lambda: above.pop() if above else None)
        alarm = compose(plan, self._board, reading, self._pages_of)
        self._chronicle.came_up(calm, below, self._panel.spec, sent.unshown)
        self._chronicle.came_up(plan, alarm, self._panel.spec, sent.unshown)
        self._standing_key = _standing_key(plan, reading)

    def _count(self, reading: Reading) -> None:
        slot = reading.local.hour * 2 + reading.local.minute // 30
        self._chronicle.count(lit=not self._levels or self._levels[slot] > 0)

    def _set_levels(self, plan: Plan, reading: Reading) -> None:
        """The brightness table of the day; full light while there is an emergency."""
        levels = (FULL,) * SLOTS
        if not plan.alerts:
            levels = self._levels_by_light(self._levels_by_sun(reading))
        if levels == self._levels:
            return
        use_sensor = getattr(self._panel, "use_light_sensor", None)
        if use_sensor is not None and self._settings.light_sensor == BY_CARD and not plan.alerts:
            use_sensor(levels)
        else:
            self._panel.set_brightness(levels)
        self._levels = levels

    def _levels_by_sun(self, reading: Reading) -> tuple[int, ...]:
        return brightness_table(
            reading.local.date(),
            self._spot,
            full=self._settings.brightness,
            quiet_hours=self._settings.quiet_hours,
        )

    def _levels_by_light(self, levels: tuple[int, ...]) -> tuple[int, ...]:
        """The light that the box's own sensor sees, all day long; dark hours stay dark."""
        if self._sensor is None:
            return levels
        seen = self._sensor.level(self._clock.monotonic_s())
        return levels if seen is None else tuple(min(level, 1) * seen for level in levels)

    def _set_clock(self, reading: Reading) -> None:
        """The card's clock, once a day and only from a time that can be believed."""
        today = reading.local.date()
        if reading.trusted and today != self._set_clock_on:
            self._panel.set_clock(reading.local)
            self._set_clock_on = today

    def _lose(self, error: PanelError) -> float:
        """The card did not answer: everything is sent again once it does."""
        level = logging.DEBUG if self._failing else logging.WARNING
        _log.log(level, "panel %s does not answer, trying again: %s", self._settings.name, error)
        self._failing = True
        self._chronicle.pause()
        self._panel.close()
        self._shown_key, self._standing_key = None, None
        self._levels, self._set_clock_on = (), None
        wait_s = self._pause_s
        self._retry_at_s = self._clock.monotonic_s() + wait_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        return wait_s

    def _pages_of(self, held: HeldNotice) -> tuple[Page, ...]:
        """The pages of a notice, laid out anew only when it or its pictures changed."""
        find = self._around.find_asset
        pictures = [block for block in held.notice.blocks if isinstance(block, Picture)]
        key = (held.sha256, sum(find(block.asset.sha256) is not None for block in pictures))
        if key not in self._pages:
            try:
                pages = playlist.notice_pages(held.notice, self._board.content, find)
            except _LAYOUT_FAULTS:
                # A fault of ours in one notice must not darken the others.
                _log.exception("cannot lay out %s, left out", held.notice.name)
                pages = ()
                self._around.report(
                    Report("unshowable", held.notice.id, held.notice.revision,
                           detail=f"{self._settings.name}: layout failed")
                )  # fmt: skip
            self._pages[key] = pages
        return self._pages[key]


def _has_news(plan: Plan, newest: Callable[[], Plan]) -> bool:
    """Whether an emergency waits that ``plan`` does not know."""
    alerts = newest().alerts
    return bool(alerts) and alerts != plan.alerts


def _key(plan: Plan, reading: Reading) -> PlanKey:
    """What the screen depends on; the same key, the same screen."""
    if plan.alerts:
        return tuple(held.sha256 for held in plan.alerts)
    return _standing_key(plan, reading)


def _standing_key(plan: Plan, reading: Reading) -> PlanKey:
    """What the standing screen depends on, whether or not an alarm covers it."""
    notices = tuple((held.notice.name, held.sha256) for held in plan.panel)
    return (*notices, reading.local.date(), reading.trusted)
