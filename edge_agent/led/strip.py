"""The fixed strip above the playlist: whose board this is, the date, the clock.

The clock is the card's own and costs no traffic. It and the date are left out while the box
does not trust its time, because the card's clock was set by the box.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.led.board import STRIP_PX
from edge_agent.led.characters import legible
from edge_agent.led.layout import BASE_PX
from edge_agent.led.linebreak import cells, wrap_evenly
from edge_agent.led.panel import Area, Page, Run

if TYPE_CHECKING:
    from datetime import datetime

    from edge_agent.clock import Reading
    from edge_agent.led.board import Board

_HALF_PX = BASE_PX // 2
_CLOCK, _DATED_CLOCK = "%H:%M", "%m月%d日 %H:%M"
_DATED_FROM_PX = 256
_GAP_CELLS = 2
_WEEKDAYS = "一二三四五六日"


def strip_areas(board: Board, reading: Reading) -> tuple[Area, ...]:
    """The words at the left, the clock at the right."""
    clock_format = ""
    if reading.trusted:
        clock_format = _DATED_CLOCK if board.spec.width_px >= _DATED_FROM_PX else _CLOCK
    clock_cells = cells(reading.local.strftime(clock_format))
    columns = board.spec.width_px // _HALF_PX
    left = columns - clock_cells - (_GAP_CELLS if clock_cells else 0)
    pages = tuple(
        Page(
            runs=(Run(0, 0, line, colour=board.accent),),
            stay_s=board.pace.stay_s(len(line)),
        )
        for line in _lines(board, reading.local if reading.trusted else None, left)
    )
    words = Area(0, 0, left * _HALF_PX, STRIP_PX, pages)
    if not clock_cells:
        return (words,)
    clock_px = clock_cells * _HALF_PX
    left_px = (columns - clock_cells) * _HALF_PX
    return words, Area(left_px, 0, clock_px, STRIP_PX, (), clock_format, board.accent)


def _lines(board: Board, local: datetime | None, columns: int) -> list[str]:
    """What the strip says in turn: all at once where it fits, else one thing after another."""
    office, village = (legible(text.strip()).text for text in (board.office_line, board.village))
    if local is not None and board.spec.width_px < _DATED_FROM_PX:
        village = _dated(village, local, columns)
    together = f"{village}  {office}".strip()
    if cells(together) <= columns:
        return [together]
    texts = (village, office)
    return [line.text for text in texts for line in wrap_evenly(text, columns) if line.text]


def _dated(village: str, local: datetime, columns: int) -> str:
    """The village and as much of the date as fits beside it."""
    date = f"{village} {local.month}月{local.day}日"
    full = f"{date} 周{_WEEKDAYS[local.weekday()]}"
    return full if cells(full) <= columns else date
