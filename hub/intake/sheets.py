"""A notice's table as an Excel sheet, and an Excel sheet as a notice's table.

The sheet has what clerks' sheets have: a title over the table, remarks, one header row, the
rows, a line of sums (合计), and perhaps a line about who made it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub.intake.excel_in import SUM_WORDS, read_grid, trimmed
from hub.intake.excel_out import unquote_formula, workbook_bytes
from hub.intake.faults import Fault, refused
from hub.intake.notices import NoticeDraft, draft_from
from hub.intake.tables import label_of, type_of_column
from hub.intake.text_bytes import decode
from hub.privacy.tables import cell_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

_HEADER_WITHIN = 12
_SAYS = re.compile(r"[:：]\s*\S")
_TOLD_SEPARATOR = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
"""The line by which Excel tells itself what parts the cells."""
_REMARK = re.compile(r"制表|填表|审核|负责人|说明|备注|注[:：]|单位[:：]|盖章|日期[:：]")


def sheet_from_notice(notice: Mapping[str, Any]) -> bytes:
    """The .xlsx of a notice's table, every column of it, restricted ones too.

    Args:
        notice: the exchange form; its ``table`` is written as the clerk would keep it.

    Raises:
        IntakeError: the notice has no table.
    """
    table = notice.get("table")
    if not isinstance(table, Mapping):
        raise refused("no_table", "table", "公告没有表格。", "The notice has no table.")
    columns = list(table["columns"])
    total = table.get("total")
    sums: list[str | int | float | Decimal | None] = []
    if isinstance(total, Mapping) and total:
        keys = [c.get("key") if isinstance(c, Mapping) else None for c in columns]
        sums = [total.get(key, "") for key in keys]
        sums[0] = "合计"
    return workbook_bytes(
        str(notice.get("title") or ""),
        [label_of(column) for column in columns],
        [list(row) for row in table["rows"]],
        total=sums,
    )


def notice_from_sheet(data: bytes, filename: str = "Excel") -> NoticeDraft:
    """A draft with the sheet's title and table.

    Raises:
        IntakeError: the workbook cannot be taken; the fault says what to do.
    """
    grid = read_grid(data, filename)
    return _draft_from_rows(grid.rows, _stem(filename) or grid.title, filename, grid.faults)


def notice_from_csv(data: bytes, filename: str = "CSV") -> NoticeDraft:
    """A draft from a table in CSV: UTF-8 or GB 18030, with commas, semicolons or tabs.

    Raises:
        IntakeError: no text, or no table in it.
    """
    text = decode(data, filename)
    told = _TOLD_SEPARATOR.match(text.text)
    lines = io.StringIO(text.text[told.end() :] if told else text.text, newline="")
    comma = told[1] if told else _separator(text.text)
    try:
        found = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=comma)]
    except csv.Error as error:
        raise refused(
            "no_table", filename, "CSV格式有误，请另存为.xlsx。", f"Not a CSV table: {error}."
        ) from None
    rows = trimmed([[unquote_formula(cell) for cell in row] for row in found])
    return _draft_from_rows(rows, _stem(filename), filename, text.faults)


def _separator(text: str) -> str:
    """What most of the first lines have in them, and most often."""
    lines = text.splitlines()[:_HEADER_WITHIN]
    return max(",;\t，", key=lambda sign: (sum(sign in line for line in lines), text.count(sign)))


def _draft_from_rows(
    rows: Sequence[Sequence[Any]], name: str, where: str, found: tuple[Fault, ...]
) -> NoticeDraft:
    """Title, remarks, header, rows and sums out of rows of cells."""
    head = _header_row(rows, where)
    above = [_alone(row) for row in rows[:head]]
    labels = [cell_text(cell) for cell in rows[head]]
    body, remarks = _without_footer(rows[head + 1 :])
    columns = [
        {"key": f"c{place}", "label": label, "type": type_of_column(label, cells)}
        for place, (label, cells) in enumerate(_with_cells(labels, body), 1)
    ]
    total = {}
    if body and body[-1] and cell_text(body[-1][0]).replace(" ", "") in SUM_WORDS:
        sums = zip(columns, body.pop(), strict=False)
        total = {column["key"]: cell for column, cell in [*sums][1:] if cell not in {None, ""}}
    title, *lines = [text for text in above if text] or [name]
    draft = draft_from(
        {
            "title": title,
            "kind": "table",
            "summary": "",
            "body": "\n".join([*lines, *remarks]),
            "table": {"columns": columns, "rows": [list(row) for row in body], "total": total},
        }
    )
    return NoticeDraft(draft.data, (*found, *draft.faults))


def _with_cells(
    labels: Sequence[str], rows: Sequence[Sequence[Any]]
) -> list[tuple[str, list[Any]]]:
    return [
        (label, [row[place] for row in rows if place < len(row)])
        for place, label in enumerate(labels)
    ]


def _header_row(rows: Sequence[Sequence[Any]], where: str) -> int:
    """The first row that is full of words; a title stands alone, “单位:元” among blanks."""
    width = max((len(row) for row in rows), default=0)
    for place, row in enumerate(rows[:_HEADER_WITHIN]):
        words = [cell for cell in row if isinstance(cell, str) and cell]
        full = [cell for cell in row if cell not in {None, ""}]
        if len(full) < width and any(map(_SAYS.search, words)):
            continue
        if len(words) == len(full) and len(words) >= max(1, min(width, 2), (width + 1) // 2):
            return place
    raise refused(
        "no_header",
        where,
        "找不到表头行，请在数据上方写明每列名称。",
        "No header row was found; name every column above the data.",
    )


def _alone(row: Sequence[Any]) -> str:
    return " ".join(cell_text(cell) for cell in row if cell not in {None, ""})


def _without_footer(rows: Sequence[Sequence[Any]]) -> tuple[list[Sequence[Any]], list[str]]:
    """Data rows, and the remarks that stand below them in a row of their own."""
    body = list(rows)
    remarks: list[str] = []
    while body:
        full = [cell_text(cell) for cell in body[-1] if cell not in {None, ""}]
        if len(full) > 2 or len(body[-1]) <= len(full) or not _REMARK.search(" ".join(full)):
            break
        remarks.insert(0, " ".join(full))
        body.pop()
    return body, remarks


def _stem(filename: str) -> str:
    return re.sub(r"\.(?:xlsx|csv)$", "", filename, flags=re.IGNORECASE)
