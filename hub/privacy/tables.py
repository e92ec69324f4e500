"""The tables of a notice, read leniently: columns may be objects or bare headings.

Everything here only reads; ``path`` is how findings name a place (``table.columns[7]``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub.privacy.words import NAME_CELL, OFFICIAL_HEADING, PERSON_HEADING, heading

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHARE_OF_NAMES = 0.6
_FEWEST_NAMES = 2
TABLE_PARTS = frozenset({"columns", "rows", "total"})
"""What of a table is judged by column; its other fields are texts."""


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column: heading, declared type, whether its owner marked it restricted."""

    index: int
    label: str
    type: str
    restricted: bool

    @property
    def heading(self) -> str:
        """The label without blanks and width."""
        return heading(self.label)


@dataclass(frozen=True, slots=True)
class TableView:
    """One table of a notice, with the path that leads to it."""

    path: str
    columns: tuple[ColumnView, ...]
    rows: tuple[tuple[str, ...], ...]
    has_total: bool = False

    def cells(self, index: int) -> tuple[str, ...]:
        """The texts of one column that are not blank."""
        return tuple(row[index] for row in self.rows if index < len(row) and row[index].strip())

    def where(self, index: int) -> str:
        """How findings name a column of this table."""
        return f"{self.path}.columns[{index}]"

    def cell_at(self, row: int, index: int) -> str:
        """How findings name a cell of this table."""
        return f"{self.path}.rows[{row}][{index}]"

    def label_at(self, index: int) -> str:
        """How findings name a heading of this table."""
        return f"{self.where(index)}.label"

    def person_columns(self) -> tuple[int, ...]:
        """Columns that name the persons whom the table is about; officials do not count."""
        return tuple(column.index for column in self.columns if self._names_persons(column))

    def _names_persons(self, column: ColumnView) -> bool:
        if OFFICIAL_HEADING.search(column.heading):
            return False
        if column.type == "name" or PERSON_HEADING.search(column.heading):
            return not column.type or column.type in {"name", "text", "minor"}
        cells = self.cells(column.index)
        names = sum(NAME_CELL.fullmatch(cell.strip()) is not None for cell in cells)
        told = column.type in {"", "text"} and names >= _FEWEST_NAMES
        return told and names >= _SHARE_OF_NAMES * len(cells) and len(set(cells)) > len(cells) // 2


def cell_text(value: object) -> str:
    """A cell as text; numbers without exponent, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)


def tables_of(notice: Mapping[str, Any]) -> Iterator[TableView]:
    """Every table of a notice, read."""
    for path, table in raw_tables_of(notice):
        yield view(table, path)


def raw_tables_of(notice: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every table with its path: ``table``, ``tables[i]``, or the mapping itself."""
    if isinstance(notice.get("table"), Mapping):
        yield "table", notice["table"]
    elif "columns" in notice and "rows" in notice:
        yield "table", notice
    several = notice.get("tables")
    if isinstance(several, Sequence) and not isinstance(several, str):
        for place, table in enumerate(several):
            if isinstance(table, Mapping):
                yield f"tables[{place}]", table


def view(table: Mapping[str, Any], path: str) -> TableView:
    """Read one table; what is no column or no row is left out."""
    columns = tuple(_column(place, entry) for place, entry in enumerate(_list(table, "columns")))
    rows = tuple(tuple(cell_text(cell) for cell in row) for row in rows_of(table))
    return TableView(path, columns, rows, bool(table.get("total")))


def rows_of(table: Mapping[str, Any]) -> list[Sequence[Any]]:
    """The rows of a table that are rows, with their cells as they came."""
    return [
        row
        for row in _list(table, "rows")
        if isinstance(row, Sequence) and not isinstance(row, str)
    ]


def _list(table: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = table.get(key)
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _column(place: int, entry: object) -> ColumnView:
    if isinstance(entry, Mapping):
        return ColumnView(
            place,
            cell_text(entry.get("label", entry.get("key", ""))),
            cell_text(entry.get("type", "")),
            restricted=bool(entry.get("restricted", False)),
        )
    return ColumnView(place, cell_text(entry), "", restricted=False)
