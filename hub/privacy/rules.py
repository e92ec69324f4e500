"""Rules that stop a notice: illness beside names, lists of children, and lists under such titles.

Sources: the rule of eighteen ministries on children in hardship (in force since 2025-01: no
labels, no disclosure without consent) and the law on personal information, articles 28 and 31.
"""

from __future__ import annotations

import re
from statistics import median
from typing import TYPE_CHECKING, Any

from hub.privacy.decisions import Action, ColumnVerdict, RuleHit
from hub.privacy.profiles import LISTS_OF_PERSONS
from hub.privacy.words import (
    COLUMN_WORDS,
    HEALTH_GATHERING,
    HEALTH_IN_CELL,
    MINOR_TOPIC,
    SPECIFIC_DISEASE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hub.privacy.tables import ColumnView, TableView

_ADULT_YEARS = 18
_AGE = re.compile(r"(\d{1,3})\s*(?:周?岁)?")
_AGE_HEADING = re.compile(r"年龄|岁数|周岁")
_YEAR = re.compile(r"\d{4}")
_OF_RELATIVES = re.compile(r"子女|家庭成员|家属|成员名单|成员姓名")
"""Columns that name the children of those who are listed; they are dropped, the list stays."""
_CLASSES = re.compile(r"类别|类型|档次|方式")
_HEADING_OF_CHILDREN = dict(COLUMN_WORDS)["minor"]
_BIRTH_HEADING = dict(COLUMN_WORDS)["birth"]


def table_rules(
    notice: Mapping[str, Any], table: TableView, verdicts: list[ColumnVerdict], profile: str
) -> Iterator[RuleHit]:
    """Every rule that one table of a notice breaks."""
    persons = table.person_columns()
    if not persons:
        return
    reason = next(_signs_of_children(notice, table, profile), "")
    if reason:
        yield RuleHit(
            "minors",
            table.path,
            f"{reason}，未成年人名单不得公布。",
            "可改为只公布人数和金额合计。",
        )
        return
    yield from _illness_in_cells(table, verdicts)
    if profile not in LISTS_OF_PERSONS and _title_tells_health(notice):
        yield RuleHit(
            "health",
            table.path,
            "标题涉及疾病或健康检查，名单会暴露病情，不得公布。",
            "请只公布时间地点和人数。",
        )


def _illness_in_cells(table: TableView, verdicts: list[ColumnVerdict]) -> Iterator[RuleHit]:
    for column in table.columns:
        if verdicts[column.index].action is Action.DROP_COLUMN:
            continue
        classed = column.type == "enum" and _CLASSES.search(column.heading)
        words = SPECIFIC_DISEASE if classed else HEALTH_IN_CELL
        ill = sum(words.search(cell) is not None for cell in table.cells(column.index))
        if ill and column.index not in table.person_columns():
            title = column.label.strip() or f"第{column.index + 1}列"
            yield RuleHit(
                "health",
                table.where(column.index),
                f"“{title}”一列有{ill}格写了病情或残疾情况，不得与姓名一起公布。",
                "请删除该列或改写后再送审。",
            )


def _title_tells_health(notice: Mapping[str, Any]) -> bool:
    title = str(notice.get("title") or "")
    return bool(SPECIFIC_DISEASE.search(title) or HEALTH_GATHERING.search(title))


def _signs_of_children(notice: Mapping[str, Any], table: TableView, profile: str) -> Iterator[str]:
    """Why a list of names is a list of children, the surest reason first."""
    if profile == "minors":
        yield "本事项涉及困境儿童"
    topic = MINOR_TOPIC.search(f"{notice.get('title') or ''} {notice.get('summary') or ''}")
    if topic:
        yield f"标题或摘要含“{topic[0]}”"
    named = [table.columns[index] for index in table.person_columns()]
    if all(column.restricted and column.type != "minor" for column in named):
        return
    for column in table.columns:
        cells = table.cells(column.index)
        if _OF_RELATIVES.search(column.heading) is None and _tells_children(column):
            yield f"表中有“{column.label}”一列"
        if _are_minors(column, cells, notice):
            yield f"“{column.label}”一列显示为未满18周岁"
        for told in filter(None, map(MINOR_TOPIC.search, cells)):
            yield f"表中含“{told[0]}”"


def _tells_children(column: ColumnView) -> bool:
    if column.type == "minor":
        return True
    spared = column.type not in {"", "text", "name"} or "电话" in column.heading
    return not spared and _HEADING_OF_CHILDREN.search(column.heading) is not None


def _are_minors(column: ColumnView, cells: tuple[str, ...], notice: Mapping[str, Any]) -> bool:
    if not cells:
        return False
    if _AGE_HEADING.search(column.heading):
        ages = [int(match[1]) for match in map(_AGE.fullmatch, cells) if match]
        return bool(ages) and median(ages) < _ADULT_YEARS
    if not _BIRTH_HEADING.search(column.heading):
        return False
    years = [int(match[0]) for match in map(_YEAR.search, cells) if match]
    published = _YEAR.search(f"{notice.get('publish_at') or ''} {notice.get('title') or ''}")
    if not years or published is None:
        return False
    return int(published[0]) - median(years) < _ADULT_YEARS
