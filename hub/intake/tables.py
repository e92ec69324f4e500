"""Whether a table is a table: even rows, distinct headings, plain cells, true numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeGuard

from contract import plain_text
from contract.plain_text import Level
from hub.intake.dates import parse_date, parse_month
from hub.intake.faults import Fault, IntakeError, from_text
from hub.intake.numbers import is_blank, parse_money, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_COLUMNS = 60
MAX_ROWS = 5_000
_MOST_FAULTS = 50
_PARSERS: dict[str, Callable[[object, str], object]] = {
    "money": parse_money,
    "date": parse_date,
    "month": parse_month,
    "area": parse_quantity,
    "num": parse_quantity,
    "int": parse_quantity,
}
_SECOND_GUESS: dict[str, tuple[str, ...]] = {"date": ("month",), "money": ("num",)}
"""What a heading may mean besides: a day or a month, yuan to the cent or 万元 with four places."""
_TYPE_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("int", re.compile(r"序号|人数|人口|户数|件数|次数|票数|得票")),
    ("money", re.compile(r"[(（](?:元|万元|元/.*)[)）]|金额|合计[(（]元")),
    ("area", re.compile(r"[(（](?:亩|㎡|平方米|公顷)[)）]|面积")),
    ("date", re.compile(r"日期$|时间$|^日期")),
    ("month", re.compile(r"月份|年月")),
    ("group", re.compile(r"组别|小组$|^组$|网格$")),
    ("name", re.compile(r"姓名|户主|户名$")),
)


def check_table(table: Mapping[str, Any], where: str = "table") -> list[Fault]:
    """Every fault of a table, the first fifty.

    Args:
        table: ``columns`` (headings or objects with ``label`` and ``type``) and ``rows``.
        where: how its places are named.
    """
    columns, rows = table.get("columns"), table.get("rows")
    if not _is_list(columns) or not _is_list(rows):
        return [_fault("no_table", where, "表格缺少表头或数据行。", "Columns or rows are missing.")]
    labels = [label_of(column) for column in columns]
    types = [type_of(column) for column in columns]
    faults = [*_shape(labels, len(rows), where)]
    for number, row in enumerate(rows or (), 1):
        if len(faults) >= _MOST_FAULTS:
            break
        faults += _row_faults(number, row, types, where)
    if not any(fault.level is Level.REFUSE for fault in faults):
        faults += _total_faults(table, types, where)
    return faults[:_MOST_FAULTS]


def label_of(column: object) -> str:
    """The heading of a column given as text or as an object."""
    if isinstance(column, Mapping):
        return str(column.get("label", column.get("key", "")))
    return "" if column is None else str(column)


def type_of(column: object) -> str:
    """The declared type of a column, or nothing."""
    return str(column.get("type", "")) if isinstance(column, Mapping) else ""


def type_of_column(label: str, cells: Sequence[object]) -> str:
    """The type a heading suggests, unless most cells contradict it; text otherwise."""
    suggested = next((kind for kind, words in _TYPE_WORDS if words.search(label)), "text")
    for kind in (suggested, *_SECOND_GUESS.get(suggested, ())):
        parser = _PARSERS.get(kind)
        full = [cell for cell in cells if not is_blank(cell)]
        if parser is None or sum(_reads(parser, cell) for cell in full) * 2 >= len(full):
            return kind
    return "text"


def _reads(parser: Callable[[object, str], object], cell: object) -> bool:
    try:
        parser(cell, "")
    except IntakeError:
        return False
    return True


def _shape(labels: list[str], rows: int, where: str) -> Iterator[Fault]:
    if not labels:
        yield _fault("no_columns", where, "表格没有表头。", "The table has no header.")
    if len(labels) > MAX_COLUMNS or rows > MAX_ROWS:
        yield _fault(
            "table_too_large",
            where,
            f"表格有{len(labels)}列{rows}行，最多{MAX_COLUMNS}列{MAX_ROWS}行，请拆分。",
            f"{len(labels)} columns and {rows} rows; at most {MAX_COLUMNS} and {MAX_ROWS}.",
        )
    if not rows:
        zh = "表格没有数据行；确无内容请写明“无”。"
        yield Fault("no_rows", where, Level.CONFIRM, zh, "No rows; write 无 if there is nothing.")
    for label, count in Counter(label.strip() for label in labels).items():
        if label and count > 1:
            yield _fault(
                "duplicate_heading",
                where,
                f"表头“{label}”出现{count}次，请改成不同的名称。",
                f"The heading {label!r} stands {count} times.",
            )
    for place, label in enumerate(labels):
        yield from from_text(
            plain_text.inspect(label, plain_text.CELL), f"{where}.columns[{place}]"
        )


def _row_faults(number: int, row: object, types: list[str], where: str) -> Iterator[Fault]:
    at = f"{where}.rows[{number - 1}]"
    if not _is_list(row):
        yield _fault("no_row", at, f"第{number}行不是一行数据。", f"row {number} is no row")
        return
    cells: Sequence[Any] = row
    if len(cells) != len(types):
        noun = "cell" if len(cells) == 1 else "cells"
        yield _fault(
            "ragged",
            at,
            f"第{number}行有{len(cells)}格，表头有{len(types)}列，请补齐或删去。",
            f"row {number} has {len(cells)} {noun}, header has {len(types)}",
        )
    for place, cell in enumerate(cells):
        kind = types[place] if place < len(types) else ""
        yield from _cell_faults(cell, kind, f"{at}[{place}]")


def _cell_faults(cell: object, kind: str, where: str) -> Iterator[Fault]:
    if isinstance(cell, Mapping | list | tuple | set):
        yield _fault("nested", where, "单元格里不能再套数据。", "A cell holds a nested value.")
        return
    if isinstance(cell, str):
        yield from from_text(plain_text.inspect(cell, plain_text.CELL), where)
    if isinstance(cell, float) and (cell != cell or abs(cell) > 1e15):  # noqa: PLR0124 - NaN
        yield _fault("not_a_number", where, "数字无效，请核对。", "Not a usable number.")
        return
    parser = _PARSERS.get(kind)
    if parser is not None and not is_blank(cell):
        try:
            parser(cell, where)
        except IntakeError as error:
            asked = error.fault
            yield Fault(asked.code, where, Level.CONFIRM, asked.zh, asked.en)


def _total_faults(table: Mapping[str, Any], types: list[str], where: str) -> Iterator[Fault]:
    """A sum line that does not agree with the rows above it."""
    total = table.get("total")
    if not isinstance(total, Mapping):
        return
    keys = [c.get("key") if isinstance(c, Mapping) else None for c in table["columns"]]
    for key, written in total.items():
        place = keys.index(key) if key in keys else -1
        if place < 0 or types[place] != "money" or is_blank(written):
            continue
        try:
            cells = [row[place] for row in table["rows"] if not is_blank(row[place])]
            summed = sum((parse_money(cell) for cell in cells), Decimal(0))
            agrees = summed == parse_money(written)
        except IntakeError:
            continue
        if not agrees:
            label = label_of(table["columns"][place])
            yield Fault(
                "sum_differs",
                f"{where}.total",
                Level.CONFIRM,
                f"“{label}”合计写的是{written}，各行相加是{summed}，请核对。",
                f"The total of {label!r} is {written}, the rows add up to {summed}.",
            )


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _fault(code: str, where: str, zh: str, en: str) -> Fault:
    return Fault(code, where, Level.REFUSE, zh, en)
