"""An emulated Onbon BX-6E or BX-6Q card; the maker's own SDK 0.6.0 takes it for a real one.

Its answers to ping, power, brightness, clock and dynamic areas are those that the SDK accepted,
byte for byte. All it shows is in RAM.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from PIL import Image

from edge_agent.clock import CHINA
from edge_agent.led.drivers.onbon_6 import area as pixel_area
from edge_agent.led.drivers.onbon_6 import frame as wire
from edge_agent.led.drivers.onbon_6.area import PixelArea, unpack_areas, unpack_pixels
from edge_agent.led.drivers.onbon_6.decode import deleted
from edge_agent.led.drivers.onbon_6.plan import speed_px_per_s
from edge_agent.led.drivers.onbon_wire import Splitter, unescape
from edge_agent.led.emulators.card import Card, Matrix
from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.clock import Clock
    from edge_agent.led.emulators.faults import Faults

MODEL_6E2 = 0x0274
MODEL_6Q2 = 0x0266
_ERR_COMMAND, _ERR_BUSY, _ERR_MEMORY, _ERR_CHECKSUM, _ERR_DATE = 2, 3, 4, 5, 14
_PING_TAIL = 10 + 276
LONGEST_FRAME = 1 << 20
"""Room for an escaped picture of the largest full-colour panel; what a card has is not known."""
_BY_SENSOR, _BY_SENSOR_TABLE = 2, 3
"""Brightness by the card's sensor, with its own curve or (as the SDK sends it) with a table."""


class _RefusalError(ValueError):
    def __init__(self, code: int) -> None:
        super().__init__(wire.ERRORS[code])
        self.code = code


@dataclass(slots=True)
class _Stored:
    area: PixelArea
    images: list[Image.Image]
    at_s: float

    def expired(self, at_s: float) -> bool:
        timed = self.area.run_mode == pixel_area.LOOP_UNTIL_TIMEOUT
        return timed and at_s >= self.at_s + self.area.timeout_s


class Onbon6Card(Card):
    """One card.

    Args:
        matrix: The panel behind it.
        clock: The card's sense of time.
        faults: What is wrong with line and card.
        model: Controller type; without one, a 6E2, or a 6Q2 for full colour.
    """

    baud = 57600
    boot_s = 2.0
    """From power to the first answer; assumed."""

    def __init__(
        self,
        matrix: Matrix,
        clock: Clock,
        faults: Faults | None = None,
        *,
        model: int | None = None,
    ) -> None:
        super().__init__(matrix, clock, faults)
        self.model = model or (MODEL_6Q2 if matrix.colours == "full" else MODEL_6E2)
        self.address = 1
        self.on = True
        self.light_mode = 0
        self.levels = [15] * 48
        self.timers: list[tuple[int, int]] = []
        """Daily (on, off) in minutes from midnight."""
        self.clock_offset_s = 0.0
        self.stored: dict[int, _Stored] = {}
        self._splitter = Splitter(limit=LONGEST_FRAME)

    def card_now(self) -> datetime:
        """The time by the card's own clock."""
        return self.local_now() + timedelta(seconds=self.clock_offset_s)

    def frame(self, at_s: float) -> Image.Image:
        """What the panel shows at monotonic ``at_s``."""
        self._drop_expired(at_s)
        size = self.matrix.width_px, self.matrix.height_px
        whole = Image.new("1" if self.matrix.colours == "mono" else "RGB", size)
        if self.lit:
            for stored in self.stored.values():
                place = stored.area.x_px, stored.area.y_px
                whole.paste(_image(stored, at_s - stored.at_s), place)
        return whole

    @property
    def lit(self) -> bool:
        """Switched on, and within the daily hours when there are any."""
        now = self.card_now()
        minute = now.hour * 60 + now.minute
        timed = not self.timers or any(on <= minute < off for on, off in self.timers)
        return self.on and timed

    def brightness(self) -> float:
        """The level of this half hour; a sensor is taken to see daylight."""
        if self.light_mode >= _BY_SENSOR:
            return 1.0
        now = self.card_now()
        return (self.levels[now.hour * 2 + now.minute // 30] + 1) / 16

    def areas(self) -> list[dict[str, Any]]:
        """What is stored, as read from the wire."""
        self._drop_expired(self.clock.monotonic_s())
        return [
            {
                "kind": f"dynamic {number}",
                "x_px": stored.area.x_px,
                "y_px": stored.area.y_px,
                "width_px": stored.area.width_px,
                "height_px": stored.area.height_px,
                "pages": len(stored.area.pages),
                "timeout_s": stored.area.timeout_s if stored.area.run_mode == 2 else None,
            }
            for number, stored in self.stored.items()
        ]

    def state(self) -> dict[str, Any]:
        """Counters and contents."""
        clock = self.card_now().isoformat(timespec="seconds")
        return super().state() | {
            "model": wire.MODELS[self.model],
            "on": self.on,
            "card_clock": clock,
        }

    def flash_state(self) -> dict[str, Any]:
        """Settings."""
        return {
            "levels": self.levels,
            "light_mode": self.light_mode,
            "timers": self.timers,
            "clock_offset_s": self.clock_offset_s,
        }

    def load_flash_state(self, state: dict[str, Any]) -> None:
        """Take over settings."""
        self.levels = list(state["levels"])
        self.light_mode = int(state["light_mode"])
        self.timers = [(on, off) for on, off in state.get("timers", [])]
        self.clock_offset_s = float(state["clock_offset_s"])

    def _lose_ram(self) -> None:
        self.stored = {}
        self.on = True
        self._splitter = Splitter(limit=LONGEST_FRAME)

    def _drop_expired(self, at_s: float) -> None:
        for number, stored in list(self.stored.items()):
            if stored.expired(at_s):
                del self.stored[number]
                self.changes += 1

    def _take(self, data: bytes) -> bytes:
        return b"".join(self._answer(escaped) for escaped in self._splitter.feed(data))

    def _answer(self, escaped: bytes) -> bytes:
        try:
            frame = wire.unpack_escaped(escaped)
        except BadFrame:
            return self._answer_damaged(escaped)
        if frame.header.to not in (self.address, wire.BROADCAST, wire.BROADCAST_SILENT):
            return b""
        if frame.is_reply:
            return b""
        self.frames_received += 1
        try:
            body = self._obey(frame)
        except _RefusalError as refusal:
            body = wire.reply(0xA0, 0x01, error=refusal.code)
        except (BadFrame, IndexError, struct.error):
            body = wire.reply(0xA0, 0x01, error=_ERR_CHECKSUM)
        if frame.header.to == wire.BROADCAST_SILENT:
            return b""
        return wire.pack(wire.Frame(frame.header.answered(), body))

    def _answer_damaged(self, escaped: bytes) -> bytes:
        self.frames_damaged += 1
        try:
            plain = unescape(escaped)
        except BadFrame:
            return b""
        to = int.from_bytes(plain[:2], "little")
        if len(plain) < 18 or to not in (self.address, wire.BROADCAST):
            return b""
        version = wire.DYNAMIC if plain[4] == wire.DYNAMIC else wire.COMMAND
        sender = int.from_bytes(plain[2:4], "little")
        header = wire.Header(to=sender, sender=to, version=version, device=self.model)
        return wire.pack(wire.Frame(header, wire.reply(0xA0, 0x01, error=_ERR_CHECKSUM)))

    def _obey(self, frame: wire.Frame) -> bytes:
        if self.faults.take("busy"):
            raise _RefusalError(_ERR_BUSY)
        body = frame.body
        if frame.command == (0xA2, 0x00):
            return wire.reply(0xA2, 0x80, self._ping_data())
        if frame.command == (0xA2, 0x0F):
            return wire.reply(0xA2, 0x8F, self._status_data())
        change = self._changes().get(frame.command)
        if change is None:
            raise _RefusalError(_ERR_COMMAND)
        change(body)
        self.changes += 1
        return wire.reply(0xA0, 0x00)

    def _changes(self) -> dict[tuple[int, int], Callable[[bytes], None]]:
        return {
            (0xA2, 0x02): self._set_clock,
            (0xA2, 0x05): self._set_power,
            (0xA2, 0x06): self._set_timers,
            (0xA2, 0x07): self._set_levels,
            (0xA2, 0x08): self._cancel_timers,
            (0xA7, 0x00): self._store,
            (0xA7, 0x01): self._delete,
        }

    def _ping_data(self) -> bytes:
        colours = {"mono": 1, "dual": 3, "full": 255}[self.matrix.colours]
        size = self.matrix.width_px, self.matrix.height_px
        baud = 2 if self.baud >= 57600 else 1
        level = self.levels[self.card_now().hour * 2]
        told = struct.pack(
            "<H8sBHBHHBBB", self.model, b"18110801", 1, self.address, baud, *size, colours, level,
            self.on,
        )  # fmt: skip
        return told + b"\0\0\x10" + bytes(_PING_TAIL - 3)

    def _status_data(self) -> bytes:
        """Power, light, programs (none), locks, clock, sensors (none), names, as the SDK reads."""
        now = self.card_now()
        level = self.levels[now.hour * 2 + now.minute // 30]
        front = struct.pack(
            "<BBBBH4sBBBB", self.lit, bool(self.timers), self.light_mode, level, 0, b"", 0, 0, 0, 1
        )
        digits = now.strftime("%Y%m%d%H%M%S") + f"0{now.isoweekday()}"
        stamp = bytes.fromhex(digits[2:4] + digits[:2] + digits[4:])
        return front + stamp + bytes(11 + 12 + 16)

    def _set_power(self, body: bytes) -> None:
        self.on = body[5] == 1

    def _cancel_timers(self, body: bytes) -> None:
        del body
        self.timers = []

    def _delete(self, body: bytes) -> None:
        numbers = deleted(body)
        for number in list(self.stored) if numbers is None else numbers:
            self.stored.pop(number, None)

    def _set_timers(self, body: bytes) -> None:
        data = body[5:]
        times = [int(data[at : at + 2].hex()) for at in range(1, 1 + 4 * data[0], 2)]
        minutes = [time // 100 * 60 + time % 100 for time in times]
        pairs = list(zip(minutes[::2], minutes[1::2], strict=True))
        if len(minutes) != 2 * data[0] or any(off <= on for on, off in pairs):
            raise _RefusalError(_ERR_DATE)
        self.timers = pairs

    def _set_levels(self, body: bytes) -> None:
        levels = list(body[6:54])
        if body[5] > _BY_SENSOR_TABLE or len(levels) != 48 or max(levels) > 15:
            raise _RefusalError(_ERR_CHECKSUM)
        self.light_mode, self.levels = body[5], levels

    def _set_clock(self, body: bytes) -> None:
        stamp = body[5:13]
        digits = (bytes([stamp[1], stamp[0]]) + stamp[2:7]).hex()
        try:
            wanted = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
        except ValueError as error:
            raise _RefusalError(_ERR_DATE) from error
        self.clock_offset_s = (wanted - self.local_now()).total_seconds()

    def _store(self, body: bytes) -> None:
        most = 32 if self.model & 0xFF == 0x66 else 4
        for area in unpack_areas(body[3:]):
            inside = (
                area.x_px + area.width_px <= self.matrix.width_px
                and area.y_px + area.height_px <= self.matrix.height_px
            )
            if area.number >= most or not inside or not area.pages:
                raise _RefusalError(_ERR_MEMORY)
            images = [unpack_pixels(page.pixels, area, self.matrix.colours) for page in area.pages]
            self.stored[area.number] = _Stored(area, images, self.clock.monotonic_s())


def _image(stored: _Stored, elapsed_s: float) -> Image.Image:
    """The page that is on, and where it is when it is moving."""
    area = stored.area
    if all(page.mode == pixel_area.LEFT_CONTINUOUS for page in area.pages):
        return _continuous(stored, elapsed_s)
    lengths = [max(0.1, page.stay_cs / 100) for page in area.pages]
    if area.run_mode == pixel_area.STOP_ON_LAST and elapsed_s >= sum(lengths):
        return stored.images[-1]
    into_s = elapsed_s % sum(lengths)
    for image, length_s in zip(stored.images, lengths, strict=True):
        if into_s < length_s:
            return image
        into_s -= length_s
    return stored.images[-1]


def _continuous(stored: _Stored, elapsed_s: float) -> Image.Image:
    """Pages behind one another, moving left without a gap."""
    width = stored.area.width_px
    way_px = width * len(stored.images)
    left = int(elapsed_s * speed_px_per_s(stored.area.pages[0].speed)) % way_px - width
    window = Image.new(stored.images[0].mode, stored.images[0].size)
    for number, image in enumerate(stored.images):
        window.paste(image, (number * width - left, 0))
    return window
