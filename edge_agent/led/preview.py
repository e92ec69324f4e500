"""What a villager would see, as pictures: for the hub's preview, receipts and snapshots. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edge_agent.led import draw, emergency, playlist
from edge_agent.led.compose import content_area
from edge_agent.led.drivers.picture import Wall
from edge_agent.led.panel import Area

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from PIL import Image

    from contract.notice import Notice
    from edge_agent.led.board import Board
    from edge_agent.led.panel import Page, PanelSpec, Screen


class Preview(NamedTuple):
    """A notice on one board: a PNG a page, how long each stays, and what cannot be shown."""

    pngs: tuple[bytes, ...]
    stays_s: tuple[float, ...]
    unshown: tuple[str, ...]
    """Characters that no font of the panel has, for the clerk to replace before publishing."""


def preview_notice(
    notice: Notice, board: Board, find_asset: Callable[[str], bytes | None] | None = None
) -> Preview:
    """The pages of ``notice`` as the panel's playlist will show them.

    A line that scrolls is drawn in its whole length.
    """
    pages = playlist.notice_pages(notice, board.content, find_asset)
    area = content_area(board, pages)
    return _preview(pages, area, board.spec, playlist.unshown_characters(notice))


def preview_alert(notice: Notice, board: Board) -> Preview:
    """The pages of an emergency, whole screen."""
    pages = emergency.alert_pages(notice, board)
    area = Area(0, 0, board.spec.width_px, board.spec.height_px, pages)
    return _preview(pages, area, board.spec, emergency.unshown_characters(notice))


def draw_screen(screen: Screen, spec: PanelSpec, at_s: float, local: datetime) -> Image.Image:
    """The whole panel ``at_s`` seconds after ``screen`` came up; ``local`` is for its clock."""
    return Wall(screen.areas, spec, smooth=True).image(at_s, local)


def _preview(
    pages: tuple[Page, ...], area: Area, spec: PanelSpec, unshown: tuple[str, ...]
) -> Preview:
    pngs = tuple(draw.png_bytes(draw.draw_whole_page(page, area, spec)) for page in pages)
    return Preview(pngs, tuple(page.stay_s for page in pages), unshown)
