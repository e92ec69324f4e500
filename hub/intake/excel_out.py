"""Writes tables as .xlsx or CSV that stay tables: no cell of ours becomes a formula elsewhere.

The archive is opened in Excel by the township clerk; a cell that begins with ``=``, ``+``,
``-``, ``@``, a tab or a carriage return would be calculated there, so it gets a quote in front.
"""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | Decimal | None
_FORMULA = re.compile(r"[\s\ufeff\u200b]*[=+\-@＝＋－＠|%]|[\t\r\n]")
_LONE_SIGN = re.compile(r"\s*[-+=—]{1,2}\s*")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,4})?")
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WIDEST = 40


def quote_formula(value: Cell) -> Cell:
    """The cell with a quote in front if a spreadsheet would calculate it; numbers stay."""
    if not isinstance(value, str):
        return value
    text = _UNWRITABLE.sub("", value)
    harmless = _NUMBER.fullmatch(text) or _LONE_SIGN.fullmatch(text)
    return f"'{text}" if _FORMULA.match(text) and not harmless else text


def unquote_formula(text: str) -> str:
    """A cell that this module quoted, as it was."""
    return text[1:] if text.startswith("'") and quote_formula(text[1:]) == text else text


def workbook_bytes(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    total: Sequence[Cell] = (),
    lines: Sequence[str] = (),
) -> bytes:
    """A workbook of one sheet: title, remarks, header, rows, sums.

    Args:
        title: stands merged over the first row; blank for none.
        headings: the header.
        rows: one cell a heading; texts of digits stay texts.
        total: the closing line, or nothing.
        lines: remarks between title and header.
    """
    book = Workbook()
    sheet = book.active if book.active is not None else book.create_sheet()
    sheet.title = _sheet_name(title)
    for line in filter(None, (title, *lines)):
        sheet.append([quote_formula(line)])
        if len(headings) > 1:
            row = sheet.max_row
            sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=len(headings))
        sheet.cell(sheet.max_row, 1).alignment = Alignment(horizontal="center", wrap_text=True)
    sheet.append([quote_formula(heading) for heading in headings])
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
    for number, cells in enumerate((*rows, total) if total else rows, sheet.max_row + 1):
        _write_row(sheet, number, cells)
    for place in range(1, len(headings) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = _width(place, headings, rows)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def csv_bytes(headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """The same table as CSV in UTF-8 with the mark that Excel needs."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([quote_formula(heading) for heading in headings])
    writer.writerows([[quote_formula(cell) for cell in row] for row in rows])
    return stream.getvalue().encode("utf-8-sig")


def _write_row(sheet: Worksheet, number: int, cells: Sequence[Cell]) -> None:
    for place, value in enumerate(cells, 1):
        cell = sheet.cell(number, place)
        quoted = quote_formula(value)
        cell.value = quoted
        if isinstance(quoted, str):
            cell.data_type = "s"
            cell.number_format = "@"


def _width(place: int, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> int:
    cells = [headings[place - 1], *(row[place - 1] for row in rows if len(row) >= place)]
    return min(_WIDEST, 2 + max(sum(1 + (ord(c) > 0xFF) for c in str(cell)) for cell in cells))


def _sheet_name(title: str) -> str:
    return re.sub(r"[\\/*?:\[\]\x00-\x1f]", "", title)[:31] or "Sheet1"
