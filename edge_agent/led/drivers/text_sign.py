"""What drivers of text signs share: show pages, repeat nothing that is shown, keep time-outs.

These signs know no expiry of their own, so the box takes an expired screen down.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from edge_agent.led.drivers.card_pages import TextPage, text_pages, unshown
from edge_agent.led.drivers.exchange import Preempted, Traffic
from edge_agent.led.panel import Area, PanelError, Screen

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.clock import Clock
    from edge_agent.led.panel import PanelSpec, Sent

EMPTY = Screen(())


class TextSign(ABC):
    """Base of the drivers whose sign is sent text and plays it."""

    renew_every_s: float | None = 300.0
    """How often a sign that keeps nothing, or does not answer, is sent everything again."""

    def __init__(self, spec: PanelSpec, clock: Clock) -> None:
        self._spec = spec
        self._clock = clock
        self._areas: tuple[Area, ...] | None = None
        self._screen = EMPTY
        self._renew_s: float | None = None
        self._ends_s: float | None = None
        self.traffic = Traffic()

    @property
    def spec(self) -> PanelSpec:
        """Size and abilities."""
        return self._spec

    def show(self, screen: Screen, *, urgent: Callable[[], Screen | None] | None = None) -> Sent:
        """Bring the sign to ``screen``. Raises: PanelSilent, PanelRefused, LineLost."""
        waiting: list[Screen] = []

        def cut() -> bool:
            found = urgent() if urgent is not None and not waiting else None
            if found is not None:
                waiting.append(found)
            return bool(waiting)

        self.traffic = Traffic()
        self._set_urgent(cut)
        try:
            self._bring(screen)
        except Preempted:
            self._set_urgent(None)
            screen = waiting[0]
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

    def _look_after(self) -> float | None:
        now_s = self._clock.monotonic_s()
        if self._ends_s is not None and now_s >= self._ends_s:
            self._bring(EMPTY)
        elif self._renew_s is not None and self._areas is not None and now_s >= self._renew_s:
            self._renew()
        turn_s = self._turn()
        now_s = self._clock.monotonic_s()
        left_s = [at_s - now_s for at_s in (self._ends_s, self._renew_s) if at_s is not None]
        left_s += [] if turn_s is None else [turn_s]
        return max(0.0, min(left_s)) if left_s else None

    def _bring(self, screen: Screen) -> None:
        now_s = self._clock.monotonic_s()
        self._ends_s = None if screen.lifetime_s is None else now_s + screen.lifetime_s
        if screen.areas == self._areas:
            return
        self._areas = None
        self._send_all(screen)
        self._areas = screen.areas
        self.traffic.areas_sent += len(screen.areas)

    def _send_all(self, screen: Screen) -> None:
        try:
            self._send_pages(screen)
        except PanelError:
            self._forget()
            raise
        self._screen = screen
        if self.renew_every_s is not None:
            self._renew_s = self._clock.monotonic_s() + self.renew_every_s

    def _pages(self, screen: Screen) -> tuple[TextPage, ...]:
        return text_pages(screen, self._spec)

    def _unshown(self, screen: Screen) -> tuple[str, ...]:
        return unshown(screen)

    def _turn(self) -> float | None:
        """Send the page that is due; seconds until the next one, None when the sign turns."""
        return None

    def _renew(self) -> None:
        """Send everything again."""
        self._send_all(self._screen)

    def _forget(self) -> None:
        """What the sign holds is unknown."""
        self._areas = None

    @abstractmethod
    def _send_pages(self, screen: Screen) -> None:
        """Send the whole screen."""

    @abstractmethod
    def _set_urgent(self, cut: Callable[[], bool] | None) -> None:
        """Ask ``cut`` between the slices of a frame."""
