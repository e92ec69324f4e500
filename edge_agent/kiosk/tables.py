"""Tables for old eyes: sorted by one tap, cut into pages, one row large as label and value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_agent.kiosk.names import name_columns

if TYPE_CHECKING:
    from contract.notice import Column, Table

ROWS_A_PAGE = 60
LINE_CHARS = {"1": 32, "2": 25, "3": 20}
"""Chinese characters that stand side by side on a standing screen, by size of type."""
_NUMERIC = frozenset({"int", "money", "number", "percent"})


@dataclass(frozen=True, slots=True)
class TableView:
    """One page of a table. ``rows`` are pairs of the row's own number and its cells."""

    number: int
    columns: tuple[Column, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    total: tuple[str, ...]
    sort: int
    descending: bool
    page: int
    pages: int
    length: int

    @property
    def has_names(self) -> bool:
        """Whether the rows are people's."""
        return any(column.type == "name" for column in self.columns)

    def is_wide(self, size: str) -> bool:
        """Whether the columns do not fit side by side in type of this size (1, 2, 3)."""
        widths = [
            max(len(column.label) / 2, *(min(_width(cells[n]), 12) for _, cells in self.rows), 2)
            for n, column in enumerate(self.columns)
        ]
        return sum(widths) + len(widths) > LINE_CHARS[size]


def view(
    table: Table, number: int, *, sort: int = -1, down: bool = False, page: int = 1
) -> TableView:
    """One page of ``table``, sorted by column ``sort`` (-1: as it was published)."""
    rows = list(enumerate(table.rows))
    if 0 <= sort < len(table.columns):
        numeric = is_numeric(table.columns[sort])
        rows.sort(key=lambda each: _sort_key(each[1][sort], numeric=numeric), reverse=down)
    pages = max(1, -(-len(rows) // ROWS_A_PAGE))
    page = min(max(page, 1), pages)
    shown = rows[(page - 1) * ROWS_A_PAGE : page * ROWS_A_PAGE]
    total = table.total if page == pages else ()
    return TableView(
        number, table.columns, tuple(shown), total, sort, down, page, pages, len(rows)
    )  # fmt: skip


def is_numeric(column: Column) -> bool:
    """Whether a column's cells are numbers: right-aligned, sorted by value."""
    return column.type in _NUMERIC


def labels_and_values(table: Table, row: int) -> tuple[tuple[str, str, bool], ...]:
    """A row as (label, value, is a name), empty cells left out."""
    names = set(name_columns(table))
    return tuple(
        (column.label, cell, n in names)
        for n, (column, cell) in enumerate(zip(table.columns, table.rows[row], strict=True))
        if cell.strip()
    )


def row_title(table: Table, row: int) -> str:
    """What a row is about: its names, else its first cell that is no serial number."""
    cells = table.rows[row]
    named = [cells[n] for n in name_columns(table) if cells[n].strip()]
    if named:
        return "、".join(named)
    worded = (c for c, column in zip(cells, table.columns, strict=True) if column.type == "text")
    return next(worded, cells[0] if cells else "")


def row_gist(table: Table, row: int) -> str:
    """The rest of a row in one line, for a list of finds."""
    title = row_title(table, row)
    pairs = labels_and_values(table, row)
    return "　".join(
        f"{label}\u00a0{value}" for label, value, named in pairs if not named and value != title
    )


def _sort_key(cell: str, *, numeric: bool) -> tuple[int, float, str]:
    if numeric:
        try:
            return (0, float(cell.replace(",", "").replace("，", "").rstrip("%％")), "")
        except ValueError:
            return (1, 0.0, cell)
    return (0, 0.0, cell)


def _width(cell: str) -> float:
    """Width of a cell in Chinese characters; ASCII is half as wide."""
    return sum(0.55 if char.isascii() else 1.0 for char in cell)
