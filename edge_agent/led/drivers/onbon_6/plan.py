"""A screen as pixel pages of a graphic card's dynamic areas.

The card turns and scrolls pages by itself. A page that runs out to the left becomes a chain of
pages in the card's continuous mode. What fits no frame is cut into loads that the driver sends
one after the other; clocks and surplus areas are drawn by the box as they change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge_agent.led import draw, fonts
from edge_agent.led.drivers.onbon_6 import area as pixel_area
from edge_agent.led.drivers.onbon_6.area import PixelArea, PixelPage, pack_pixels
from edge_agent.led.drivers.picture import Wall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from edge_agent.led.panel import Area, Page, PanelSpec, Screen

LOAD_BYTES = 4096
"""Most pixels of one frame; the maker's SDK sends frames of this length."""
_MODES = {"static": pixel_area.STATIC, "up": pixel_area.UP}


@dataclass(frozen=True, slots=True)
class Load:
    """What a dynamic area holds at a time, and how long the card takes to play it once."""

    area: PixelArea
    play_s: float


@dataclass(frozen=True, slots=True)
class Zone:
    """One dynamic area: loads that the card plays, or a wall that the box draws as it changes."""

    number: int
    loads: tuple[Load, ...] = ()
    drawn: tuple[Area, ...] = ()

    def wall(self, spec: PanelSpec) -> Wall:
        """The box's drawing of `drawn`."""
        left, top, width, height = rectangle(self.drawn)
        return Wall(self.drawn, spec, origin_px=(left, top), size_px=(width, height))


def plan_screen(screen: Screen, spec: PanelSpec, most_areas: int) -> tuple[Zone, ...]:
    """Divide a screen into at most so many dynamic areas."""
    areas = [area for area in screen.areas if area.pages or area.clock_format]
    alone, together = areas, areas[:0]
    if len(areas) > most_areas:
        alone, together = [], areas
    zones = [
        Zone(number, drawn=(area,)) if area.clock_format else Zone(number, _loads(area, spec))
        for number, area in enumerate(alone)
    ]
    if together:
        zones.append(Zone(0, drawn=tuple(together)))
    return tuple(zones)


def speed_code(speed_px_per_s: float) -> int:
    """The card's speed, 0 fastest, nearest to a speed; see `speed_px_per_s`."""
    return min(63, max(0, round(100 / max(speed_px_per_s, 1.0)) - 1))


def speed_px_per_s(code: int) -> float:
    """Pixels a second at the card's speed ``code``; ten milliseconds a step is assumed."""
    return 100 / (code + 1)


def rectangle(areas: Sequence[Area]) -> tuple[int, int, int, int]:
    """The smallest rectangle around areas: left, top, width, height."""
    left = min(area.x_px for area in areas)
    top = min(area.y_px for area in areas)
    right = max(area.x_px + area.width_px for area in areas)
    bottom = max(area.y_px + area.height_px for area in areas)
    return left, top, right - left, bottom - top


def still_area(number: int, image: Image.Image, x_px: int, y_px: int, spec: PanelSpec) -> PixelArea:
    """One image as a dynamic area."""
    page = PixelPage(pack_pixels(image, x_px, spec.colours), pixel_area.STATIC)
    return PixelArea(number, x_px, y_px, image.width, image.height, (page,))


def _loads(area: Area, spec: PanelSpec) -> tuple[Load, ...]:
    groups: list[list[tuple[PixelPage, float]]] = []
    room = 0
    shots = [shot for page in area.pages for shot in _shots(page, area, spec)]
    for page, play_s in shots:
        if len(page.pixels) > room or len(groups[-1]) == 255:
            groups.append([])
            room = LOAD_BYTES
        groups[-1].append((page, play_s))
        room -= len(page.pixels)
    place = area.x_px, area.y_px, area.width_px, area.height_px
    return tuple(
        Load(PixelArea(0, *place, tuple(page for page, _ in group)), sum(s for _, s in group))
        for group in groups
    )


def _shots(page: Page, area: Area, spec: PanelSpec) -> list[tuple[PixelPage, float]]:
    if page.effect == "left" and page.picture is None:
        return _scrolling_shots(page, area, spec)
    image = draw.draw_page(page, area, spec)
    pixels = pack_pixels(image, area.x_px, spec.colours)
    mode = _MODES.get(page.effect, pixel_area.SNAP)
    stay_cs = min(0xFFFF, round(page.stay_s * 100))
    return [(PixelPage(pixels, mode, speed_code(page.speed_px_per_s), stay_cs), page.stay_s)]


def _scrolling_shots(page: Page, area: Area, spec: PanelSpec) -> list[tuple[PixelPage, float]]:
    ends = [run.x_px + fonts.width_px(run.text, run.size_px) for run in page.runs]
    windows = -(-max([area.width_px, *ends]) // area.width_px)
    strip = draw.draw_page(page, replace(area, width_px=windows * area.width_px), spec)
    speed = speed_code(page.speed_px_per_s)
    window_s = area.width_px / speed_px_per_s(speed)
    shots = []
    for number in range(windows + 1):
        left = number * area.width_px
        image = strip.crop((left, 0, left + area.width_px, area.height_px))
        pixels = pack_pixels(image, area.x_px, spec.colours)
        shots.append((PixelPage(pixels, pixel_area.LEFT_CONTINUOUS, speed, 0), window_s))
    return shots
