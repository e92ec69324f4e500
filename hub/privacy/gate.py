"""The gate itself: structure, pattern scan, rules, and the decision that follows from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from contract.privacy import Level
from hub.privacy.cells import whole_cells
from hub.privacy.columns import judge_columns
from hub.privacy.decisions import (
    Action,
    ColumnVerdict,
    Decision,
    Gate,
    Override,
    OverrideRefusedError,
    PlacedFinding,
    RuleHit,
)
from hub.privacy.profiles import profile_of
from hub.privacy.rules import table_rules
from hub.privacy.tables import TABLE_PARTS, TableView, cell_text, raw_tables_of, tables_of
from hub.privacy.texts import TextFinding, scan_text
from hub.privacy.words import FOUND_CHILD, NAME_CELL, SECRET_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MACHINE_FIELDS = frozenset({"base64", "sha256", "mime", "size", "cap_id", "cancels"})
"""Fields at any depth that nobody reads as text."""
NOT_SHOWN = MACHINE_FIELDS | {
    "item", "kind", "urgency", "channels", "publish_at", "valid_until", "table", "tables",
    "columns", "rows", "total", "privacy_profile", "expect", "focus",
}  # fmt: skip
"""Fields of a notice or table itself that are no text, and tables, which go by column."""
PLACES_ZH = {
    "title": "标题", "summary": "摘要", "speech": "广播词", "body": "正文", "text": "正文",
    "name": "文件名", "attachment": "文件名",
}  # fmt: skip


def examine(
    notice: Mapping[str, Any], profile: str = "", overrides: Iterable[Override] = ()
) -> Gate:
    """Decide what of a notice may leave the hub.

    Args:
        notice: the exchange form (``title``, ``body``, ``table``, ``attachments`` …).
        profile: privacy profile of the catalogue item; looked up by ``item`` when empty.
        overrides: “not personal” of named persons.

    Raises:
        OverrideRefusedError: an override for what nobody may clear.
    """
    overrides = tuple(overrides)
    profile = profile or profile_of(str(notice.get("item") or ""))
    cleared = {entry.fingerprint for entry in overrides if entry.fingerprint}
    tables = tuple(tables_of(notice))
    verdicts = {table.path: judge_columns(table, profile) for table in tables}
    rules = [hit for t in tables for hit in table_rules(notice, t, verdicts[t.path], profile)]
    verdicts = {path: _overridden(found, overrides) for path, found in verdicts.items()}
    cleared |= {mark for table in tables for mark in _waived_cells(table, overrides)}
    known = frozenset(cleared)
    informants = frozenset(
        name for table in tables for name in _informants(table, verdicts[table.path])
    )
    findings = [
        *_text_findings(notice, known, informants),
        *(f for t in tables for f in _cell_findings(t, verdicts[t.path], known, informants)),
        *(f for t in tables for f in whole_cells(notice, t, profile)),
    ]
    rules += [*_rules_from(findings), *_secrecy(notice)]
    columns = tuple(verdict for found in verdicts.values() for verdict in found)
    return Gate(
        decision=_decide(notice, columns, findings, rules),
        columns=columns,
        findings=tuple(finding for finding in findings if finding.level is not Level.BLOCK),
        rules=tuple(rules),
        questions=tuple(_questions(notice, tables, verdicts)),
        overrides=overrides,
        cleared=known,
        informants=informants,
    )


def texts_of(notice: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every text a villager could read or hear outside tables, with its place."""
    for key, value in notice.items():
        if key not in NOT_SHOWN:
            yield from _walk(value, f"{path}.{key}" if path else str(key))


def _walk(value: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, entry in value.items():
            if key not in MACHINE_FIELDS:
                yield from _walk(entry, f"{where}.{key}")
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for place, entry in enumerate(value):
            yield from _walk(entry, f"{where}[{place}]")
    else:
        yield where, cell_text(value)


def _text_findings(
    notice: Mapping[str, Any], cleared: frozenset[str], informants: frozenset[str]
) -> Iterator[PlacedFinding]:
    beside = (
        _walk({key: entry for key, entry in table.items() if key not in TABLE_PARTS}, path)
        for path, table in raw_tables_of(notice)
        if table is not notice
    )
    for where, text in chain(texts_of(notice), *beside):
        for found in scan_text(text, "", cleared, informants):
            sure = "有" if found.level is not Level.CONFIRM else "疑似有"
            yield PlacedFinding(
                where,
                found.kind,
                found.level,
                found.masked,
                found.fingerprint,
                f"{_place_zh(where)}{sure}{found.name_zh}，公布时改为“{found.masked}”"
                f"{'，请核对' if found.level is Level.CONFIRM else ''}。",
            )


def _cell_findings(
    table: TableView,
    verdicts: list[ColumnVerdict],
    cleared: frozenset[str],
    informants: frozenset[str],
) -> Iterator[PlacedFinding]:
    kept = [column for column in table.columns if verdicts[column.index].action is Action.MASK]
    others = [column for column in table.columns if verdicts[column.index].action is Action.KEEP]
    for column in table.columns:
        if verdicts[column.index].action is not Action.DROP_COLUMN:
            for found in scan_text(column.label, "", cleared, informants):
                yield _in_table(table.label_at(column.index), "表头", found)
    for column in (*kept, *others):
        for row, cells in enumerate(table.rows):
            text = cells[column.index] if column.index < len(cells) else ""
            for found in scan_text(text, column.label, cleared, informants) if text else ():
                yield _in_table(
                    table.cell_at(row, column.index), f"第{row + 1}行“{column.label}”", found
                )


def _in_table(where: str, place_zh: str, found: TextFinding) -> PlacedFinding:
    return PlacedFinding(
        where,
        found.kind,
        found.level,
        found.masked,
        found.fingerprint,
        f"{place_zh}含{found.name_zh}，公布时改为“{found.masked}”。",
    )


def _place_zh(where: str) -> str:
    last = re.split(r"[.\[]", where.rstrip("]0123456789["))[-1]
    return PLACES_ZH.get(last, f"“{where}”")


def _informants(table: TableView, verdicts: list[ColumnVerdict]) -> Iterator[str]:
    for column in table.columns:
        if verdicts[column.index].type == "complainant":
            for cell in table.cells(column.index):
                if NAME_CELL.fullmatch(cell.strip()):
                    yield cell.strip()


def _overridden(
    verdicts: list[ColumnVerdict], overrides: tuple[Override, ...]
) -> list[ColumnVerdict]:
    waived = {entry.where for entry in overrides if not entry.fingerprint}
    for verdict in verdicts:
        if verdict.where in waived and verdict.final:
            raise OverrideRefusedError(
                f"“{verdict.label}”一列不得公布，不能改判。 This column may never be published."
            )
    return [
        verdict
        if verdict.where not in waived
        else ColumnVerdict(
            verdict.where, verdict.label, verdict.type, verdict.cells, Action.KEEP, None, "",
            verdict.index,
        )
        for verdict in verdicts
    ]  # fmt: skip


def _waived_cells(table: TableView, overrides: tuple[Override, ...]) -> Iterator[str]:
    """Fingerprints in columns that a person declared not personal as a whole."""
    waived = {entry.where for entry in overrides if not entry.fingerprint}
    for column in table.columns:
        if table.where(column.index) in waived:
            for cell in table.cells(column.index):
                yield from (found.fingerprint for found in scan_text(cell, column.label))


def _rules_from(findings: list[PlacedFinding]) -> list[RuleHit]:
    return [
        RuleHit(
            "minors",
            finding.where,
            f"{_place_zh(finding.where)}写了未成年人的姓名和学校，不得公布。",
            f"公布时改为“{finding.masked}”。",
        )
        for finding in findings
        if finding.level is Level.BLOCK
    ]


def _secrecy(notice: Mapping[str, Any]) -> Iterator[RuleHit]:
    for where, text in texts_of(notice):
        if SECRET_MARK.search(text):
            yield RuleHit(
                "secrecy",
                where,
                f"{_place_zh(where)}带有密级或内部标志，不得公布。",
                "请先送保密审查。",
            )


def _decide(
    notice: Mapping[str, Any],
    columns: tuple[ColumnVerdict, ...],
    findings: list[PlacedFinding],
    rules: list[RuleHit],
) -> Decision:
    if notice.get("kind") == "emergency" or isinstance(notice.get("emergency"), Mapping):
        return Decision.EMERGENCY
    if rules:
        return Decision.BLOCK
    touched = any(verdict.action is not Action.KEEP for verdict in columns)
    return Decision.PUBLISH_MASKED if touched or findings else Decision.PUBLISH


def _questions(
    notice: Mapping[str, Any],
    tables: tuple[TableView, ...],
    verdicts: dict[str, list[ColumnVerdict]],
) -> Iterator[str]:
    names = {
        cell.strip()
        for table in tables
        for index in table.person_columns()
        if verdicts[table.path][index].action is not Action.DROP_COLUMN
        for cell in table.cells(index)
        if NAME_CELL.fullmatch(cell.strip())
    }
    if names and "valid_until" in notice and not notice["valid_until"]:
        yield "个人名单不得长期公开，请填写截止日期。"
    if any(name in str(notice.get("speech") or "") for name in names):
        yield "广播词里念到了名单中的姓名，请改为只播标题和查看地点。"
    attachments = notice.get("attachments")
    pictures = isinstance(attachments, list) and any(
        isinstance(entry, Mapping) and str(entry.get("mime", "")).startswith("image/")
        for entry in attachments
    )
    if names and pictures:
        yield "请确认图片中没有证件号码、账号和电话。"
    if FOUND_CHILD.search(f"{notice.get('title') or ''}{notice.get('body') or ''}"):
        yield "寻找或认领未成年人的公告，须附公安机关确认。"
