"""What drivers of text signs share: show pages, repeat nothing that is shown, keep time-outs.

These signs know neither expiry nor dark hours: the box takes an expired screen down, and shows
nothing but alarms where the brightness table says 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from edge_agent.led.drivers import hours
from edge_agent.led.drivers.card_pages import TextPage, text_pages, unshown
from edge_agent.led.drivers.exchange import FirstUrgent, Preempted, Traffic
from edge_agent.led.panel import Area, PanelError, Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_agent.clock import Clock
    from edge_agent.led.panel import PanelSpec, Sent

EMPTY = Screen(())
EMERGENCY_PRIORITY = 100


class TextSign(ABC):
    """Base of the drivers whose sign is sent text and plays it."""

    dark_is_empty = True
    """Whether the sign is made dark by showing nothing; else `_send_level` does it."""
    renew_every_s: float | None = 300.0
    """How often a sign that keeps nothing, or does not answer, is sent everything again."""

    def __init__(self, spec: PanelSpec, clock: Clock) -> None:
        self._spec = spec
        self._clock = clock
        self._areas: tuple[Area, ...] | None = None
        self._screen = EMPTY
        self._renew_s: float | None = None
        self._ends_s: float | None = None
        self._levels = (hours.FULL_LEVEL,) * hours.SLOTS
        self._level: int | None = None
        """The level that the sign was last told."""
        self.traffic = Traffic()

    @property
    def spec(self) -> PanelSpec:
        """Size and abilities."""
        return self._spec

    def show(self, screen: Screen, *, urgent: Callable[[], Screen | None] | None = None) -> Sent:
        """Bring the sign to ``screen``. Raises: PanelSilent, PanelRefused, LineLost."""
        first = FirstUrgent(urgent)
        self.traffic = Traffic()
        self._set_urgent(first)
        try:
            self._bring(screen)
        except Preempted:
            self._set_urgent(None)
            screen = first.instead_of(screen)
            self._bring(screen)
        finally:
            self._set_urgent(None)
        return self.traffic.as_sent(self._unshown(screen))

    def keep_up(self, *, urgent: Callable[[], bool] | None = None) -> float | None:
        """Take down what has run out, turn what the sign does not turn itself."""
        self.traffic = Traffic()
        self._set_urgent(urgent)
        try:
            return self._look_after()
        except Preempted:
            return 0.0
        finally:
            self._set_urgent(None)

    def set_brightness(self, levels: Sequence[int]) -> None:
        """48 half-hour levels from 00:00, each 0 (dark) to 15. Raises: ValueError."""
        self._levels = hours.checked(levels)
        self._send_levels(self._levels)
        if self._areas is not None:
            self._apply()

    def _look_after(self) -> float | None:
        now_s = self._clock.monotonic_s()
        if self._ends_s is not None and now_s >= self._ends_s:
            self._bring(EMPTY)
        elif self._areas is not None:
            if self._renew_s is not None and now_s >= self._renew_s:
                self._renew()
            self._apply()
        turn_s = self._turn()
        now_s = self._clock.monotonic_s()
        left_s = [at_s - now_s for at_s in (self._ends_s, self._renew_s) if at_s is not None]
        change_s = hours.next_change_s(self._levels, self._clock.read().local)
        left_s += [seconds for seconds in (turn_s, change_s) if seconds is not None]
        return max(0.0, min(left_s)) if left_s else None

    def _bring(self, screen: Screen) -> None:
        now_s = self._clock.monotonic_s()
        self._ends_s = None if screen.lifetime_s is None else now_s + screen.lifetime_s
        self._screen = screen
        self._apply()

    def _apply(self) -> None:
        """Send what should be up at this hour, unless it is there already."""
        try:
            screen = self._at_this_hour()
            if screen.areas == self._areas:
                return
            self._areas = None
            self._send_pages(screen)
        except PanelError:
            self._forget()
            raise
        self._areas = screen.areas
        self.traffic.areas_sent += len(screen.areas)
        if self.renew_every_s is not None:
            self._renew_s = self._clock.monotonic_s() + self.renew_every_s

    def _at_this_hour(self) -> Screen:
        """The screen, or nothing in dark hours; the sign is told its level when that changes."""
        level = hours.level_at(self._levels, self._clock.read().local)
        if self._screen.priority >= EMERGENCY_PRIORITY:
            level = hours.FULL_LEVEL
        before, self._level = self._level, level
        if level != before:
            self._send_level(before, level)
        return EMPTY if self.dark_is_empty and not level else self._screen

    def _pages(self, screen: Screen) -> tuple[TextPage, ...]:
        return text_pages(screen, self._spec)

    def _unshown(self, screen: Screen) -> tuple[str, ...]:
        return unshown(screen)

    def _turn(self) -> float | None:
        """Send the page that is due; seconds until the next one, None when the sign turns."""
        return None

    def _renew(self) -> None:
        """Send everything again with the next `_apply`."""
        self._areas = None

    def _forget(self) -> None:
        """What the sign holds is unknown."""
        self._areas, self._level = None, None

    def _send_levels(self, levels: Sequence[int]) -> None:
        """Tell a sign that keeps a table of its own."""
        del levels

    def _send_level(self, before: int | None, level: int) -> None:
        """Tell a sign that has one level at a time; ``before`` is what it was last told."""
        del before, level

    @abstractmethod
    def _send_pages(self, screen: Screen) -> None:
        """Send the whole screen."""

    @abstractmethod
    def _set_urgent(self, cut: Callable[[], bool] | None) -> None:
        """Ask ``cut`` between the slices of a frame."""
