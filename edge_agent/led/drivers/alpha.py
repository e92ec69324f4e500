"""Alpha signs (BetaBrite, Adaptive): pages as dot pictures, because the sign's font is Latin.

The sign does not answer. An emergency is the priority text, which covers all else until it is
released; pictures written while it runs are lost, so everything else waits until then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.led.drivers import alpha_frame as wire
from edge_agent.led.drivers.exchange import Preempted
from edge_agent.led.drivers.picture import Wall, missing_glyphs
from edge_agent.led.drivers.registry import Driver
from edge_agent.led.drivers.text_sign import EMERGENCY_PRIORITY, TextSign
from edge_agent.led.panel import PanelRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from PIL import Image

    from edge_agent.clock import Clock
    from edge_agent.led.line import Line
    from edge_agent.led.panel import PanelSpec, Screen

MOST_ROWS, MOST_COLUMNS = 31, 255
MOST_PAGES = 24
"""Pages that are kept in the sign's memory at a time."""
PICTURE_PAUSE_S = 0.1
"""What the manual asks for after the width of a picture."""
TEXT_LABEL = b"A"
URGENT_PICTURE = b"z"
_LABELS = [bytes([code]) for code in range(ord("B"), ord("Z"))]
_CLEAR_DIM = b"E/"


class Alpha(TextSign):
    """Drives one Alpha sign; see `edge_agent.led.panel.Panel`. At most 255×31 dots."""

    renew_every_s = 3600.0
    """Seldom: the sign is dark while its memory is divided anew."""

    def __init__(
        self, line: Line, spec: PanelSpec, *, clock: Clock, address: int | None = None
    ) -> None:
        del address
        if spec.height_px > MOST_ROWS or spec.width_px > MOST_COLUMNS:
            raise PanelRefused(
                "Alpha 屏最大 255×31 点，请检查尺寸 / an Alpha sign has at most 255x31 dots: "
                "check width and height",
                4,
            )
        super().__init__(spec, clock)
        self._line = line
        self._cut: Callable[[], bool] | None = None
        self._prepared = False
        self._priority_on = False
        self._pictures: dict[bytes, list[str]] = {}
        self._text = b""
        self._wall: Wall | None = None
        self._since_s = 0.0

    def _send_level(self, before: int | None, level: int) -> None:
        """The sign has one level, that of the present half hour."""
        del before
        self._send(_CLEAR_DIM + b"%02X" % round((15 - level) * 4 / 15))

    def set_clock(self, now: datetime) -> None:
        """Set the sign's time and weekday (1 is Sunday)."""
        self._send(b"E " + now.strftime("%H%M").encode("ascii"))
        self._send(b"E&" + b"%d" % (now.isoweekday() % 7 + 1))

    def close(self) -> None:
        """Release the line; the sign goes on showing."""
        self._forget()
        self._line.close()

    def _send_pages(self, screen: Screen) -> None:
        urgent = screen.priority >= EMERGENCY_PRIORITY
        if not self._prepared:
            self._prepare()
        if self._priority_on:
            self._send(wire.text(wire.PRIORITY, b""))
            self._priority_on = False
        areas = [area for area in screen.areas if not area.clock_format]
        self._wall = Wall(areas, self._spec)
        self._since_s = self._clock.monotonic_s()
        labels = [URGENT_PICTURE] if urgent else _LABELS[:MOST_PAGES]
        calls = self._send_pictures(labels)
        if urgent:
            self._send(wire.text(wire.PRIORITY, calls[0]))
            self._priority_on = True
        elif (content := wire.NEW_PAGE.join(calls)) != self._text:
            self._text = b""
            self._send(wire.text(TEXT_LABEL, content))
            self._text = content

    def _send_pictures(self, labels: list[bytes]) -> list[bytes]:
        """Write the pages as pictures; returns what calls each of them in a text."""
        if self._wall is None:
            return []
        now = self._clock.read().local
        calls = []
        at_s = 0.0
        for label in labels:
            self._send_picture(label, dots_of(self._wall.image(at_s, now)))
            calls.append(wire.CALL_PICTURE + label)
            turn_s = self._wall.next_turn_s(at_s, now)
            if turn_s is None or at_s + turn_s >= self._loop_s():
                break
            at_s += turn_s + 1e-6
        return calls

    def _loop_s(self) -> float:
        return self._wall.loop_s if self._wall is not None else 0.0

    def _send_picture(self, label: bytes, rows: list[str]) -> None:
        if self._pictures.get(label) == rows:
            return
        self._pictures.pop(label, None)
        self._send(wire.small_dots(label, rows))
        self._clock.sleep(PICTURE_PAUSE_S)
        self._pictures[label] = rows

    def _prepare(self) -> None:
        """Divide the sign's memory once; it forgets what it had."""
        size = self._spec.height_px, self._spec.width_px
        entries = [wire.text_memory(TEXT_LABEL, 0x100)]
        entries += [wire.dots_memory(label, *size) for label in [*_LABELS, URGENT_PICTURE]]
        self._send(wire.text(wire.PRIORITY, b""))
        self._send(wire.memory(entries))
        self._send(wire.run_sequence(TEXT_LABEL))
        self._pictures.clear()
        self._text = b""
        self._prepared = True

    def _send(self, data: bytes) -> None:
        packet = wire.pack(data)
        if self._cut is not None and self._cut():
            raise Preempted
        self._line.open()
        if self.traffic.first_byte_at_s is None:
            self.traffic.first_byte_at_s = self._clock.monotonic_s()
        self.traffic.bytes_sent += len(packet)
        self.traffic.frames += 1
        if not self._line.write(packet, cut=self._cut):
            raise Preempted

    def _unshown(self, screen: Screen) -> tuple[str, ...]:
        return missing_glyphs(screen.areas)

    def _renew(self) -> None:
        self._prepared = False
        super()._renew()

    def _forget(self) -> None:
        super()._forget()
        self._prepared = self._priority_on = False

    def _set_urgent(self, cut: Callable[[], bool] | None) -> None:
        self._cut = cut


def dots_of(image: Image.Image) -> list[str]:
    """An image as rows of the sign's digits: 0 dark, 1 red, 2 green, 3 amber."""
    if image.mode == "1":
        data = image.convert("L").tobytes()
        digits = "".join("1" if level else "0" for level in data)
    else:
        red, green, _ = image.convert("RGB").split()
        pairs = zip(red.tobytes(), green.tobytes(), strict=True)
        digits = "".join("0123"[(r >= 128) + 2 * (g >= 128)] for r, g in pairs)
    return [digits[at : at + image.width] for at in range(0, len(digits), image.width)]


DRIVER = Driver(
    name="alpha",
    title="Alpha 美国屏（BetaBrite）/ Alpha American signs (BetaBrite)",
    panel=Alpha,
    decode=wire.decode,
    emulator="edge_agent.led.emulators.alpha:AlphaSign",
    baud=9600,
    parity="E",
    colours=("mono", "dual"),
    answers=False,
    most_px=(MOST_COLUMNS, MOST_ROWS),
)
