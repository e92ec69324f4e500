"""What happens to each column of a table: dropped, masked cell by cell, or kept.

A heading tells, and so do the cells: a column without a telling heading is judged by what
stands in it, and two neighbouring columns that join to a number count as that number.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from contract.folding import fold
from contract.personal_numbers import is_certificate, is_resident, mobile_in, passes_luhn
from contract.privacy import masked_number, scan
from hub.privacy.decisions import Action, ColumnVerdict
from hub.privacy.words import (
    COLUMN_WORDS,
    GENERIC_HEADING,
    MONEY_HEADING,
    OFFICE_PHONE,
    PROCESS_DATE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.privacy import Finding
    from hub.privacy.tables import ColumnView, TableView

PERSONAL_TYPES = frozenset(
    {"id", "bank", "mobile", "addr", "health", "income", "birth", "minor", "complainant", "geo"}
)
FINAL_TYPES = frozenset({"health", "minor", "complainant"})
_ONLY_OF_PERSONS = frozenset({"income", "age", "birth", "minor", "addr"})
_NUMBERED = {"id": 6, "bank": 6}
_HAVE_EXAMPLES = {"id": "resident", "bank": "bank", "mobile": "mobile"}
_NUMBER_KINDS = {"resident": "id", "certificate": "id", "other_paper": "id", "address": "addr"}
_SAFE_TYPES = frozenset({"int", "money", "area", "percent", "date", "month", "daterange", "num"})
_MOST = 0.5
_LAST_PLACES = re.compile(r"后\s?[2-8二两三四六八]\s?位|尾号|末\s?[2-8二两三四六八]\s?位")
_JOINED_SHARE = 0.6
_A_PAIR, _MOST_JOINED = 2, 4
"""Of so many neighbouring columns a resident number may be made up: area, birth, order, check."""
_BIRTH = re.compile(
    r"(19\d\d|20[0-2]\d)\s?[-/.年]?\s?(?:0?[1-9]|1[0-2])(?:\s?[-/.月]?\s?\d{1,2}\s?日?)?"
)
_LATEST_MEDIAN_BIRTH = 2010

KIND_ZH = {
    "id": "证件号码",
    "bank": "银行账号",
    "mobile": "个人手机号",
    "addr": "详细住址",
    "health": "病情或残疾信息",
    "income": "个人收入",
    "birth": "出生日期",
    "age": "年龄",
    "minor": "未成年人信息",
    "complainant": "举报投诉人",
    "geo": "住户位置",
    "long_number": "可疑长号码",
    "name": "姓名",
    "file": "证据材料",
    "joined": "拆成两列的号码",
}


def judge_columns(table: TableView, profile: str = "") -> list[ColumnVerdict]:
    """A verdict for every column of a table.

    Args:
        table: the table, with every column it was imported with.
        profile: the catalogue item's privacy profile; under ``complaint`` names go as well.
    """
    verdicts = [_judge(table, column, profile) for column in table.columns]
    for joined in _joined_columns(table):
        for index in joined:
            if verdicts[index].action is not Action.DROP_COLUMN or not verdicts[index].final:
                verdicts[index] = _drop(table, table.columns[index], "joined", certain=False)
    return verdicts


def _judge(table: TableView, column: ColumnView, profile: str) -> ColumnVerdict:
    if column.restricted:
        return _drop(table, column, column.type or "restricted", final=True)
    if column.type in PERSONAL_TYPES:
        return _drop(table, column, column.type, final=column.type in FINAL_TYPES)
    persons = table.person_columns()
    if profile == "complaint" and column.index in persons:
        return _drop(table, column, "complainant", final=True)
    kind = _kind_by_heading(table, column, persons)
    if kind:
        return _drop(table, column, kind, final=kind in FINAL_TYPES)
    return _judge_by_cells(table, column, persons)


def _kind_by_heading(table: TableView, column: ColumnView, persons: tuple[int, ...]) -> str:
    """The kind a heading tells, where the cells do not contradict it."""
    name = column.heading
    kind = next((kind for kind, words in COLUMN_WORDS if words.search(name)), "")
    if not kind or kind == "phone" or (MONEY_HEADING.search(name) and kind != "income"):
        return ""
    if kind in _ONLY_OF_PERSONS and not set(persons) - {column.index}:
        return ""
    if kind == "id" and _LAST_PLACES.search(name):
        return kind
    digits = [sum(char.isdigit() for char in fold(cell).text) for cell in table.cells(column.index)]
    if kind in _NUMBERED and digits and max(digits) < _NUMBERED[kind]:
        return ""
    counted = column.type in {"int", "enum", "num", "percent"} and kind in {"health", "minor"}
    return "" if counted else kind


def _judge_by_cells(
    table: TableView, column: ColumnView, persons: tuple[int, ...]
) -> ColumnVerdict:
    cells = table.cells(column.index)
    found = [scan(cell, column.label) for cell in cells]
    kinds = Counter(finding.kind.value for findings in found for finding in findings)
    hits = sum(bool(findings) for findings in found)
    if hits:
        kind = _NUMBER_KINDS.get(kinds.most_common(1)[0][0], kinds.most_common(1)[0][0])
        office = column.type == "office_phone" or OFFICE_PHONE.search(column.heading)
        beside = kind != "addr" and _share_found(cells, found) < _MOST
        beside = beside or column.index in persons
        spared = office or beside or column.type in _SAFE_TYPES
        if hits > _MOST * len(cells) and not spared:
            return _drop(table, column, kind)
        return _verdict(table, column, kind, Action.MASK)
    if set(persons) - {column.index} and _are_births(column, cells):
        return _drop(table, column, "birth", certain=False)
    return _verdict(table, column, column.type, Action.KEEP)


def _share_found(cells: tuple[str, ...], found: list[list[Finding]]) -> float:
    """How much of the written cells is the number: a name beside it must not be lost."""
    written = sum(len(cell) for cell, findings in zip(cells, found, strict=True) if findings)
    personal = sum(finding.end - finding.start for findings in found for finding in findings)
    return personal / max(1, written)


def _are_births(column: ColumnView, cells: tuple[str, ...]) -> bool:
    """Dates under a heading that says nothing, most of them a generation back."""
    if column.type in _SAFE_TYPES or not GENERIC_HEADING.search(column.heading):
        return False
    if PROCESS_DATE.search(column.heading):
        return False
    dates = [match for match in map(_BIRTH.fullmatch, cells) if match]
    years = [int(match[1]) for match in dates]
    return len(dates) > _MOST * len(cells) and median(years) < _LATEST_MEDIAN_BIRTH


def _joined_columns(table: TableView) -> Iterator[range]:
    """Neighbouring columns whose cells join to a resident number, a card or a mobile."""
    rows = [
        ["".join(c for c in fold(cell).text if c.isalnum()) for cell in row] for row in table.rows
    ]
    for width in range(2, _MOST_JOINED + 1):
        for first in range(len(table.columns) - width + 1):
            places = range(first, first + width)
            parts = [row[first : first + width] for row in rows if len(row) >= first + width]
            whole = ["".join(each) for each in parts if all(map(_is_part, each))]
            typed = {table.columns[place].type for place in places} & _SAFE_TYPES
            personal = any(is_resident(number) or is_certificate(number) for number in whole)
            likely = sum(_is_card_or_mobile(number) for number in whole)
            if width == _A_PAIR:
                joins = personal or (likely >= max(2, _JOINED_SHARE * len(rows)) and not typed)
            else:
                joins = personal and not typed
            if joins:
                yield places


def _is_part(text: str) -> bool:
    """At least three digits (X last), and not already a whole number of a person."""
    digits = text.rstrip("X")
    return len(digits) >= 3 and digits.isdigit() and not is_resident(text)


def _is_card_or_mobile(number: str) -> bool:
    if not number.isdigit():
        return False
    card = number.startswith("62") and len(number) in range(16, 20) and passes_luhn(number)
    return card or (mobile_in(number) is not None and len(number) == 11)


def _drop(
    table: TableView, column: ColumnView, kind: str, *, certain: bool = True, final: bool = False
) -> ColumnVerdict:
    verdict = _verdict(table, column, kind, Action.DROP_COLUMN)
    zh = verdict.zh if certain else verdict.zh.replace("一列含", "一列疑似含")
    return replace(verdict, certain=certain, final=final, zh=zh)


def _verdict(table: TableView, column: ColumnView, kind: str, action: Action) -> ColumnVerdict:
    cells = table.cells(column.index)
    shown = action is not Action.KEEP and cells and kind in _HAVE_EXAMPLES
    example = _example(cells[0], kind) if shown else None
    verdict = ColumnVerdict(
        where=table.where(column.index),
        label=column.label,
        type=kind,
        cells=len(cells),
        action=action,
        example_masked=example,
        zh="",
        index=column.index,
    )
    return replace(verdict, zh=_sentence(verdict))


def _example(cell: str, kind: str) -> str:
    number = "".join(char for char in fold(cell).text if char.isalnum())
    return masked_number(_HAVE_EXAMPLES[kind], number)


def _sentence(verdict: ColumnVerdict) -> str:
    if verdict.action is Action.KEEP:
        return ""
    title = verdict.label.strip() or f"第{verdict.index + 1}列"
    what = KIND_ZH.get(verdict.type, "受限内容")
    shown = f"（示例 {verdict.example_masked}）" if verdict.example_masked else ""
    if verdict.action is Action.MASK:
        return f"“{title}”一列有个别单元格含{what}，公布时遮盖{shown}。"
    return f"“{title}”一列含{what}，共{verdict.cells}格，公布前删除该列{shown}。"
