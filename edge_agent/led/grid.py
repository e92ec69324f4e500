"""A table as a grid: columns fitted to the panel, the header repeated on every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_agent.led import linebreak
from edge_agent.led.layout import BASE_PX, page_number
from edge_agent.led.linebreak import cells, wrap_to
from edge_agent.led.panel import Page, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edge_agent.led.layout import Format

Row = tuple[str, ...]
Columns = tuple[tuple[str, str], ...]
"""Label and type of each column."""
NUMBERS = frozenset({"int", "money", "number", "percent"})
_NARROWEST_TEXT = 8  # half cells: a wrapped column still holds four characters a line
_WIDEST_GAP = 3
_MOST_LINES = 3  # of one row; more reads better as labelled values


@dataclass(frozen=True, slots=True)
class Plan:
    """How wide the columns are and where the page number goes."""

    widths: tuple[int, ...]
    gap: int
    header_lines: int
    footer: bool = False
    """The page number has a line of its own; else it stands right of the columns."""

    @property
    def used(self) -> int:
        """Half cells from the first column's start to the last one's end."""
        return sum(self.widths) + self.gap * (len(self.widths) - 1)

    def lines(self, row: Row) -> list[list[str]]:
        """The lines of every cell of a row."""
        return [wrap_to(cell, width) for cell, width in zip(row, self.widths, strict=True)]

    def height(self, row: Row) -> int:
        """How many lines a row takes."""
        return max(map(len, self.lines(row)))


@dataclass(frozen=True, slots=True)
class Grid:
    """A table that is to become pages. Cells are legible and without line feeds.

    ``wrapped`` allows headers of two lines and columns of text narrower than their text.
    """

    columns: Columns
    rows: Sequence[Row]
    form: Format
    size_px: int = BASE_PX
    source: str = ""
    wrapped: bool = True

    def pages(self) -> tuple[Page, ...]:
        """The pages of the best plan: fewest pages, then the lowest header; none if none fits."""
        found = [(plan, self._paged(plan)) for plan in self._plans()]
        fitting = [(plan, pages) for plan, pages in found if self._is_numbered(plan, pages)]
        if not fitting:
            return ()
        plan, best = min(fitting, key=lambda each: (len(each[1]), each[0].header_lines))
        return tuple(self._page(rows, plan, n, len(best)) for n, rows in enumerate(best, 1))

    def _plans(self) -> Iterator[Plan]:
        """Every way to fit the columns, the plainest first."""
        slot = len(f"{len(self.rows)}/{len(self.rows)}") + 1
        for footer, room in ((False, 0), (False, slot), (True, 0)):
            avail = self.form.columns(self.size_px) - room
            for header_lines in (1, 2) if self.wrapped else (1,):
                widths = self._widths(avail - (len(self.columns) - 1), header_lines)
                if widths:
                    spare = avail - sum(widths) - (len(widths) - 1)
                    gap = 1 + min(_WIDEST_GAP - 1, spare // max(1, len(widths) - 1))
                    yield Plan(widths, gap, header_lines, footer)

    def _widths(self, room: int, header_lines: int) -> tuple[int, ...]:
        """Widths of the columns in half cells, at most ``room`` in all; empty if none fit."""
        natural, least = [], []
        for n, (label, kind) in enumerate(self.columns):
            head = _head_width(label, header_lines)
            values = [row[n] for row in self.rows]
            natural.append(max(head, *map(cells, values)))
            shrinks = self.wrapped and kind == "text"
            least.append(max(head, _least_width(values)) if shrinks else natural[n])
        return _shared(natural, least, room)

    def _paged(self, plan: Plan) -> list[list[Row]]:
        """Rows grouped into pages; empty when a row is too high for this plan."""
        body = self.form.rows(self.size_px) - plan.header_lines - (1 if plan.footer else 0)
        pages: list[list[Row]] = [[]]
        used = 0
        for row in self.rows:
            height = plan.height(row)
            if height > min(body, _MOST_LINES):
                return []
            if used + height > body:
                pages.append([])
                used = 0
            pages[-1].append(row)
            used += height
        return pages

    def _is_numbered(self, plan: Plan, pages: Sequence[object]) -> bool:
        """Whether there are pages, and room for the numbers they need."""
        slot = len(f"{len(pages)}/{len(pages)}") + 1
        beside = plan.used + slot <= self.form.columns(self.size_px)
        return len(pages) == 1 or (len(pages) > 1 and (plan.footer or beside))

    def _page(self, rows: Sequence[Row], plan: Plan, number: int, total: int) -> Page:
        labels = tuple(label for label, _ in self.columns)
        runs = list(self._runs(labels, 0, plan, head=True))
        line = plan.header_lines
        for row in rows:
            runs.extend(self._runs(row, line, plan))
            line += plan.height(row)
        if total > 1:
            runs.append(page_number(f"{number}/{total}", self.form, self.size_px))
        read = rows if number > 1 else [labels, *rows]
        characters = sum(len(cell.replace(" ", "")) for row in read for cell in row)
        stay_s = self.form.pace.stay_s(characters)
        return Page(runs=tuple(runs), stay_s=stay_s, source=self.source)

    def _runs(self, row: Row, line: int, plan: Plan, *, head: bool = False) -> Iterator[Run]:
        colour = self.form.head if head else self.form.body
        half_px = self.size_px // 2
        left = 0
        for lines, width, (_, kind) in zip(plan.lines(row), plan.widths, self.columns, strict=True):
            for n, text in enumerate(lines):
                indent = width - cells(text) if kind in NUMBERS else 0
                y_px = self.form.line_y_px(line + n, self.size_px)
                if text:
                    yield Run((left + indent) * half_px, y_px, text, self.size_px, colour)
            left += width + plan.gap


def _shared(natural: list[int], least: list[int], room: int) -> tuple[int, ...]:
    """The least widths, and what room is left shared out up to the natural ones."""
    if sum(least) > room:
        return ()
    widths = list(least)
    spare = min(room, sum(natural)) - sum(widths)
    while spare:
        for n, full in enumerate(natural):
            if widths[n] < full and spare:
                widths[n] += 1
                spare -= 1
    return tuple(widths)


def _head_width(label: str, header_lines: int) -> int:
    width = cells(label)
    if header_lines == 1:
        return width
    return next(w for w in range(2, width + 2) if len(wrap_to(label, w)) <= header_lines)


def _least_width(values: Sequence[str]) -> int:
    """How narrow a column of text may become: no piece is broken, four characters fit."""
    natural = max(map(cells, values))
    if natural <= _NARROWEST_TEXT:
        return natural
    longest = max((cells(p.strip()) for v in values for p in linebreak.pieces(v)), default=0)
    return min(natural, max(_NARROWEST_TEXT, longest))
