"""Cells that are replaced whole: small counts of children, and forms written as a table.

A form has two columns, what and who: “身份证号 | 530199…”. Its row headings tell what a table's
column headings tell elsewhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from contract.privacy import Level
from hub.privacy.columns import FINAL_TYPES, KIND_ZH, PERSONAL_TYPES
from hub.privacy.decisions import PlacedFinding
from hub.privacy.totals import FEWEST_SHOWN, HIDDEN, TOO_FEW, is_summed
from hub.privacy.words import COLUMN_WORDS, MINOR_TOPIC, MONEY_HEADING, PERSON_HEADING, heading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hub.privacy.tables import TableView

NOT_SHOWN_ZH = "不公开"
_COUNTS = re.compile(r"人数|人次|儿童数|学生数|名额")
_SUM_ROW = re.compile(r"合计|总计|小计|共计")
_OF_FORMS = (PERSONAL_TYPES | FINAL_TYPES) - {"complainant"}


def whole_cells(
    notice: Mapping[str, Any], table: TableView, profile: str
) -> Iterator[PlacedFinding]:
    """Findings whose ``masked`` stands for the whole cell."""
    if not table.person_columns() and _is_about_children(notice, profile):
        yield from _small_counts(table)
    if _is_form(table):
        yield from _form_rows(table)


def _is_about_children(notice: Mapping[str, Any], profile: str) -> bool:
    said = f"{notice.get('title') or ''} {notice.get('summary') or ''}"
    return profile == "minors" or MINOR_TOPIC.search(said) is not None


def _small_counts(table: TableView) -> Iterator[PlacedFinding]:
    """Counts under three, their sums, and the total that would give them away."""
    counted = [column.index for column in table.columns if _COUNTS.search(column.heading)]
    summed = [c.index for c in table.columns if is_summed(c.type, c.heading)]
    totals = {n for n, row in enumerate(table.rows) if row and _SUM_ROW.search(row[0])}
    small = [
        number
        for number, row in enumerate(table.rows)
        if number not in totals and any(_is_few(row[i]) for i in counted if i < len(row))
    ]
    for number in small:
        for index in (*counted, *summed):
            shown = TOO_FEW if index in counted else HIDDEN
            yield _whole(table, number, index, "small_count", shown)
    if len(small) == 1:
        yield from _telling_totals(table, totals, (*counted, *summed))


def _telling_totals(
    table: TableView, totals: set[int], columns: tuple[int, ...]
) -> Iterator[PlacedFinding]:
    """A sum from which the one hidden count could be worked out."""
    for number in sorted(totals):
        for index in columns:
            if table.rows[number][index : index + 1] not in {(), (HIDDEN,)}:
                yield _whole(table, number, index, "small_count", HIDDEN)
    if table.has_total:
        zh = "合计会推算出不足3人的数目，公布时不写合计。"
        yield PlacedFinding(
            f"{table.path}.total", "small_count", Level.MASK, "", "", zh, whole=True
        )


def _is_few(cell: str) -> bool:
    text = cell.strip().removesuffix("人").removesuffix("名")
    return text.isdecimal() and 0 < int(text) < FEWEST_SHOWN


def _is_form(table: TableView) -> bool:
    """Two columns, and the first one names a person and something personal."""
    if len(table.columns) != 2:
        return False
    heads = [heading(row[0]) for row in table.rows if row]
    kinds = [_kind(head) for head in heads]
    return any(map(PERSON_HEADING.search, heads)) and any(kind in _OF_FORMS for kind in kinds)


def _kind(head: str) -> str:
    if MONEY_HEADING.search(head):
        return ""
    return next((kind for kind, words in COLUMN_WORDS if words.search(head)), "")


def _form_rows(table: TableView) -> Iterator[PlacedFinding]:
    for number, row in enumerate(table.rows):
        if len(row) > 1 and row[1].strip() not in {"", NOT_SHOWN_ZH}:
            kind = _kind(heading(row[0]))
            if kind in _OF_FORMS:
                yield _whole(table, number, 1, kind, NOT_SHOWN_ZH)


def _whole(table: TableView, row: int, index: int, kind: str, masked: str) -> PlacedFinding:
    label = table.columns[index].label or f"第{index + 1}列"
    what = KIND_ZH.get(kind, "过小的人数")
    zh = f"第{row + 1}行“{label}”含{what}，公布时改为“{masked}”。"
    return PlacedFinding(table.cell_at(row, index), kind, Level.MASK, masked, "", zh, whole=True)
