"""What a technician shows on a new panel: colour bars, a grid, and the village's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from edge_agent.led.layout import Format, best_size_px, text_pages
from edge_agent.led.panel import Area, Page, Screen

if TYPE_CHECKING:
    from edge_agent.led.panel import PanelSpec

_BARS = ((255, 0, 0), (0, 255, 0), (255, 255, 0), (0, 0, 255), (255, 0, 255), (255, 255, 255))
_BARS_OF = {"mono": 1, "dual": 3, "full": 6}
_GRID_PX = 8


def test_screen(spec: PanelSpec, name: str, stay_s: float) -> Screen:
    """Four pages, whole panel: all lights, colour bars, grid with frame, the name."""
    pictures = [_all_lit(spec), _bars(spec), _grid(spec)]
    pages = [Page(picture=picture, stay_s=stay_s, source="test") for picture in pictures]
    form = Format(spec.width_px, spec.height_px, spec.text_sizes_px or (16, 24, 32))
    pages += text_pages(name, form, size_px=best_size_px(name, form), align="centre")
    return Screen((Area(0, 0, spec.width_px, spec.height_px, tuple(pages)),))


def _all_lit(spec: PanelSpec) -> Image.Image:
    return Image.new("RGB", (spec.width_px, spec.height_px), (255, 255, 255))


def _bars(spec: PanelSpec) -> Image.Image:
    """A bar of every colour; on a one-colour panel stripes, to see swapped rows and columns."""
    image = Image.new("RGB", (spec.width_px, spec.height_px))
    pen = ImageDraw.Draw(image)
    colours = _BARS[: _BARS_OF[spec.colours]]
    count = len(colours) if len(colours) > 1 else spec.width_px // _GRID_PX
    width = max(1, spec.width_px // count)
    for number in range(0, count, 1 if len(colours) > 1 else 2):
        left = number * width
        box = (left, 0, left + width - 1, spec.height_px - 1)
        pen.rectangle(box, fill=colours[number % len(colours)])
    return image


def _grid(spec: PanelSpec) -> Image.Image:
    image = Image.new("RGB", (spec.width_px, spec.height_px))
    pen = ImageDraw.Draw(image)
    ink = (255, 255, 255)
    for x in range(0, spec.width_px, _GRID_PX):
        pen.line((x, 0, x, spec.height_px - 1), fill=ink)
    for y in range(0, spec.height_px, _GRID_PX):
        pen.line((0, y, spec.width_px - 1, y), fill=ink)
    pen.rectangle((0, 0, spec.width_px - 1, spec.height_px - 1), outline=ink)
    return image
