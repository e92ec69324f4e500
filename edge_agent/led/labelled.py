"""A table as labelled values, for panels too narrow for its columns: one row after another.

``1 崔彩霞 第1组 保障人数:2 月保障金额960元 …`` What says itself (the running number, the name,
the village group) goes without its label; a unit in brackets moves behind its number. A value
is never torn from its label while a page can hold both, and every further page of a row
begins with the row's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge_agent.led.layout import page_number, ticker
from edge_agent.led.linebreak import cells, wrap
from edge_agent.led.panel import Page, Run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.led.grid import Columns
    from edge_agent.led.layout import Format

_UNIT = re.compile(r"^(.{1,12}?)[（(]([^\d（）()]{1,4})[）)]$")
_NUMBER = re.compile(r"^[-+−]?\d[\d,.]*$")
_KEY_WITHIN = 3  # the name of a row stands among its first columns
_PLAIN = frozenset({"name", "group"})
_LOW_ROWS = 2  # the number stands beside the name (below it a value needs the whole line) ...
"""... and counts the table's rows, not the pages: that is shorter and says more."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The room of a page: lines, half cells a line, and those that the page number takes."""

    rows: int
    width: int
    slot: int = 0

    @property
    def number_row(self) -> int:
        return 0 if self.rows <= _LOW_ROWS else self.rows - 1

    def width_of(self, line: int) -> int:
        return self.width - (self.slot if line % self.rows == self.number_row else 0)


def labelled_pages(
    columns: Columns, rows: Sequence[tuple[str, ...]], form: Format, *, source: str = ""
) -> tuple[Page, ...]:
    """The pages; a row that does not fit on one page starts on a page of its own."""
    if form.rows() == _LOW_ROWS and len(rows) > 1 and not form.scrolls:
        return _numbered_rows(columns, rows, form, source)
    records = [_items(columns, row) for row in rows]
    if form.scrolls:
        total = len(records)
        return tuple(
            ticker("  ".join([*items, f"({n}/{total})"]), form, source=source)
            for n, items in enumerate(records, 1)
        )
    sheet = _Sheet(form.rows(), form.columns())
    while True:
        pages = _paged(records, sheet)
        needed = len(f"{len(pages)}/{len(pages)}") + 1 if len(pages) > 1 else 0
        if needed <= sheet.slot:
            break
        sheet = replace(sheet, slot=needed)
    return tuple(
        _page(lines, form, sheet, (n, len(pages)), source) for n, lines in enumerate(pages, 1)
    )


def _numbered_rows(
    columns: Columns, rows: Sequence[tuple[str, ...]], form: Format, source: str
) -> tuple[Page, ...]:
    """Pages of a panel of two lines: ``n/m`` is the row's number, so a running number can go."""
    total = len(rows)
    sheet = _Sheet(form.rows(), form.columns(), len(f"{total}/{total}") + 1)
    counted = columns[0][1] == "int" and all(row[0] == str(n) for n, row in enumerate(rows, 1))
    first = 1 if counted and len(columns) > 1 else 0
    return tuple(
        _page(lines, form, sheet, (n, total), source)
        for n, row in enumerate(rows, 1)
        for lines in _record_pages(_items(columns[first:], row[first:]), sheet)
    )


def _items(columns: Columns, row: tuple[str, ...]) -> list[str]:
    """The row as short phrases; the first one names it."""
    key = _key_column(columns)
    named = " ".join(value for value in row[: key + 1] if value)
    rest = [
        _phrase(label, kind, value)
        for (label, kind), value in zip(columns[key + 1 :], row[key + 1 :], strict=True)
        if value
    ]
    return [named or "—", *rest]


def _key_column(columns: Columns) -> int:
    kinds = [kind for _, kind in columns[:_KEY_WITHIN]]
    for wanted in ("name", "text"):
        if wanted in kinds:
            return kinds.index(wanted)
    return 0


def _phrase(label: str, kind: str, value: str) -> str:
    if kind in _PLAIN:
        return value
    unit = _UNIT.match(label)
    if unit and _NUMBER.match(value):
        return f"{unit[1]}{value}{unit[2]}"
    return f"{label}:{value}"


def _paged(records: Sequence[list[str]], sheet: _Sheet) -> list[list[str]]:
    pages: list[list[str]] = []
    for items in records:
        together = _with_all(pages[-1], items, sheet) if pages else None
        if together is None:
            pages.extend(_record_pages(items, sheet))
        else:
            pages[-1] = together
    return pages


def _record_pages(items: list[str], sheet: _Sheet) -> list[list[str]]:
    """The pages of one row, beginning on a fresh one."""
    pages: list[list[str]] = [[]]
    named = [items[0]] if cells(items[0]) <= sheet.width_of(0) else []
    if _with([], items[0], sheet) is None:  # a very long name takes the number's place
        whole = _with([], items[0], replace(sheet, slot=0))
        pages, items = ([whole], items[1:]) if whole else (pages, items)
    for item in items:
        for lines in (pages[-1], named, []):
            longer = _with(lines, item, sheet)
            if longer is not None:
                if lines is pages[-1]:
                    pages.pop()
                pages.append(longer)
                break
        else:
            wrapped = [line.text for line in wrap(item, sheet.width_of)]
            pages += [wrapped[n : n + sheet.rows] for n in range(0, len(wrapped), sheet.rows)]
    return [page for page in pages if page]


def _with_all(lines: list[str], items: Sequence[str], sheet: _Sheet) -> list[str] | None:
    """``lines`` with a whole row below them; None when the page cannot hold it."""
    longer: list[str] | None = [*lines, ""]
    for item in items:
        longer = _with(longer, item, sheet) if longer is not None else None
    return longer


def _with(lines: list[str], item: str, sheet: _Sheet) -> list[str] | None:
    """``lines`` with one more phrase, if the page can hold it whole."""
    if lines and cells(lines[-1]) + 1 + cells(item) <= sheet.width_of(len(lines) - 1):
        if len(lines) > sheet.rows:
            return None
        return [*lines[:-1], f"{lines[-1]} {item}" if lines[-1] else item]
    start = len(lines) - 1 if lines and not lines[-1] else len(lines)
    wrapped = [line.text for line in wrap(item, lambda n: sheet.width_of(start + n))]
    torn = len(wrapped) > 1 and cells(item) <= sheet.width
    if torn or start + len(wrapped) > sheet.rows:
        return None
    return [*lines[:start], *wrapped]


def _page(
    lines: Sequence[str], form: Format, sheet: _Sheet, place: tuple[int, int], source: str
) -> Page:
    runs = [
        Run(0, form.line_y_px(row), line, colour=form.body)
        for row, line in enumerate(lines)
        if line
    ]
    beside = lines[sheet.number_row] if len(lines) > sheet.number_row else ""
    if place[1] > 1 and cells(beside) + sheet.slot <= sheet.width:
        number = page_number(f"{place[0]}/{place[1]}", form)
        runs.append(replace(number, y_px=form.line_y_px(sheet.number_row)))
    characters = sum(len(line.replace(" ", "")) for line in lines)
    return Page(runs=tuple(runs), stay_s=form.pace.stay_s(characters), source=source)
