"""Totals instead of names: how many, and how much together, group by group.

Counts under three are shown as “不足3人” and their sum is hidden; where only one group would
be hidden, the next smallest is hidden too, because the rest could be subtracted from the whole.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.privacy.tables import TableView

FEWEST_SHOWN = 3
TOO_FEW = f"不足{FEWEST_SHOWN}人"
HIDDEN = "—"
_WHOLE = "全村"
_SUMMED = frozenset({"money", "area"})


def totals_table(table: TableView) -> dict[str, Any]:
    """Columns and rows of totals for a table of persons; no name is left in them."""
    group = next(
        (c.index for c in table.columns if c.type == "group" or c.heading in {"组别", "村民小组"}),
        None,
    )
    summed = [c for c in table.columns if is_summed(c.type, c.heading)]
    parts: dict[str, list[tuple[str, ...]]] = {}
    for row in table.rows:
        parts.setdefault(row[group] if group is not None else _WHOLE, []).append(row)
    hidden = _hidden({name: len(rows) for name, rows in parts.items()})
    columns = [
        {"key": "group", "label": "范围", "type": "group"},
        {"key": "count", "label": "人数", "type": "text"},
        *({"key": f"sum{c.index}", "label": f"{c.label}合计", "type": "text"} for c in summed),
    ]
    lines = [
        [name, *_line(rows, [c.index for c in summed], hide=name in hidden)]
        for name, rows in parts.items()
    ]
    if len(parts) > 1:
        whole = _line(list(table.rows), [c.index for c in summed], hide=not _may_add(table, hidden))
        lines.append([_WHOLE, *whole])
    return {"columns": columns, "rows": lines, "total": {}}


def is_summed(kind: str, heading: str) -> bool:
    """Whether a column of this type and heading adds up to a sum."""
    return kind in _SUMMED or heading.endswith(("(元)", "金额"))


def _hidden(counts: dict[str, int]) -> set[str]:
    small = {name for name, count in counts.items() if count < FEWEST_SHOWN}
    if len(small) == 1 and len(counts) > 1:
        others = sorted((count, name) for name, count in counts.items() if name not in small)
        small.add(others[0][1])
    return small


def _may_add(table: TableView, hidden: set[str]) -> bool:
    """The whole may be shown unless subtracting would leave fewer than three persons."""
    return len(table.rows) >= FEWEST_SHOWN and len(hidden) != 1


def _line(rows: list[tuple[str, ...]], places: list[int], *, hide: bool) -> list[str]:
    if hide:
        few = TOO_FEW if len(rows) < FEWEST_SHOWN else HIDDEN
        return [few, *(HIDDEN for _ in places)]
    return [str(len(rows)), *(_sum([row[place] for row in rows]) for place in places)]


def _sum(cells: list[str]) -> str:
    try:
        return str(sum((Decimal(cell) for cell in cells if cell.strip()), Decimal(0)))
    except InvalidOperation:
        return HIDDEN
