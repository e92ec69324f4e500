"""Reads the clerk's Excel sheet: what she sees is what comes in, and nothing hidden does.

Hidden columns, rows and sheets are left out and reported. A formula that Excel never
calculated has no value, so the import stops instead of taking an empty amount. Numbers of 16
and more digits lost their end when Excel made numbers of them; that is said too.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from contract.plain_text import Level
from hub.intake.excel_out import unquote_formula
from hub.intake.faults import Fault, refused
from hub.intake.packages import check_package

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.cell.cell import Cell, MergedCell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

MAX_CELLS = 150_000
_EXACT = 10**15
"""Excel keeps 15 digits of a number."""
SUM_WORDS = frozenset({"合计", "总计", "小计", "共计"})
_SHOWS_NOTHING = re.compile(r";+")
_LEADING_ZEROS = re.compile(r"0{2,}")
_QUOTED = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Grid:
    """The visible cells of one sheet, as values; blank edges are gone."""

    title: str
    rows: tuple[tuple[Any, ...], ...]
    faults: tuple[Fault, ...]


def read_grid(data: bytes, where: str = "Excel") -> Grid:
    """The first visible sheet that holds something.

    Args:
        data: the bytes of an .xlsx file.
        where: its name, for faults.

    Raises:
        IntakeError: not an .xlsx, too large, an error value, a formula without a value, or cells
            that are merged over numbers or headings.
    """
    check_package(data, where)
    values, formulas = _open(data, where, values=True), _open(data, where, values=False)
    faults = _hidden_sheets(values)
    visible = [
        sheet
        for sheet in values.worksheets
        if sheet.sheet_state == "visible" and any(_texts(sheet))
    ]
    if not visible:
        raise refused(
            "empty", where, "工作簿里没有可见的数据。", "There is no visible data in the workbook."
        )
    sheet = visible[0]
    if len(visible) > 1:
        names = "、".join(f"“{other.title}”" for other in visible[1:])
        faults.append(
            _note("more_sheets", where, f"只导入第一张表，{names}未导入。", "Only the first sheet.")
        )
    faults += _check_formulas(sheet, formulas[sheet.title], where)
    hidden_columns, hidden_rows = _hidden_columns(sheet), _hidden_rows(sheet)
    faults += _hidden_faults(sheet, hidden_columns, hidden_rows)
    merged = _fill_merged(sheet, where)
    shown = [n for n in range(1, sheet.max_column + 1) if n not in hidden_columns]
    rows = [
        [_value(sheet.cell(row, column), faults, merged) for column in shown]
        for row in range(1, sheet.max_row + 1)
        if row not in hidden_rows
    ]
    return Grid(sheet.title, trimmed(rows), tuple(faults))


def _open(data: bytes, where: str, *, values: bool) -> Workbook:
    try:
        book = load_workbook(io.BytesIO(data), data_only=values, keep_links=False)
    except (
        InvalidFileException, KeyError, ValueError, TypeError, AttributeError, IndexError,
        ParseError, zipfile.BadZipFile,
    ):  # fmt: skip
        raise refused(
            "damaged",
            where,
            "不是有效的Excel文件（.xlsx），请重新另存后上传。",
            "Not a valid .xlsx file; save it again.",
        ) from None
    for sheet in book.worksheets:
        if sheet.max_row * sheet.max_column > MAX_CELLS:
            raise refused(
                "table_too_large",
                where,
                f"工作表“{sheet.title}”有{sheet.max_row}行{sheet.max_column}列，过大；"
                "请删去空白区域或拆分。",
                f"The sheet has {sheet.max_row} rows and {sheet.max_column} columns; split it.",
            )
    return book


def _texts(sheet: Worksheet) -> list[object]:
    return [cell for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]


def _hidden_sheets(book: Workbook) -> list[Fault]:
    hidden = [sheet for sheet in book.worksheets if sheet.sheet_state != "visible"]
    return [
        Fault(
            "hidden_sheet",
            sheet.title,
            Level.CONFIRM,
            f"隐藏的工作表“{sheet.title}”没有导入。",
            "A hidden sheet was left out.",
        )
        for sheet in hidden
    ]


def _check_formulas(sheet: Worksheet, formulas: Worksheet, where: str) -> list[Fault]:
    """Stop on errors and on formulas that nobody calculated; comments are left out."""
    empty, wrong, comments = [], [], 0
    for row in formulas.iter_rows():
        for cell in row:
            value = sheet[cell.coordinate].value
            if cell.data_type == "f" and value is None:
                empty.append(cell.coordinate)
            if sheet[cell.coordinate].data_type == "e":
                wrong.append(cell.coordinate)
            comments += cell.comment is not None
    if empty:
        raise refused(
            "formula_without_value",
            where,
            f"公式没有计算结果（{'、'.join(empty[:8])}），请用Excel或WPS打开、保存后再上传。",
            f"Formulas without a value ({', '.join(empty[:8])}); open and save in Excel or WPS.",
        )
    if wrong:
        raise refused(
            "error_value",
            where,
            f"单元格是错误值（{'、'.join(wrong[:8])}），请改正后再上传。",
            f"Error values ({', '.join(wrong[:8])}); correct them first.",
        )
    if comments:
        return [_note("comments", where, f"{comments}条批注没有导入。", "Comments were left out.")]
    return []


def _hidden_columns(sheet: Worksheet) -> set[int]:
    hidden: set[int] = set()
    for dimension in sheet.column_dimensions.values():
        if dimension.hidden or dimension.width == 0:
            hidden.update(range(dimension.min or 1, (dimension.max or dimension.min or 1) + 1))
    last = sheet.max_column
    return {column for column in hidden if column <= last}


def _hidden_rows(sheet: Worksheet) -> set[int]:
    last = sheet.max_row
    return {
        number
        for number, dimension in sheet.row_dimensions.items()
        if (dimension.hidden or dimension.height == 0) and number <= last
    }


def _hidden_faults(sheet: Worksheet, columns: set[int], rows: set[int]) -> list[Fault]:
    faults = []
    if columns:
        names = "、".join(_column_name(sheet, column) for column in sorted(columns)[:12])
        faults.append(
            Fault(
                "hidden_column",
                sheet.title,
                Level.CONFIRM,
                f"隐藏的列没有导入：{names}。",
                "Hidden columns were left out.",
            )
        )
    if rows:
        faults.append(
            Fault(
                "hidden_row",
                sheet.title,
                Level.CONFIRM,
                f"隐藏或被筛掉的{len(rows)}行没有导入。",
                f"{len(rows)} hidden rows were left out.",
            )
        )
    return faults


def _column_name(sheet: Worksheet, column: int) -> str:
    first = sheet.cell(1, column).value
    letter = get_column_letter(column)
    return f"{letter}列（{first}）" if isinstance(first, str) and len(first) < 20 else f"{letter}列"


def _fill_merged(sheet: Worksheet, where: str) -> dict[str, object]:
    """What stands in the cells behind a merged one: a word goes down, a sum does not."""
    filled: dict[str, object] = {}
    for area in sheet.merged_cells.ranges:
        value = sheet.cell(area.min_row, area.min_col).value
        across, down = area.max_col > area.min_col, area.max_row > area.min_row
        if value is None or (across and _stands_alone(sheet, area.min_row, area.min_col)):
            continue
        if not down and isinstance(value, str) and "".join(value.split()) in SUM_WORDS:
            continue
        if across or not isinstance(value, str):
            raise refused(
                "merged",
                f"{where}!{area.coord}",
                f"单元格{area.coord}是合并的，请取消合并并在每格填写。",
                f"The cells {area.coord} are merged; unmerge them and fill each one.",
            )
        if down:
            for row in range(area.min_row + 1, area.max_row + 1):
                filled[f"{get_column_letter(area.min_col)}{row}"] = value
    return filled


def _stands_alone(sheet: Worksheet, row: int, column: int) -> bool:
    """Whether a merged cell is the only one with content in its row: a title or a remark."""
    return all(cell.value is None for cell in sheet[row] if cell.column != column)


def _value(cell: Cell | MergedCell, faults: list[Fault], merged: dict[str, object]) -> object:
    value = merged.get(cell.coordinate, cell.value)
    if value is not None and _SHOWS_NOTHING.fullmatch(cell.number_format):
        zh = f"{cell.coordinate}设成了不显示，没有导入。"
        where = f"{cell.parent.title}!{cell.coordinate}"
        faults.append(Fault("hidden_cell", where, Level.CONFIRM, zh, "A hidden cell was left out."))
        return None
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        return _number(cell, value, faults)
    if isinstance(value, date | time | timedelta):
        return _moment(value)
    return unquote_formula(value.strip()) if isinstance(value, str) else value


def _moment(value: date | time | timedelta) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d" if value.time() == time(0) else "%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return value.strftime("%H:%M") if isinstance(value, time) else _span(value)


def _number(cell: Cell | MergedCell, value: float, faults: list[Fault]) -> object:
    if not math.isfinite(value):
        where = f"{cell.parent.title}!{cell.coordinate}"
        zh = f"{cell.coordinate}不是有效的数字，请改正后再上传。"
        raise refused("not_a_number", where, zh, "Not a usable number; correct it first.")
    if abs(value) >= _EXACT:
        faults.append(
            Fault(
                "digits_lost",
                f"{cell.parent.title}!{cell.coordinate}",
                Level.CONFIRM,
                f"{cell.coordinate}的号码被Excel存成了数字，15位以后已不准确；号码列请设为文本。",
                "Excel kept a long number as a number; its last digits are lost. Use text.",
            )
        )
        return str(int(value))
    shape = _QUOTED.sub("", cell.number_format)
    if "%" in shape:
        return f"{round(value * 100, 6):g}%"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and _LEADING_ZEROS.fullmatch(shape):
        return f"{value:0{len(shape)}d}"
    return round(value, 10) if isinstance(value, float) else value


def _span(value: timedelta) -> str:
    """Hours and minutes, as Excel shows ``[h]:mm``."""
    minutes = round(abs(value).total_seconds() / 60)
    return f"{'-' if value < timedelta(0) else ''}{minutes // 60}:{minutes % 60:02d}"


def trimmed(rows: Sequence[Sequence[Any]]) -> tuple[tuple[Any, ...], ...]:
    """Rows without the blank ones and without the blank columns at both edges."""
    kept = [row for row in rows if any(cell not in {None, ""} for cell in row)]
    if not kept:
        return ()
    used = [n for row in kept for n, cell in enumerate(row) if cell not in {None, ""}]
    first, last = min(used), max(used) + 1
    return tuple(tuple("" if cell is None else cell for cell in row[first:last]) for row in kept)


def _note(code: str, where: str, zh: str, en: str) -> Fault:
    return Fault(code, where, Level.NOTE, zh, en)
