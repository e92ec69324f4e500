"""The LED panel's pages as pictures of round lamps, drawn by the box's own code."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from edge_agent.led.board import Board
from edge_agent.led.panel import PanelSpec
from edge_agent.led.preview import preview_alert, preview_notice

if TYPE_CHECKING:
    from contract.notice import Notice
    from edge_agent.led.preview import Preview

PANEL = PanelSpec(width_px=192, height_px=64)
"""The panel that previews show: the middle size of a village's board."""
LAMP_PX = 5
MAX_PAGES = 24
MAX_WIDTH_PX = 1024
"""A line that scrolls is shown up to this length."""
_BLACK = (12, 12, 14)
_DARK = (38, 18, 16)
_RED = (255, 72, 48)


@dataclass(frozen=True, slots=True)
class PanelView:
    """What the panel shows: pictures, how long one round takes, what cannot be shown."""

    pictures: tuple[bytes, ...]
    pages: int
    seconds: int
    unshown: tuple[str, ...]


def panel_view(notice: Notice, village: str, spec: PanelSpec = PANEL) -> PanelView:
    """Every page of the panel as PNG, at most ``MAX_PAGES`` of them."""
    board = Board(spec, village)
    is_alert = notice.priority == "emergency"
    found: Preview = preview_alert(notice, board) if is_alert else preview_notice(notice, board)
    return PanelView(
        tuple(lamps(png) for png in found.pngs[:MAX_PAGES]),
        len(found.pngs),
        round(sum(found.stays_s)),
        found.unshown,
    )


def lamps(png: bytes) -> bytes:
    """A page's pixels as lamps: each one a round dot, lit or dark."""
    with Image.open(io.BytesIO(png)) as source:
        page = source.convert("RGB")
    page = page.crop((0, 0, min(page.width, MAX_WIDTH_PX), page.height))
    lit = page.convert("L").point(lambda value: 255 if value else 0)
    glow = Image.new("RGB", page.size, _RED) if _is_one_colour(page) else page
    glow = Image.composite(glow, Image.new("RGB", page.size, _DARK), lit)
    size = (page.width * LAMP_PX, page.height * LAMP_PX)
    found = Image.new("RGB", size, _BLACK)
    found.paste(glow.resize(size, Image.Resampling.NEAREST), mask=_dots(page.size))
    out = io.BytesIO()
    found.save(out, "PNG")
    return out.getvalue()


def _is_one_colour(page: Image.Image) -> bool:
    """A one-colour panel's page: every pixel black or white."""
    return page.getcolors(2) is not None


def _dots(size: tuple[int, int]) -> Image.Image:
    """A mask of round dots, one a pixel, tiled from a single lamp."""
    shape = ("01110", "11111", "11111", "11111", "01110")
    lamp = Image.new("L", (LAMP_PX, LAMP_PX))
    lamp.putdata([255 if char == "1" else 0 for row in shape for char in row])
    mask = Image.new("L", (size[0] * LAMP_PX, size[1] * LAMP_PX))
    strip = Image.new("L", (mask.width, LAMP_PX))
    for x_px in range(0, mask.width, LAMP_PX):
        strip.paste(lamp, (x_px, 0))
    for y_px in range(0, mask.height, LAMP_PX):
        mask.paste(strip, (0, y_px))
    return mask
