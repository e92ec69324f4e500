"""The whole screen: a fixed strip above the playlist, or the emergency and nothing else. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.led.emergency import alert_screen
from edge_agent.led.layout import best_size_px, moving_alike, text_pages
from edge_agent.led.panel import Area, Screen
from edge_agent.led.playlist import notice_pages
from edge_agent.led.strip import strip_areas

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.clock import Reading
    from edge_agent.led.board import Board
    from edge_agent.led.panel import Page
    from edge_agent.plan import Plan
    from edge_agent.store import HeldNotice


def compose(
    plan: Plan,
    board: Board,
    reading: Reading,
    pages_of: Callable[[HeldNotice], tuple[Page, ...]] | None = None,
) -> Screen:
    """What ``plan`` looks like on ``board``; ``pages_of`` may remember pages laid out before."""
    if plan.alerts:
        return alert_screen([held.alert for held in plan.alerts], board, reading.now)
    lay_out = pages_of or (lambda held: notice_pages(held.notice, board.content))
    pages = [page for held in plan.panel for page in lay_out(held)]
    if not (pages and board.has_strip):
        pages += idle_pages(board)
    strip = strip_areas(board, reading) if board.has_strip else ()
    return Screen((*strip, content_area(board, tuple(pages))), standing=True)


def content_area(board: Board, pages: tuple[Page, ...]) -> Area:
    """The playlist's area with these pages; a card moves all text of an area in one way."""
    form = board.content
    if board.spec.text_sizes_px:
        pages = moving_alike(pages, form)
    return Area(0, board.content_y_px, form.width_px, form.height_px, pages)


def idle_pages(board: Board) -> tuple[Page, ...]:
    """Whose board this is: shown alone when there is nothing else, and where no strip fits."""
    form = board.content
    return tuple(
        page
        for text in (f"{board.village}村务公开", board.office_line)
        if text
        for page in text_pages(text, form, size_px=best_size_px(text, form), align="centre")
    )
