"""A panel behind an Onbon BX-5E, BX-6E or BX-6Q card: pixels, drawn by the box.

Everything lives in the card's RAM, in dynamic areas; after a power cut the box sends it again.
The maker's way to write programs into these cards' flash is only partly known, so it is not
used. An emergency is an area with a time-out that the card keeps by itself.
"""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge_agent.led.drivers import hours
from edge_agent.led.drivers.exchange import Exchange, FirstUrgent, Preempted, Traffic
from edge_agent.led.drivers.onbon_6 import area as pixel_area
from edge_agent.led.drivers.onbon_6 import frame as wire
from edge_agent.led.drivers.onbon_6.area import PixelArea, pack_area
from edge_agent.led.drivers.onbon_6.plan import Zone, plan_screen, rectangle, still_area
from edge_agent.led.drivers.onbon_wire import Splitter
from edge_agent.led.drivers.picture import missing_glyphs
from edge_agent.led.panel import BadFrame, PanelError, PanelRefused, PanelSilent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, time

    from edge_agent.clock import Clock
    from edge_agent.led.drivers.picture import Wall
    from edge_agent.led.line import Line
    from edge_agent.led.panel import PanelSpec, Screen, Sent

_log = logging.getLogger(__name__)

RENEW_EVERY_S = 300.0
"""How often everything is sent again, because the card does not tell whether it lost power."""
CHECK_EVERY_S = 2.0
"""How often it is asked for its status: one that says nothing may be starting anew."""
CLOCK_TIMEOUT_S = 180
"""A clock that the box draws every minute goes away when the box is dead."""
BUSY_TRIES = 6
_ERR_BUSY, _ERR_CHECKSUM = 3, 5
_MOST_AREAS_6Q, _MOST_AREAS_6E = 32, 4
_DEADLINE_SLACK_S = 3.0
_LONGEST_TIMEOUT_S = 0xFFFF
_MOST_TIMERS = 3


class ReplyFrames:
    """Sound reply frames in the bytes that come in; whatever is damaged is left out."""

    def __init__(self) -> None:
        self._splitter = Splitter(limit=8192)

    def feed(self, data: bytes) -> list[wire.Frame]:
        """Replies that are complete now."""
        replies = []
        for escaped in self._splitter.feed(data):
            try:
                frame = wire.unpack_escaped(escaped)
            except BadFrame as error:
                _log.debug("left out a damaged reply: %s", error)
                continue
            if frame.is_reply and len(frame.body) >= 9:
                replies.append(frame)
        return replies


@dataclass(slots=True)
class _Held:
    """One dynamic area as the card has it."""

    zone: Zone
    load: int
    since_s: float
    next_s: float | None
    deadline_s: float | None
    wall: Wall | None = None
    pixels: bytes = b""


class Onbon6:
    """Drives one graphic card; see `edge_agent.led.panel.Panel`.

    Args:
        line: Where the card is.
        spec: Size and colours of the panel.
        clock: For time-outs and page turns.
        address: The card's number; without one, whichever card is on the line.
    """

    def __init__(
        self, line: Line, spec: PanelSpec, *, clock: Clock, address: int | None = None
    ) -> None:
        self._spec = spec
        self._clock = clock
        self._exchange: Exchange[wire.Frame] = Exchange(line, ReplyFrames, clock)
        self._given_address = wire.BROADCAST if address is None else address
        self._header = wire.Header(to=self._given_address)
        self._most_areas = _MOST_AREAS_6E
        self._sequence = 0
        self._connected = False
        self._held: dict[int, _Held] = {}
        self._renew_at_s = self._check_at_s = 0.0

    @property
    def spec(self) -> PanelSpec:
        """Size and abilities."""
        return self._spec

    def show(self, screen: Screen, *, urgent: Callable[[], Screen | None] | None = None) -> Sent:
        """Bring the panel to ``screen``. Raises: PanelSilent, PanelRefused, LineLost."""
        first = FirstUrgent(urgent)
        self._exchange.traffic = Traffic()
        self._exchange.urgent = first
        try:
            self._bring(screen)
        except Preempted:
            self._exchange.urgent = None
            screen = first.instead_of(screen)
            self._bring(screen)
        finally:
            self._exchange.urgent = None
        return self._exchange.traffic.as_sent(missing_glyphs(screen.areas))

    def keep_up(self, *, urgent: Callable[[], bool] | None = None) -> float | None:
        """Send loads and drawings that are due; renew everything now and then."""
        if not self._held:
            return None
        self._exchange.traffic = Traffic()
        self._exchange.urgent = urgent
        try:
            self._look_after(self._clock.monotonic_s())
        except Preempted:
            return 0.0
        except PanelError:
            self._lose()
            raise
        finally:
            self._exchange.urgent = None
        due = [held.next_s for held in self._held.values() if held.next_s is not None]
        due += [self._renew_at_s, self._check_at_s]
        return max(0.0, min(due) - self._clock.monotonic_s())

    def _look_after(self, now_s: float) -> None:
        self._drop_expired(now_s)
        if now_s >= self._check_at_s and not self._is_awake():
            self._renew_at_s = 0.0
        if now_s >= self._renew_at_s:
            self._renew_at_s = now_s + RENEW_EVERY_S
            known = [held for held in self._held.values() if held.zone.loads or held.zone.drawn]
            for held in known:
                self._send(held.zone, held.load, held.deadline_s)
        for held in list(self._held.values()):
            if held.next_s is not None and held.next_s <= now_s:
                self._turn(held)

    def set_brightness(self, levels: Sequence[int]) -> None:
        """48 half-hour levels from 00:00, each 0 to 15, kept by the card; 0 is really dark.

        The card's timers switch it, so that it is dark and lit again without the box.
        """
        levels = hours.checked(levels)
        self._command(0xA2, 0x07, bytes([1, *levels]))
        self._set_hours(levels)

    def force_brightness(self, level: int) -> None:
        """One level, 0 to 15, until a table is set again."""
        self._command(0xA2, 0x07, bytes([0] + [min(15, max(0, level))] * 48))

    def use_light_sensor(self, levels: Sequence[int]) -> None:
        """Leave the brightness to the card's own sensor; dark where ``levels`` are 0."""
        self._command(0xA2, 0x07, bytes([2] + [15] * 48))
        self._set_hours(hours.checked(levels))

    def set_clock(self, now: datetime) -> None:
        """Set the card's clock to local time ``now``."""
        digits = now.strftime("%Y%m%d%H%M%S") + f"0{now.isoweekday()}"
        stamp = bytes.fromhex(digits[2:4] + digits[:2] + digits[4:])
        self._command(0xA2, 0x02, stamp)

    def set_power(self, *, on: bool) -> None:
        """Switch the panel on or off."""
        self._command(0xA2, 0x05, bytes([on]))

    def set_timers(self, pairs: Sequence[tuple[time, time]]) -> None:
        """Daily (on, off) times, none across midnight; none cancels them."""
        stamps = "".join(moment.strftime("%H%M") for pair in pairs for moment in pair)
        if pairs:
            self._command(0xA2, 0x06, bytes([len(pairs)]) + bytes.fromhex(stamps))
        else:
            self._command(0xA2, 0x08, b"")

    def _set_hours(self, levels: Sequence[int]) -> None:
        lit = hours.lit_hours(levels)
        self.set_timers(lit if len(lit) <= _MOST_TIMERS else ())
        self.set_power(on=hours.level_at(levels, self._clock.read().local) > 0)

    def clear(self) -> None:
        """Delete every dynamic area."""
        self._dynamic(bytes([1, 0xA7, 0x01, 0xFF]))
        self._held.clear()

    def close(self) -> None:
        """Release the line; the card goes on showing."""
        self._lose()
        self._exchange.line.close()

    def _bring(self, screen: Screen) -> None:
        try:
            if not self._connected:
                self._connect()
            now_s = self._clock.monotonic_s()
            self._drop_expired(now_s)
            deadline_s = None if screen.lifetime_s is None else now_s + screen.lifetime_s
            zones = {
                zone.number: zone for zone in plan_screen(screen, self._spec, self._most_areas)
            }
            gone = [number for number in self._held if number not in zones]
            if gone:
                self._dynamic(bytes([1, 0xA7, 0x01, 0, 0, len(gone), *gone]))
                for number in gone:
                    del self._held[number]
            for number, zone in zones.items():
                if not self._is_held(number, zone, deadline_s):
                    self._send(zone, 0, deadline_s)
                    self._exchange.traffic.areas_sent += 1
        except PanelError:
            self._lose()
            raise

    def _is_held(self, number: int, zone: Zone, deadline_s: float | None) -> bool:
        held = self._held.get(number)
        if held is None or held.zone != zone:
            return False
        if held.deadline_s is None or deadline_s is None:
            return held.deadline_s == deadline_s
        return abs(held.deadline_s - deadline_s) <= _DEADLINE_SLACK_S

    def _send(self, zone: Zone, load: int, deadline_s: float | None) -> None:
        now_s = self._clock.monotonic_s()
        if zone.drawn:
            wall = zone.wall(self._spec)
            self._held[zone.number] = _Held(zone, 0, now_s, now_s, deadline_s, wall)
            self._turn(self._held[zone.number])
            return
        chosen = zone.loads[load % len(zone.loads)]
        self._held[zone.number] = _Held(Zone(zone.number), 0, now_s, None, None)
        self._write(replace(chosen.area, number=zone.number), deadline_s)
        next_s = now_s + chosen.play_s if len(zone.loads) > 1 else None
        self._held[zone.number] = _Held(zone, load % len(zone.loads), now_s, next_s, deadline_s)

    def _turn(self, held: _Held) -> None:
        """Send the next load, or the drawing as it is now."""
        if held.wall is None:
            self._send(held.zone, held.load + 1, held.deadline_s)
            return
        now_s, now = self._clock.monotonic_s(), self._clock.read().local
        left, top, _, _ = rectangle(held.zone.drawn)
        image = held.wall.image(now_s - held.since_s, now)
        area = still_area(held.zone.number, image, left, top, self._spec)
        if area.pages[0].pixels != held.pixels:
            if held.deadline_s is None and all(each.clock_format for each in held.zone.drawn):
                area = replace(
                    area, run_mode=pixel_area.LOOP_UNTIL_TIMEOUT, timeout_s=CLOCK_TIMEOUT_S
                )
            self._write(area, held.deadline_s)
            held.pixels = area.pages[0].pixels
        turn_s = held.wall.next_turn_s(now_s - held.since_s, now)
        held.next_s = None if turn_s is None else now_s + turn_s

    def _write(self, area: PixelArea, deadline_s: float | None) -> None:
        if deadline_s is not None:
            left_s = round(deadline_s - self._clock.monotonic_s())
            timeout_s = min(_LONGEST_TIMEOUT_S, max(1, left_s))
            area = replace(area, run_mode=pixel_area.LOOP_UNTIL_TIMEOUT, timeout_s=timeout_s)
        block = pack_area(area)
        self._dynamic(bytes([1, 0xA7, 0]) + struct.pack("<HH", len(block) & 0xFFFF, 1) + block)

    def _is_awake(self) -> bool:
        """Whether it answers at the first try; any answer will do, older cards know no status."""
        self._check_at_s = self._clock.monotonic_s() + CHECK_EVERY_S
        question = wire.pack(wire.Frame(self._header, wire.request(0xA2, 0x0F)))
        try:
            self._exchange.ask(question, tries=1)
        except PanelSilent:
            _log.info("the card was silent: it may have lost power, everything is sent again")
            return False
        return True

    def _connect(self) -> None:
        self._header = wire.Header(to=self._given_address)
        data = self._ask(wire.Frame(self._header, wire.request(0xA2, 0x00))).body[9:]
        if len(data) < 13:
            raise BadFrame(f"the ping answer has {len(data)} data bytes, at least 13 are due")
        (model,) = struct.unpack_from("<H", data)
        (address,) = struct.unpack_from("<H", data, 11)
        self._header = replace(self._header, to=address, device=model)
        self._most_areas = _MOST_AREAS_6Q if model & 0xFF == 0x66 else _MOST_AREAS_6E
        self._connected = True
        self._dynamic(bytes([1, 0xA7, 0x01, 0xFF]))
        self._renew_at_s = self._clock.monotonic_s() + RENEW_EVERY_S

    def _command(self, group: int, command: int, data: bytes) -> None:
        try:
            if not self._connected:
                self._connect()
            self._sequence = self._sequence + 2 & 0xFFFF
            header = replace(self._header, sequence=self._sequence)
            self._ask(wire.Frame(header, wire.request(group, command, data)))
        except PanelError:
            self._lose()
            raise

    def _dynamic(self, body: bytes) -> None:
        self._ask(wire.Frame(replace(self._header, version=wire.DYNAMIC), body))

    def _ask(self, frame: wire.Frame) -> wire.Frame:
        wire_bytes = wire.pack(frame)
        for attempt in range(BUSY_TRIES):
            answer = self._exchange.ask(wire_bytes)
            error = int.from_bytes(answer.body[5:7], "little")
            if error not in (_ERR_BUSY, _ERR_CHECKSUM) or attempt + 1 == BUSY_TRIES:
                break
            self._exchange.pause(0.1 * 2**attempt)
        if error or answer.command == (0xA0, 0x01):
            name = wire.NAMES.get(frame.command, "command")
            reason = wire.ERRORS[error] if error < len(wire.ERRORS) else f"error {error}"
            raise PanelRefused(
                f"控制卡拒绝了命令 {name}（{error}）/ the card refused {name}: {reason}", error
            )
        return answer

    def _drop_expired(self, now_s: float) -> None:
        for number, held in list(self._held.items()):
            if held.deadline_s is not None and held.deadline_s <= now_s:
                del self._held[number]

    def _lose(self) -> None:
        self._connected = False
        self._held.clear()
