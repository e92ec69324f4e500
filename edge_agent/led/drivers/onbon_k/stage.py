"""Bringing screens to one K card: what its memory holds, and the frames that change it."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import command, reply
from edge_agent.led.drivers.onbon_k.area import FIXED_BYTES, LOOP_UNTIL_TIMEOUT
from edge_agent.led.drivers.onbon_k.flash import Flash
from edge_agent.led.drivers.onbon_k.pictures import PictureArea
from edge_agent.led.drivers.onbon_k.plan import Plan, Step, Zone, numbered_from_top, plan_screen
from edge_agent.led.drivers.picture import missing_glyphs
from edge_agent.led.panel import BadFrame, PanelRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edge_agent.clock import Clock
    from edge_agent.led.drivers.onbon_k.area import TextArea
    from edge_agent.led.drivers.onbon_k.link import CardLink
    from edge_agent.led.drivers.onbon_k.loads import Abilities
    from edge_agent.led.drivers.onbon_k.reply import Status
    from edge_agent.led.panel import PanelSpec, Screen

_log = logging.getLogger(__name__)

EMERGENCY_PRIORITY = 100
DEADLINE_MARGIN_S = 2.0
"""The card counts a time-out from when a frame has arrived, so it ends later than ours."""
DEADLINE_SLACK_S = 3.0
"""A time-out on the card is renewed when it is off by more than this."""
QUICK_BYTES = 1200
"""A standing text longer than this (over a second at 9600 baud) is shown from RAM first."""
EXPIRY_SLACK_S = 0.3
"""After a timed picture the next step waits so long, to find its place free."""
_LONGEST_TIMEOUT_S = 0xFFFF
_DYNAMIC_FIRST = 1


@dataclass(slots=True)
class _Held:
    """One dynamic area as the card has it."""

    zone: Zone
    load: int
    next_load_at_s: float | None
    deadline_s: float | None


class Stage:
    """The card's flash, dynamic areas and picture area, and the screen they show together."""

    def __init__(self, link: CardLink, spec: PanelSpec, abilities: Abilities, clock: Clock) -> None:
        self.flash = Flash(link, abilities.frame_bytes)
        self.picture = PictureArea(link, abilities.frame_bytes, spec)
        self._link = link
        self._spec = spec
        self._abilities = abilities
        self._clock = clock
        self._held: dict[int, _Held] = {}
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
        self._beside_program = True

    def recognise(self, status: Status) -> None:
        """At start: what an earlier run left is replaced by the first screen."""
        self.flash.recognise(status)
        self._held.clear()
        self._doubt(status.dynamic_ids)
        self.picture.recognise(there=status.special_area and self._abilities.pictures)

    def lost(self, status: Status) -> bool:
        """Whether the card forgot what it was sent: it lost power, or somebody changed it."""
        self._drop_expired()
        same = set(status.dynamic_ids) == set(self._held)
        return not same or status.special_area != self.picture.shown

    def forget(self) -> None:
        """The card's RAM is empty."""
        self._held.clear()
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
        plan = self._plan(screen, in_program=screen.standing)
        if (plan.needs_pixels or plan.unshown) and self._learn_fonts():
            plan = self._plan(screen, in_program=screen.standing)
        if screen.standing and plan.fits_program:
            self._bring_standing(screen, plan, under_areas=under_areas)
        elif not under_areas:
            self._standing_in_ram = False
            self._bring_passing(self._plan(screen, in_program=False), screen.lifetime_s)
        drawn = [area for step in plan.steps if step.picture for area in step.picture.areas]
        return (*plan.unshown, *missing_glyphs(drawn))

    def _plan(self, screen: Screen, *, in_program: bool) -> Plan:
        plan = plan_screen(screen, self._spec, self._abilities, in_program=in_program)
        urgent = screen.priority >= EMERGENCY_PRIORITY
        return numbered_from_top(plan, self._abilities.areas) if urgent else plan

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
        for number, held in list(self._held.items()):
            if held.next_load_at_s is not None and held.next_load_at_s <= now_s:
                self._send({number: (held.zone, held.load + 1)}, held.deadline_s)
        self.picture.turn(now_s, self._clock.read().local)
        self._write_on()

    def next_turn_s(self) -> float | None:
        """Seconds until `turn` has something to do."""
        if self._to_flash is not None:
            return 0.0
        now_s = self._clock.monotonic_s()
        due = [
            held.next_load_at_s - now_s
            for held in self._held.values()
            if held.next_load_at_s is not None
        ]
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
        self._delete_areas()

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
            clear = self._beside_program
        self._beside_program = plan.needs_pixels
        self._bring_areas(step, deadline_s, clear=clear)
        if not plan.needs_pixels and self.picture.shown:
            self._try_to_remove_picture()
        play_s = math.ceil(step.play_s) + EXPIRY_SLACK_S if step.picture else step.play_s
        self._step_due_s = self._clock.monotonic_s() + play_s

    def _clear_way(self, step: Step) -> None:
        """Pixels share no place with a program or with areas of another step."""
        self._to_flash = None
        if not self.flash.is_empty():
            self.flash.erase()
        if not self._beside_program:
            self._delete_areas()
        if step.picture is None and self.picture.shown:
            self.picture.remove(wait=True)
        if step.picture is not None and step.picture != self.picture.zone:
            wanted = {zone.number: zone for zone in step.zones}
            moved = [n for n, held in self._held.items() if held.zone != wanted.get(n)]
            self._send({}, None, moved)

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
        self._delete_areas()
        self.flash.erase()
        if self.picture.shown:
            self.picture.remove()

    def _bring_areas(self, step: Step, deadline_s: float | None, *, clear: bool) -> None:
        if clear:
            clear = bool(self._held)
            self._doubt(self._held)
        wanted = {zone.number: zone for zone in step.zones}
        gone = [number for number in self._held if number not in wanted]
        changed = {
            number: (zone, 0)
            for number, zone in wanted.items()
            if not self._is_held(number, zone, deadline_s)
        }
        self._send(changed, deadline_s, None if clear else gone)

    def _drop_expired(self) -> None:
        """What the card took down by itself when its time was over."""
        now_s = self._clock.monotonic_s()
        for number, held in list(self._held.items()):
            if held.deadline_s is not None and held.deadline_s + DEADLINE_MARGIN_S <= now_s:
                del self._held[number]
        self.picture.drop_expired(now_s)

    def _bring_picture(self, step: Step, deadline_s: float | None, *, alone: bool) -> None:
        if step.picture is None:
            return
        now_s = self._clock.monotonic_s()
        timeout_s = 0 if alone else math.ceil(step.play_s)
        if deadline_s is not None:
            left_s = max(1, round(deadline_s - now_s))
            timeout_s = min(timeout_s or left_s, left_s, _LONGEST_TIMEOUT_S)
        if self.picture.show(step.picture, timeout_s, now_s, self._clock.read().local):
            self._link.exchange.traffic.areas_sent += 1

    def _is_held(self, number: int, zone: Zone, deadline_s: float | None) -> bool:
        held = self._held.get(number)
        if held is None or held.zone != zone:
            return False
        if held.deadline_s is None or deadline_s is None:
            return held.deadline_s == deadline_s
        return abs(held.deadline_s - deadline_s) <= DEADLINE_SLACK_S

    def _send(
        self,
        changed: dict[int, tuple[Zone, int]],
        deadline_s: float | None,
        gone: Sequence[int] | None = (),
    ) -> None:
        """Write areas in as few frames as the card's buffer allows; first delete some, or all."""
        something_goes = gone is None or bool(gone)
        for batch in self._batches(changed) or ([[]] if something_goes else []):
            leaving = list(self._held) if gone is None else gone
            self._doubt([*leaving, *batch])
            now_s = self._clock.monotonic_s()
            areas = [self._area(number, *changed[number], deadline_s, now_s) for number in batch]
            data = command.dynamic_areas(areas, delete=gone or (), delete_all=gone is None)
            self._link.ask(data, display_mode=0 if self._beside_program else _DYNAMIC_FIRST)
            self._held = {n: held for n, held in self._held.items() if n not in leaving}
            self._held |= {n: _held(*changed[n], now_s, deadline_s) for n in batch}
            self._link.exchange.traffic.areas_sent += len(batch)
            gone = ()

    def _batches(self, changed: dict[int, tuple[Zone, int]]) -> list[list[int]]:
        batches: list[list[int]] = []
        room = 0
        for number, (zone, index) in changed.items():
            size = 2 + FIXED_BYTES + len(zone.loads[index % len(zone.loads)].area.text)
            if size > room:
                batches.append([])
                room = self._abilities.frame_bytes - 8 - len(self._held)
            batches[-1].append(number)
            room -= size
        return batches

    def _area(
        self, number: int, zone: Zone, index: int, deadline_s: float | None, now_s: float
    ) -> TextArea:
        area = replace(zone.loads[index % len(zone.loads)].area, location=number)
        if deadline_s is None:
            return area
        left_s = min(_LONGEST_TIMEOUT_S, max(1, round(deadline_s - now_s)))
        return replace(area, run_mode=LOOP_UNTIL_TIMEOUT, timeout_s=left_s)

    def _delete_areas(self) -> None:
        if self._held:
            self._doubt(self._held)
            self._link.ask(command.dynamic_areas([], delete_all=True))
            self._held.clear()

    def _doubt(self, numbers: Iterable[int]) -> None:
        """Until the card has answered, these areas may or may not be there."""
        for number in list(numbers):
            self._held[number] = _Held(Zone(number, ()), 0, None, None)


def _held(zone: Zone, index: int, now_s: float, deadline_s: float | None) -> _Held:
    load = zone.loads[index % len(zone.loads)]
    next_s = now_s + load.play_s if len(zone.loads) > 1 else None
    return _Held(zone, index % len(zone.loads), next_s, deadline_s)
