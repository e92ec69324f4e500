"""Bringing screens to one K card: what its memory holds, and the frames that change it."""

from __future__ import annotations

import logging
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import command, reply
from edge_agent.led.drivers.onbon_k.dynamic import LONGEST_TIMEOUT_S, DynamicAreas
from edge_agent.led.drivers.onbon_k.flash import Flash
from edge_agent.led.drivers.onbon_k.own_font import own_fonts
from edge_agent.led.drivers.onbon_k.pictures import PictureArea
from edge_agent.led.drivers.onbon_k.plan import (
    Plan,
    Step,
    numbered_from_top,
    plan_screen,
    rare_characters,
)
from edge_agent.led.drivers.onbon_k.shelf import Shelf
from edge_agent.led.drivers.picture import missing_glyphs
from edge_agent.led.panel import BadFrame, PanelRefused

if TYPE_CHECKING:
    from edge_agent.clock import Clock
    from edge_agent.led.drivers.onbon_k.area import TextArea
    from edge_agent.led.drivers.onbon_k.link import CardLink
    from edge_agent.led.drivers.onbon_k.loads import Abilities
    from edge_agent.led.drivers.onbon_k.own_font import OwnFont
    from edge_agent.led.drivers.onbon_k.reply import Status
    from edge_agent.led.panel import PanelSpec, Screen

_log = logging.getLogger(__name__)

EMERGENCY_PRIORITY = 100
QUICK_BYTES = 1200
"""A standing text longer than this (over a second at 9600 baud) is shown from RAM first."""
EXPIRY_SLACK_S = 0.3
"""After a timed picture the next step waits so long, to find its place free."""


class Stage:
    """The card's flash, dynamic areas and picture area, and the screen they show together."""

    def __init__(self, link: CardLink, spec: PanelSpec, abilities: Abilities, clock: Clock) -> None:
        self.flash = Flash(link, abilities.frame_bytes)
        self.picture = PictureArea(link, abilities.frame_bytes, spec)
        self.shelf = Shelf(link, abilities.frame_bytes)
        self._link = link
        self._spec = spec
        self._abilities = abilities
        self._for_screen = abilities
        """The same with the fonts of ours that the screen uses."""
        self._program_fonts: tuple[OwnFont, ...] = ()
        self._later: tuple[Screen, tuple[OwnFont, ...], float] | None = None
        """An alarm with stand-ins, the fonts it waits for, and when it ends."""
        self._clock = clock
        self._areas = DynamicAreas(link, abilities.frame_bytes, clock)
        self._fonts_known = False
        self._running: Plan | None = None
        """A plan whose steps the box turns."""
        self._running_ends_s: float | None = None
        self._to_flash: tuple[TextArea, ...] | None = None
        """What is still to be written into flash, block by block in `turn`."""
        self._standing_in_ram = False
        """Whether the areas only bridge the time until the flash is written."""
        self._step = 0
        self._step_due_s = 0.0

    def recognise(self, status: Status) -> None:
        """At start: what an earlier run left is replaced by the first screen."""
        self.flash.recognise(status)
        self._areas.forget()
        self._areas.doubt(status.dynamic_ids)
        self.picture.recognise(there=status.special_area and self._abilities.pictures)

    @property
    def uses_ram(self) -> bool:
        """Whether anything would be gone after a power cut."""
        return bool(self._areas) or self.picture.shown

    def lost(self, status: Status) -> bool:
        """Whether the card forgot what it was sent: it lost power, or somebody changed it."""
        self._drop_expired()
        same = set(status.dynamic_ids) == self._areas.numbers
        return not same or status.special_area != self.picture.shown

    def forget(self) -> None:
        """The card's RAM is empty."""
        self._areas.forget()
        self._running = None
        self.picture.forget()

    def clear(self) -> None:
        """Take everything down, from flash too."""
        self._make_room()

    def bring(self, screen: Screen, *, under_areas: bool = False) -> tuple[str, ...]:
        """Show a screen; returns the characters that could not be shown.

        Args:
            screen: What to show.
            under_areas: Leave the dynamic areas on top alone: something urgent is there.
        """
        urgent = screen.priority >= EMERGENCY_PRIORITY
        fonts, waits = self._fonts_for(screen, urgent=urgent)
        if not under_areas:
            self._later = None
            if waits:
                ends_s = self._clock.monotonic_s() + (screen.lifetime_s or LONGEST_TIMEOUT_S)
                self._later = screen, fonts, ends_s
        lettering = replace(self._abilities.lettering, own=() if waits else fonts)
        pictures = self._abilities.pictures and not urgent
        self._for_screen = replace(self._abilities, lettering=lettering, pictures=pictures)
        plan = self._plan(screen, in_program=screen.standing)
        if screen.standing and plan.fits_program:
            self._program_fonts = fonts
            self._bring_standing(screen, plan, under_areas=under_areas)
        elif not under_areas:
            self._standing_in_ram = False
            self._bring_passing(self._plan(screen, in_program=False), screen.lifetime_s)
        drawn = [area for step in plan.steps if step.picture for area in step.picture.areas]
        soon = {char for font in fonts for char in font.chars} if self.shelf.proven else set()
        return tuple(char for char in (*plan.unshown, *missing_glyphs(drawn)) if char not in soon)

    def _plan(self, screen: Screen, *, in_program: bool) -> Plan:
        plan = plan_screen(screen, self._spec, self._for_screen, in_program=in_program)
        urgent = screen.priority >= EMERGENCY_PRIORITY
        return numbered_from_top(plan, self._abilities.areas) if urgent else plan

    def _fonts_for(self, screen: Screen, *, urgent: bool) -> tuple[tuple[OwnFont, ...], bool]:
        """The fonts of ours that a screen needs, and whether they are still to be written.

        An alarm does not wait for them: it begins with stand-ins and is soon shown again. What
        is only passing goes as pixels where it can.
        """
        rare = rare_characters(screen, self._abilities)
        if rare and not urgent and self._learn_fonts():
            rare = rare_characters(screen, self._abilities)
        passing = not (screen.standing or urgent) and self._abilities.pictures
        fonts = own_fonts(rare) or ()
        if not fonts or passing or self.shelf.refused:
            return (), False
        if self.shelf.knows(fonts):
            return fonts, False
        if urgent:
            return fonts, True
        return (fonts, False) if self.shelf.put(fonts) else ((), False)

    def _learn_fonts(self) -> bool:
        """Ask once, when GB2312 is not enough, whether the card has GBK; True when it has."""
        if self._fonts_known:
            return False
        self._fonts_known = True
        try:
            gbk = reply.has_gbk(self._link.ask(command.font_facts()))
        except (PanelRefused, BadFrame) as error:
            _log.info("the card does not tell its fonts, taking GB2312: %s", error)
            return False
        lettering = replace(self._abilities.lettering, gbk=gbk)
        self._abilities = replace(self._abilities, lettering=lettering)
        return gbk

    def turn(self) -> None:
        """Send the steps, loads and pictures that are due now."""
        self._drop_expired()
        now_s = self._clock.monotonic_s()
        if self._running is not None and now_s >= self._step_due_s:
            self._step += 1
            self._bring_step(self._running, self._running_ends_s)
        self._areas.turn()
        self.picture.turn(now_s, self._clock.read().local)
        self._complete_alarm()
        self._write_on()

    def next_turn_s(self) -> float | None:
        """Seconds until `turn` has something to do."""
        if self._to_flash is not None or self._later is not None:
            return 0.0
        now_s = self._clock.monotonic_s()
        due = list(self._areas.due_s())
        if self._running is not None:
            due.append(self._step_due_s - now_s)
        picture_s = self.picture.next_turn_s(now_s, self._clock.read().local)
        return min([*due, picture_s] if picture_s is not None else due, default=None)

    def _bring_standing(self, screen: Screen, plan: Plan, *, under_areas: bool) -> None:
        """Into flash; what takes long to write is shown from RAM meanwhile."""
        zones = plan.steps[0].zones
        areas = tuple(load.area for zone in zones for load in zone.loads)
        size = sum(len(area.text) for area in areas)
        if size > QUICK_BYTES and not self.flash.has(areas):
            if not under_areas:
                self._bring_passing(self._plan(screen, in_program=False), None)
                self._standing_in_ram = True
            self._to_flash = areas
            return
        if self.picture.shown and not self._try_to_remove_picture():
            self._make_room()
        self.flash.show(areas)
        self._to_flash = None
        if not under_areas:
            self._let_program_play()

    def _let_program_play(self) -> None:
        self._running = None
        self._standing_in_ram = False
        self._areas.delete_all()
        self.shelf.keep_only(self._program_fonts)

    def _complete_alarm(self) -> None:
        """One more block of the fonts that an alarm waits for; then it is shown in full."""
        if self._later is None:
            return
        screen, fonts, ends_s = self._later
        left_s = round(ends_s - self._clock.monotonic_s())
        if left_s < 1:
            self._later = None
        elif self._learn_fonts() or self.shelf.advance(fonts):
            lifetime_s = None if screen.lifetime_s is None else left_s
            self.bring(replace(screen, lifetime_s=lifetime_s))

    def _write_on(self) -> None:
        """One more block of what is to go into flash."""
        if self._to_flash is not None and self.flash.advance(self._to_flash):
            self._to_flash = None
            if self._standing_in_ram:
                self._let_program_play()

    def _bring_passing(self, plan: Plan, lifetime_s: int | None) -> None:
        self._drop_expired()
        now_s = self._clock.monotonic_s()
        deadline_s = None if lifetime_s is None else now_s + lifetime_s
        if plan == self._running and deadline_s == self._running_ends_s:
            return
        self._running = plan if len(plan.steps) > 1 else None
        self._running_ends_s, self._step = deadline_s, 0
        self._bring_step(plan, deadline_s)

    def _bring_step(self, plan: Plan, deadline_s: float | None) -> None:
        """Bring the step that is due; pixels only beside text, never over a program."""
        step = plan.steps[self._step % len(plan.steps)]
        clear = False
        if plan.needs_pixels:
            self._clear_way(step)
            self._bring_picture(step, deadline_s, alone=len(plan.steps) == 1)
        else:
            clear = self._areas.beside_program
        self._areas.beside_program = plan.needs_pixels
        self._areas.bring(step.zones, deadline_s, clear=clear)
        if not plan.needs_pixels and self.picture.shown:
            self._try_to_remove_picture()
        play_s = math.ceil(step.play_s) + EXPIRY_SLACK_S if step.picture else step.play_s
        self._step_due_s = self._clock.monotonic_s() + play_s

    def _clear_way(self, step: Step) -> None:
        """Pixels share no place with a program or with areas of another step."""
        self._to_flash = None
        if not self.flash.is_empty():
            self.flash.erase()
        if not self._areas.beside_program:
            self._areas.delete_all()
        if step.picture is None and self.picture.shown:
            self.picture.remove(wait=True)
        if step.picture is not None and step.picture != self.picture.zone:
            self._areas.make_way(step.zones)

    def _try_to_remove_picture(self) -> bool:
        """Take the picture down; not where an earlier run's is in the way of what is there now.

        It is hidden as long as there are areas of display mode 1.
        """
        try:
            self.picture.remove()
        except PanelRefused as refused:
            _log.info("the picture of an earlier run stays for now: %s", refused)
            return False
        return True

    def _make_room(self) -> None:
        """Empty the card so that an earlier run's picture of unknown place can go."""
        self._areas.delete_all()
        self.flash.erase()
        if self.picture.shown:
            self.picture.remove()

    def _drop_expired(self) -> None:
        """What the card took down by itself when its time was over."""
        self._areas.drop_expired()
        self.picture.drop_expired(self._clock.monotonic_s())

    def _bring_picture(self, step: Step, deadline_s: float | None, *, alone: bool) -> None:
        if step.picture is None:
            return
        now_s = self._clock.monotonic_s()
        timeout_s = 0 if alone else math.ceil(step.play_s)
        if deadline_s is not None:
            left_s = max(1, round(deadline_s - now_s))
            timeout_s = min(timeout_s or left_s, left_s, LONGEST_TIMEOUT_S)
        if self.picture.show(step.picture, timeout_s, now_s, self._clock.read().local):
            self._link.exchange.traffic.areas_sent += 1
