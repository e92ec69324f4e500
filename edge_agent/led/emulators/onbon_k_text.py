r"""How a K card sets and plays the text of one area: lines, pages, effects at its own speed.

The maker does not publish the card's type-setting; this follows the rules of section 9.1 of the
protocol: text from the top left, ``\n`` or automatic line ends, as many lines a page as fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from PIL import Image

from edge_agent.led import fonts
from edge_agent.led.drivers.onbon_k import area as k_area
from edge_agent.led.drivers.onbon_k import markup
from edge_agent.led.drivers.onbon_k.loads import speed_px_per_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from edge_agent.led.drivers.onbon_k.area import TextArea
    from edge_agent.led.drivers.onbon_k.own_font import CardFont

COLOURS = {
    "1": (255, 0, 0),
    "2": (0, 255, 0),
    "3": (255, 255, 0),
    "4": (0, 0, 255),
    "5": (0, 255, 255),
    "6": (255, 0, 255),
    "7": (255, 255, 255),
}
OWN_SIGN = "□"
"""What `Reel.lines` says for a character that only has a picture."""
SIZES = {"000": 16, "001": 24, "002": 32}
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character as the card will draw it; without ``text`` it is a clock field."""

    text: str
    size_px: int
    colour: str
    field: str = ""
    drawn: Image.Image | None = None
    """A character of a font that was written to the card."""

    def shown(self, now: datetime) -> str:
        """The characters, a clock field filled in."""
        return field_text(self.field, now) if self.field else self.text

    def width_px(self, now: datetime) -> int:
        """How far the next one stands."""
        if self.drawn is not None:
            return self.drawn.width
        return fonts.width_px(self.shown(now), self.size_px)

    def bitmaps(self, now: datetime) -> list[Image.Image]:
        """What is drawn, from left to right."""
        if self.drawn is not None:
            return [self.drawn]
        return [fonts.glyph_bitmap(char, self.size_px) for char in self.shown(now)]


def own_names(area: TextArea) -> set[bytes]:
    """The fonts that a text calls beside those the card came with."""
    called = {t.value for t in markup.tokens(area.text) if t.kind == markup.FONT}
    return {name.encode("latin-1") for name in called if name[1:] not in SIZES}


def field_text(field: str, now: datetime) -> str:
    r"""What a ``\D`` field shows."""
    if field == "W":
        return _WEEKDAYS[now.weekday()]
    pattern = {"Y": "%Y", "L": "%m", "D": "%d", "H": "%H", "M": "%M", "S": "%S"}[field]
    return now.strftime(pattern)


class Reel:
    """One stored area: set once, then played against the card's clock.

    Args:
        area: The area as it came over the wire.
        drawable: Whether the card's font has the character of a code; others stay blank.
        colours: Whether the panel has more than one colour.
        own: Fonts that were written to the card, by name.
    """

    def __init__(
        self,
        area: TextArea,
        drawable: Callable[[bytes], bool],
        *,
        colours: bool,
        own: Mapping[str, CardFont] = MappingProxyType({}),
    ) -> None:
        self.area = area
        self._own = own
        self.undrawable = 0
        self._colours = colours
        self._lines, self._has_clock = self._read(drawable)
        self._pages: tuple[datetime | None, list[Image.Image]] | None = None
        self._said: tuple[datetime | None, list[str]] | None = None

    def image(self, elapsed_s: float, now: datetime) -> Image.Image:
        """The area ``elapsed_s`` after it began to play."""
        if self.area.single_line and self.area.display_mode in (k_area.LEFT, k_area.RIGHT):
            return self._scrolled(elapsed_s, now)
        pages = self._set_pages(now)
        stay_s = max(0.5, self.area.stay_half_s / 2)
        enter_s = self._enter_s()
        number, into_s = divmod(elapsed_s, stay_s + enter_s)
        last = self.area.run_mode == k_area.STOP_ON_LAST and number >= len(pages) - 1
        page = pages[-1] if last else pages[int(number) % len(pages)]
        left = 1 - into_s / enter_s if enter_s and into_s < enter_s and not last else 0.0
        return self._moved(page, left) if left > 0 else page

    def loop_s(self, now: datetime) -> float:
        """How long the area takes to play once."""
        if self.area.single_line and self.area.display_mode in (k_area.LEFT, k_area.RIGHT):
            way_px = self._line_px(self._lines[0], now) + self.area.width_px
            return way_px / speed_px_per_s(self.area.speed)
        stay_s = max(0.5, self.area.stay_half_s / 2)
        return len(self._set_pages(now)) * (stay_s + self._enter_s())

    def lines(self, now: datetime) -> list[str]:
        """The text line by line, as the card sets it."""
        key = now.replace(microsecond=0) if self._has_clock else None
        if self._said is None or self._said[0] != key:
            parts = [part for line in self._lines for part in self._wrapped(line, now)]
            said = ["".join(glyph.shown(now) for glyph in part).rstrip() for part in parts]
            self._said = key, said
        return self._said[1]

    def _read(self, drawable: Callable[[bytes], bool]) -> tuple[list[list[Glyph]], bool]:
        lines: list[list[Glyph]] = [[]]
        size_px, colour, has_clock = 16, "1", False
        own: CardFont | None = None
        for token in markup.tokens(self.area.text):
            if token.kind == markup.NEWLINE and not self.area.single_line:
                lines.append([])
            elif token.kind == markup.FONT:
                own = self._own.get(token.value)
                size_px = own.height_px if own else SIZES.get(token.value[1:], size_px)
            elif token.kind == markup.COLOUR:
                colour = token.value
            elif token.kind == markup.FIELD:
                lines[-1].append(Glyph("", size_px, colour, token.value))
                has_clock = True
            elif token.kind == markup.CHAR and own is not None and len(token.code) == 1:
                drawn = own.bitmap(token.code[0])
                lines[-1].append(Glyph(OWN_SIGN, size_px, colour, drawn=drawn))
            elif token.kind == markup.CHAR:
                known = drawable(token.code)
                self.undrawable += not known
                text = token.value if known else " " * len(token.code)
                lines[-1].append(Glyph(text, size_px, colour))
        return lines, has_clock

    def _enter_s(self) -> float:
        if self.area.display_mode in (k_area.LEFT, k_area.RIGHT):
            return self.area.width_px / speed_px_per_s(self.area.speed)
        if self.area.display_mode in (k_area.UP, k_area.DOWN):
            return self.area.height_px / speed_px_per_s(self.area.speed)
        return 0.0

    def _moved(self, page: Image.Image, left: float) -> Image.Image:
        """A page on its way in, with the part ``left`` of the way still to go."""
        moved = Image.new(page.mode, page.size)
        x_px, y_px = {
            k_area.LEFT: (round(page.width * left), 0),
            k_area.RIGHT: (-round(page.width * left), 0),
            k_area.UP: (0, round(page.height * left)),
            k_area.DOWN: (0, -round(page.height * left)),
        }.get(self.area.display_mode, (0, 0))
        moved.paste(page, (x_px, y_px))
        return moved

    def _scrolled(self, elapsed_s: float, now: datetime) -> Image.Image:
        image = self._blank()
        line_px = self._line_px(self._lines[0], now)
        way_px = line_px + self.area.width_px
        gone_px = int(elapsed_s * speed_px_per_s(self.area.speed)) % way_px
        left_px = self.area.width_px - gone_px
        if self.area.display_mode == k_area.RIGHT:
            left_px = gone_px - line_px
        self._draw_line(image, self._lines[0], left_px, self._top(self._height(0), 1), now)
        return image

    def _set_pages(self, now: datetime) -> list[Image.Image]:
        key = now.replace(microsecond=0) if self._has_clock else None
        if self._pages is None or self._pages[0] != key:
            self._pages = key, self._draw_pages(now)
        return self._pages[1]

    def _draw_pages(self, now: datetime) -> list[Image.Image]:
        lines = [part for line in self._lines for part in self._wrapped(line, now)]
        line_px = self._height(0) + self.area.line_spacing_px
        per_page = 1 if self.area.single_line else max(1, self.area.height_px // line_px)
        pages = []
        for start in range(0, len(lines), per_page):
            page = self._blank()
            held = lines[start : start + per_page]
            top = self._top(line_px, len(held))
            for number, line in enumerate(held):
                left = self._left(self._line_px(line, now))
                self._draw_line(page, line, left, top + number * line_px, now)
            pages.append(page)
        return pages

    def _wrapped(self, line: list[Glyph], now: datetime) -> list[list[Glyph]]:
        """A line cut at the area's right edge; without automatic line ends the card clips it."""
        if not (self.area.auto_wrap or self.area.single_line):
            return [line]
        parts: list[list[Glyph]] = [[]]
        used_px = 0
        for glyph in line:
            glyph_px = glyph.width_px(now)
            if used_px + glyph_px > self.area.width_px and parts[-1]:
                parts.append([])
                used_px = 0
            parts[-1].append(glyph)
            used_px += glyph_px
        return parts

    def _draw_line(
        self, image: Image.Image, line: list[Glyph], left_px: int, top_px: int, now: datetime
    ) -> None:
        for glyph in line:
            for bitmap in glyph.bitmaps(now):
                if -bitmap.width < left_px < image.width:
                    ink = COLOURS[glyph.colour] if self._colours else 1
                    image.paste(ink, (left_px, top_px), bitmap)
                left_px += bitmap.width

    def _height(self, number: int) -> int:
        return max((glyph.size_px for glyph in self._lines[number]), default=16)

    def _line_px(self, line: list[Glyph], now: datetime) -> int:
        return sum(glyph.width_px(now) for glyph in line)

    def _left(self, line_px: int) -> int:
        spare = self.area.width_px - line_px
        return {0: 0, 1: spare, 2: spare // 2}.get(self.area.align & 3, 0)

    def _top(self, line_px: int, lines: int) -> int:
        spare = self.area.height_px - line_px * lines
        return {0: 0, 1: spare, 2: spare // 2}.get(self.area.align >> 2 & 3, 0)

    def _blank(self) -> Image.Image:
        size = self.area.width_px, self.area.height_px
        return Image.new("RGB" if self._colours else "1", size)
