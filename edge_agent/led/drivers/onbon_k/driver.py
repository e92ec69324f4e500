"""A panel behind an Onbon BX-5K or BX-6K card.

Standing screens live in the card's flash as one program. Everything else goes to the card's
dynamic areas in RAM, which hide the program while there are any; an emergency is such areas
with a time-out, so that the card itself takes it down when the box is dead.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from edge_agent.led.drivers import hours
from edge_agent.led.drivers.exchange import FirstUrgent, Preempted, Traffic
from edge_agent.led.drivers.onbon_k import command, reply
from edge_agent.led.drivers.onbon_k.frame import BROADCAST
from edge_agent.led.drivers.onbon_k.link import CardLink
from edge_agent.led.drivers.onbon_k.loads import Abilities
from edge_agent.led.drivers.onbon_k.stage import Stage
from edge_agent.led.drivers.onbon_k.text import Lettering
from edge_agent.led.panel import PanelError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, time

    from edge_agent.clock import Clock
    from edge_agent.led.line import Line
    from edge_agent.led.panel import PanelSpec, Screen, Sent

_log = logging.getLogger(__name__)

CHECK_RAM_EVERY_S, CHECK_FLASH_EVERY_S = 5.0, 20.0
"""How often the card is asked whether it still holds what it was sent, in RAM or only in flash.

Question and answer take a tenth of a second at 9600 baud.
"""
_WITH_PICTURES = (0x53, 0x54, 0x58, 0x62, 0x63, 0x65, 0x66, 0x68)
"""Models with the special area that takes pixels: 5K2, 5MK and the 6K cards that replace them."""


class OnbonK:
    """Drives one K card; see `edge_agent.led.panel.Panel`.

    Args:
        line: Where the card is.
        spec: Size and colours of the panel; sizes of type are the card's.
        clock: For time-outs and page turns.
        address: The card's screen number; without one, whichever card is on the line.
        half_duplex: RS-485: never speak while the card may be answering.
    """

    def __init__(
        self,
        line: Line,
        spec: PanelSpec,
        *,
        clock: Clock,
        address: int | None = None,
        half_duplex: bool = False,
    ) -> None:
        self._spec = replace(spec, text_sizes_px=spec.text_sizes_px or (16, 24, 32))
        self._clock = clock
        self._link = CardLink(
            line, clock, address=BROADCAST if address is None else address, half_duplex=half_duplex
        )
        self._stage: Stage | None = None
        self._screen: Screen | None = None
        self._screen_ends_s: float | None = None
        self._checked_at_s = 0.0

    @property
    def spec(self) -> PanelSpec:
        """Size and abilities."""
        return self._spec

    def show(self, screen: Screen, *, urgent: Callable[[], Screen | None] | None = None) -> Sent:
        """Bring the panel to ``screen``. Raises: PanelSilent, PanelRefused, LineLost."""
        first = FirstUrgent(urgent)
        exchange = self._link.exchange
        exchange.traffic = Traffic()
        exchange.urgent = first
        try:
            unshown = self._bring(screen)
        except Preempted:
            exchange.urgent = None
            unshown = self._bring(first.instead_of(screen))
            if screen.standing:
                unshown += self._connected().bring(screen, under_areas=True)
        finally:
            exchange.urgent = None
        return exchange.traffic.as_sent(tuple(dict.fromkeys(unshown)))

    def keep_up(self, *, urgent: Callable[[], bool] | None = None) -> float | None:
        """Turn loads and pictures that are due; look whether the card lost its memory."""
        if self._stage is None or self._screen is None:
            return None
        self._link.exchange.traffic = Traffic()
        self._link.exchange.urgent = urgent
        try:
            self._stage.turn()
            if self._until_check_s(self._stage) <= 0:
                self._check(self._stage)
        except Preempted:
            return 0.0
        except PanelError:
            self._stage = None
            raise
        finally:
            self._link.exchange.urgent = None
        until_check_s = self._until_check_s(self._stage)
        turn_s = self._stage.next_turn_s()
        return max(0.0, until_check_s if turn_s is None else min(until_check_s, turn_s))

    def set_brightness(self, levels: Sequence[int]) -> None:
        """48 half-hour levels from 00:00, each 0 to 15, kept by the card; 0 is really dark.

        The card's timers switch it, so that it is dark and lit again without the box.
        """
        levels = hours.checked(levels)
        self._ask(command.brightness_table(levels))
        lit = hours.lit_hours(levels)
        self.set_timers(lit if len(lit) <= command.TIMER_PAIRS else ())
        self.set_power(on=hours.level_at(levels, self._clock.read().local) > 0)

    def force_brightness(self, level: int) -> None:
        """One level, 0 to 15, until a table is set again."""
        self._ask(command.brightness_forced(level))

    def set_clock(self, now: datetime) -> None:
        """Set the card's clock to local time ``now``."""
        self._ask(command.set_clock(now))

    def set_power(self, *, on: bool) -> None:
        """Switch the panel on or off until the next timer."""
        self._ask(command.power(on=on))

    def set_timers(self, pairs: Sequence[tuple[time, time]]) -> None:
        """Daily (on, off) times, at most three, none across midnight; none cancels them."""
        self._ask(command.timers(pairs) if pairs else command.cancel_timers())

    def status(self) -> reply.Status:
        """What the card says of itself."""
        return reply.status(self._ask(command.status()))

    def clear(self) -> None:
        """Take everything down, from flash too (one flash write)."""
        self._connected().clear()
        self._screen = None

    def erase_card(self, *, maintenance: bool, fonts_too: bool = False) -> None:
        """Restart the card without its files, or format it, which erases its fonts.

        Only for a technician: afterwards the card may draw no text until fonts are loaded again.

        Raises:
            ValueError: ``maintenance`` is not true.
        """
        if not maintenance:
            raise ValueError("erasing a card takes its files: say maintenance=True if you mean it")
        self._ask(command.format_flash() if fonts_too else command.reset())
        self.close()

    def close(self) -> None:
        """Release the line; the card goes on showing."""
        self._stage = None
        self._link.exchange.line.close()

    def _bring(self, screen: Screen) -> tuple[str, ...]:
        try:
            stage = self._connected()
            unshown = stage.bring(screen)
        except PanelError:
            self._stage = None
            raise
        self._screen = screen
        now_s = self._clock.monotonic_s()
        self._screen_ends_s = None if screen.lifetime_s is None else now_s + screen.lifetime_s
        return unshown

    def _connected(self) -> Stage:
        if self._stage is None:
            self._stage = self._connect()
        return self._stage

    def _connect(self) -> Stage:
        """Find the card, learn what it can do and what it still shows."""
        parameters = reply.parameters(self._link.find())
        six = 0x61 <= parameters.device <= 0x69
        abilities = Abilities(
            lettering=Lettering(colours=self._spec.colours != "mono"),
            pictures=parameters.device in _WITH_PICTURES,
            areas=5 if six else 8,
            frame_bytes=1024 if six else 512,
        )
        stage = Stage(self._link, self._spec, abilities, self._clock)
        stage.recognise(reply.status(self._link.ask(command.status())))
        self._checked_at_s = self._clock.monotonic_s()
        _log.info("card %#04x connected: %s", parameters.device, abilities)
        return stage

    def _until_check_s(self, stage: Stage) -> float:
        every_s = CHECK_RAM_EVERY_S if stage.uses_ram else CHECK_FLASH_EVERY_S
        return self._checked_at_s + every_s - self._clock.monotonic_s()

    def _check(self, stage: Stage) -> None:
        self._checked_at_s = self._clock.monotonic_s()
        if not stage.lost(reply.status(self._link.ask(command.status()))):
            return
        stage.forget()
        now_s = self._clock.monotonic_s()
        if self._screen is None:
            return
        if self._screen_ends_s is None:
            stage.bring(self._screen)
        elif self._screen_ends_s > now_s:
            left_s = round(self._screen_ends_s - now_s)
            stage.bring(replace(self._screen, lifetime_s=max(1, left_s)))

    def _ask(self, data: bytes) -> bytes:
        self._connected()
        try:
            return self._link.ask(data)
        except PanelError:
            self._stage = None
            raise
