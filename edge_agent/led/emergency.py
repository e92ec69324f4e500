"""An emergency on the panel: the whole screen, inverted and framed, in the largest type.

Form says it, not colour: a red-only panel turns light where it was dark, and a word stands
with it. The card itself ends it, so that a dead box cannot leave a stale alarm up.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contract.notice import Paragraph
from edge_agent.led.characters import legible
from edge_agent.led.draw import FULL_FRAME_FROM_PX
from edge_agent.led.layout import BASE_PX, moving_alike, suits, text_pages
from edge_agent.led.panel import Area, Page, Screen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from contract.alert import Alert
    from contract.notice import Notice
    from edge_agent.led.board import Board
    from edge_agent.led.layout import Format

PRIORITY = 100
_SIDE_PX, _EDGE_PX = 8, 4
_SHORTEST_STAY_S = 3.0
_MOST_PAGES = (2, 3)
"""An alarm is to be read at a glance; only where that means small type it may take longer."""
_ALARM_WORDS = ("预警", "紧急", "警报", "解除", "疏散", "撤离")
_FIRST_WORDS = 60


def alert_screen(alerts: Sequence[Alert], board: Board, now: datetime) -> Screen:
    """The screen of the alerts in force, strongest first.

    Drills are left out while there is a real alarm. The card drops the screen when the first
    of the shown alerts expires; a living box will have sent the rest again by then.
    """
    strongest = alerts[0].notice.cap.status
    shown = [alert for alert in alerts if alert.notice.cap.status == strongest]
    spec = board.spec
    pages = tuple(page for alert in shown for page in alert_pages(alert.notice, board))
    lifetime_s = min(_seconds_left(alert, now) for alert in shown)
    area = Area(0, 0, spec.width_px, spec.height_px, pages)
    return Screen((area,), lifetime_s=lifetime_s, priority=PRIORITY)


def alert_pages(notice: Notice, board: Board) -> tuple[Page, ...]:
    """The pages of one emergency: what happens, then what to do."""
    texts = [text for text in (headline(notice), instruction(notice)) if text]
    size_px, side_px = _largest(texts, board)
    form = _form(board, side_px)
    spare_px = form.height_px - form.rows(size_px) * size_px
    plain = [
        page
        for text in texts
        for page in text_pages(text, form, size_px=size_px, source=notice.name)
    ]
    alike = moving_alike(plain, form) if board.spec.text_sizes_px else plain
    edge_px = _edge_px(board) + max(0, spare_px // 2)
    return tuple(_framed(alike, side_px, edge_px))


def unshown_characters(notice: Notice) -> tuple[str, ...]:
    """Characters of the emergency that no font has."""
    return legible(f"{headline(notice)}{instruction(notice)}").unshown


def headline(notice: Notice) -> str:
    """The title, with a word for the alarm unless it says so itself, or for a drill."""
    if notice.cap.status != "Actual":
        return f"【演练】{notice.title}"
    alarming = any(word in notice.title for word in _ALARM_WORDS)
    return notice.title if alarming else f"【紧急】{notice.title}"


def instruction(notice: Notice) -> str:
    """What to do: the summary, or the first words of the text."""
    if notice.summary.strip():
        return notice.summary.strip()
    body = "".join(block.text for block in notice.blocks if isinstance(block, Paragraph)).strip()
    return body if len(body) <= _FIRST_WORDS else f"{body[:_FIRST_WORDS]}……"


def _largest(texts: Sequence[str], board: Board) -> tuple[int, int]:
    """The largest type that holds every text in a few pages, and the room beside it.

    A card that draws text itself frames it with signs half a character wide.
    """
    least_px = _SIDE_PX if board.spec.height_px >= 2 * BASE_PX else 0
    sizes_px = sorted(_form(board, least_px).sizes_px, reverse=True)
    wide = least_px > 0 and bool(board.spec.text_sizes_px)
    for most_pages in _MOST_PAGES:
        for size_px in sizes_px[:-1]:
            side_px = max(least_px, size_px // 2) if wide else least_px
            if all(suits(text, _form(board, side_px), size_px, most_pages) for text in texts):
                return size_px, side_px
    return sizes_px[-1], max(least_px, sizes_px[-1] // 2) if wide else least_px


def _form(board: Board, side_px: int) -> Format:
    form = board.emergency(side_px, _edge_px(board))
    return replace(form, pace=replace(form.pace, min_dwell_s=_SHORTEST_STAY_S))


def _edge_px(board: Board) -> int:
    """Room for the frame above and below: low panels get bars at the sides only."""
    return _EDGE_PX if board.spec.height_px >= FULL_FRAME_FROM_PX else 0


def _framed(pages: Iterable[Page], right_px: int, down_px: int) -> Iterable[Page]:
    for page in pages:
        runs = tuple(
            replace(run, x_px=run.x_px + right_px, y_px=run.y_px + down_px) for run in page.runs
        )
        yield replace(page, runs=runs, inverted=True, framed=right_px > 0)


def _seconds_left(alert: Alert, now: datetime) -> int:
    """Until it expires; never more than its whole life, whatever an untrusted clock says."""
    whole = alert.expires_at - alert.issued_at
    return max(1, round(min(alert.expires_at - now, whole).total_seconds()))
