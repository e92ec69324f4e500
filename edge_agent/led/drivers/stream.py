"""Panels that are a frame buffer at the end of a line: the box draws and sends every frame.

Such boards know no pages, no clock and no answers; they go dark by themselves when no frame
comes for a while, so a frame is repeated before that, and a dead box leaves nothing up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from edge_agent.led.drivers import hours
from edge_agent.led.drivers.exchange import Traffic
from edge_agent.led.drivers.picture import Wall, blank, missing_glyphs
from edge_agent.led.panel import LineLost, Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from PIL import Image

    from edge_agent.clock import Clock
    from edge_agent.led.line import Line
    from edge_agent.led.panel import PanelSpec, Sent

REPEAT_EVERY_S = 2.0
"""Boards take a silence of a few seconds for the end of the show."""
_LIGHT = (255, 0, 0)


class StreamPanel(ABC):
    """A panel that is sent whole frames; see `edge_agent.led.panel.Panel`.

    Args:
        line: Where the board is.
        spec: Size and colours of the panel.
        clock: For page turns and brightness.
        address: Not used: such a line has one board.
    """

    def __init__(
        self, line: Line, spec: PanelSpec, *, clock: Clock, address: int | None = None
    ) -> None:
        self._line = line
        self._spec = spec
        self._clock = clock
        self._address = address
        self._screen: Screen | None = None
        self._wall: Wall | None = None
        self._since_s = 0.0
        self._ends_s: float | None = None
        self._levels: tuple[int, ...] = (hours.FULL_LEVEL,) * hours.SLOTS
        self._last = b""
        self._repeat_at_s = 0.0
        self._traffic = Traffic()

    @property
    def spec(self) -> PanelSpec:
        """Size and abilities."""
        return self._spec

    def show(self, screen: Screen, *, urgent: Callable[[], Screen | None] | None = None) -> Sent:
        """Begin to show ``screen``; nothing is sent when it is on already. Raises: LineLost."""
        self._traffic = Traffic()
        found = urgent() if urgent is not None else None
        shown = found or screen
        now_s = self._clock.monotonic_s()
        self._ends_s = None if shown.lifetime_s is None else now_s + shown.lifetime_s
        if self._screen is None or shown.areas != self._screen.areas:
            self._wall = Wall(shown.areas, self._spec, smooth=True)
            self._since_s = now_s
            self._traffic.areas_sent = len(shown.areas)
            self._send_due(repeat=False)
        self._screen = shown
        return self._traffic.as_sent(missing_glyphs(shown.areas))

    def keep_up(self, *, urgent: Callable[[], bool] | None = None) -> float | None:
        """Send the frame that is due; returns the seconds until the next one. Raises: LineLost."""
        if self._wall is None:
            return None
        if urgent is not None and urgent():
            return 0.0
        self._traffic = Traffic()
        now_s = self._clock.monotonic_s()
        if self._ends_s is not None and now_s >= self._ends_s:
            self._wall, self._screen, self._ends_s = Wall((), self._spec), None, None
        self._send_due(repeat=now_s >= self._repeat_at_s)
        now_s = self._clock.monotonic_s()
        turn_s = self._wall.next_turn_s(now_s - self._since_s, self._clock.read().local)
        until_repeat_s = self._repeat_at_s - now_s
        due_s = until_repeat_s if turn_s is None else min(turn_s, until_repeat_s)
        if self._ends_s is not None:
            due_s = min(due_s, self._ends_s - now_s)
        return max(0.0, due_s)

    def set_brightness(self, levels: Sequence[int]) -> None:
        """48 half-hour levels from 00:00, each 0 to 15; the box dims the frames it sends."""
        self._levels = hours.checked(levels)

    def set_clock(self, now: datetime) -> None:
        """Nothing to set: the board has no clock."""
        del now

    def close(self) -> None:
        """Release the line; the board goes dark by itself."""
        self._screen, self._wall, self._last = None, None, b""
        self._line.close()

    @abstractmethod
    def _frame_bytes(self, pixels: bytes) -> bytes:
        """The protocol's frame around three bytes a light, row by row from the top left."""

    def _send_due(self, *, repeat: bool) -> None:
        if self._wall is None:
            return
        now_s, now = self._clock.monotonic_s(), self._clock.read().local
        image = self._wall.image(now_s - self._since_s, now)
        level = hours.level_at(self._levels, now)
        frame = self._frame_bytes(_light(image, level, self._spec))
        if frame == self._last and not repeat:
            return
        self._last = b""
        self._traffic.first_byte_at_s = now_s
        try:
            self._line.open()
            self._line.write(frame)
        except LineLost:
            self._screen = None
            raise
        self._traffic.bytes_sent += len(frame)
        self._traffic.frames += 1
        self._last = frame
        self._repeat_at_s = self._clock.monotonic_s() + REPEAT_EVERY_S


def _light(image: Image.Image, level: int, spec: PanelSpec) -> bytes:
    if spec.colours == "mono":
        red = blank(spec, image.width, image.height).convert("RGB")
        red.paste(_LIGHT, (0, 0), image)
        image = red
    share = (level + 1) / (hours.FULL_LEVEL + 1) if level else 0.0
    return image.point(lambda value: round(value * share)).tobytes()
