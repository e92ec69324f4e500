"""What a K card's dynamic areas hold, and the frames that change them (section 8.2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import command
from edge_agent.led.drivers.onbon_k.area import FIXED_BYTES, LOOP_UNTIL_TIMEOUT
from edge_agent.led.drivers.onbon_k.plan import Zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from edge_agent.clock import Clock
    from edge_agent.led.drivers.onbon_k.area import TextArea
    from edge_agent.led.drivers.onbon_k.link import CardLink

DEADLINE_MARGIN_S = 2.0
"""The card counts a time-out from when a frame has arrived, so it ends later than ours."""
DEADLINE_SLACK_S = 3.0
"""A time-out on the card is renewed when it is off by more than this."""
LONGEST_TIMEOUT_S = 0xFFFF
_DYNAMIC_FIRST = 1


@dataclass(slots=True)
class Held:
    """One dynamic area as the card has it."""

    zone: Zone
    load: int
    next_load_at_s: float | None
    deadline_s: float | None


class DynamicAreas:
    """The text areas in the card's RAM: sent when they differ from what is held."""

    def __init__(self, link: CardLink, frame_bytes: int, clock: Clock) -> None:
        self._link = link
        self._frame_bytes = frame_bytes
        self._clock = clock
        self._held: dict[int, Held] = {}
        self.beside_program = True
        """Whether areas stand beside program and pixels, or hide them."""

    def __bool__(self) -> bool:
        """Whether the card may hold any."""
        return bool(self._held)

    @property
    def numbers(self) -> set[int]:
        """The areas that the card may hold."""
        return set(self._held)

    def forget(self) -> None:
        """The card's RAM is empty."""
        self._held.clear()

    def doubt(self, numbers: Iterable[int]) -> None:
        """Until the card has answered, these areas may or may not be there."""
        for number in list(numbers):
            self._held[number] = Held(Zone(number, ()), 0, None, None)

    def drop_expired(self) -> None:
        """What the card took down by itself when its time was over."""
        now_s = self._clock.monotonic_s()
        for number, held in list(self._held.items()):
            if held.deadline_s is not None and held.deadline_s + DEADLINE_MARGIN_S <= now_s:
                del self._held[number]

    def bring(self, zones: Sequence[Zone], deadline_s: float | None, *, clear: bool) -> None:
        """Make these the areas on the card; ``clear``: delete what is there in the same frame."""
        if clear:
            clear = bool(self._held)
            self.doubt(self._held)
        wanted = {zone.number: zone for zone in zones}
        gone = [number for number in self._held if number not in wanted]
        changed = {
            number: (zone, 0)
            for number, zone in wanted.items()
            if not self._is_held(number, zone, deadline_s)
        }
        self._send(changed, deadline_s, None if clear else gone)

    def make_way(self, zones: Sequence[Zone]) -> None:
        """Delete the areas that will not stay when ``zones`` are brought."""
        wanted = {zone.number: zone for zone in zones}
        moved = [n for n, held in self._held.items() if held.zone != wanted.get(n)]
        self._send({}, None, moved)

    def turn(self) -> None:
        """Send the loads that are due."""
        now_s = self._clock.monotonic_s()
        for number, held in list(self._held.items()):
            if held.next_load_at_s is not None and held.next_load_at_s <= now_s:
                self._send({number: (held.zone, held.load + 1)}, held.deadline_s)

    def due_s(self) -> Iterator[float]:
        """Seconds until each load that is to follow."""
        now_s = self._clock.monotonic_s()
        for held in self._held.values():
            if held.next_load_at_s is not None:
                yield held.next_load_at_s - now_s

    def delete_all(self) -> None:
        """Take every area down; nothing is sent when there are none."""
        if self._held:
            self.doubt(self._held)
            self._link.ask(command.dynamic_areas([], delete_all=True))
            self._held.clear()

    def _is_held(self, number: int, zone: Zone, deadline_s: float | None) -> bool:
        held = self._held.get(number)
        if held is None or held.zone != zone:
            return False
        if held.deadline_s is None or deadline_s is None:
            return held.deadline_s == deadline_s
        return abs(held.deadline_s - deadline_s) <= DEADLINE_SLACK_S

    def _send(
        self,
        changed: Mapping[int, tuple[Zone, int]],
        deadline_s: float | None,
        gone: Sequence[int] | None = (),
    ) -> None:
        """Write areas in as few frames as the card's buffer allows; first delete some, or all."""
        something_goes = gone is None or bool(gone)
        for batch in self._batches(changed) or ([[]] if something_goes else []):
            leaving = list(self._held) if gone is None else gone
            self.doubt([*leaving, *batch])
            now_s = self._clock.monotonic_s()
            areas = [self._area(number, *changed[number], deadline_s, now_s) for number in batch]
            data = command.dynamic_areas(areas, delete=gone or (), delete_all=gone is None)
            self._link.ask(data, display_mode=0 if self.beside_program else _DYNAMIC_FIRST)
            self._held = {n: held for n, held in self._held.items() if n not in leaving}
            self._held |= {n: _held(*changed[n], now_s, deadline_s) for n in batch}
            self._link.exchange.traffic.areas_sent += len(batch)
            gone = ()

    def _batches(self, changed: Mapping[int, tuple[Zone, int]]) -> list[list[int]]:
        batches: list[list[int]] = []
        room = 0
        for number, (zone, index) in changed.items():
            size = 2 + FIXED_BYTES + len(zone.loads[index % len(zone.loads)].area.text)
            if size > room:
                batches.append([])
                room = self._frame_bytes - 8 - len(self._held)
            batches[-1].append(number)
            room -= size
        return batches

    def _area(
        self, number: int, zone: Zone, index: int, deadline_s: float | None, now_s: float
    ) -> TextArea:
        area = replace(zone.loads[index % len(zone.loads)].area, location=number)
        if deadline_s is None:
            return area
        left_s = min(LONGEST_TIMEOUT_S, max(1, round(deadline_s - now_s)))
        return replace(area, run_mode=LOOP_UNTIL_TIMEOUT, timeout_s=left_s)


def _held(zone: Zone, index: int, now_s: float, deadline_s: float | None) -> Held:
    load = zone.loads[index % len(zone.loads)]
    next_s = now_s + load.play_s if len(zone.loads) > 1 else None
    return Held(zone, index % len(zone.loads), next_s, deadline_s)
