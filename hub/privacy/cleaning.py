"""Carries out what the gate decided: the notice as it may be published.

A new scan of the result finds nothing. Where a rule stops the notice, the way out that the
gate offers is taken: the telling column goes, a list of children becomes totals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from contract import privacy
from hub.privacy.decisions import Action, ColumnVerdict, Gate
from hub.privacy.gate import MACHINE_FIELDS, NOT_SHOWN
from hub.privacy.tables import TABLE_PARTS, cell_text, raw_tables_of, rows_of, view
from hub.privacy.texts import clean_text
from hub.privacy.totals import totals_table

if TYPE_CHECKING:
    from collections.abc import Callable

HUB_ONLY = frozenset({"expect", "focus"})
"""Fields of the exchange form that describe a test or a desk, never the village."""
_FILE_FIELDS = frozenset({"name", "attachment", "filename"})
_TABLE_FIELDS = TABLE_PARTS | {"table", "tables"}
_ENDING = re.compile(r"[A-Za-z0-9]{1,5}")
_NAMELESS = "附件"


def apply(gate: Gate, notice: Mapping[str, Any]) -> dict[str, Any]:
    """The notice without what may not leave the hub.

    Args:
        gate: the answer of ``examine`` for this very notice.
        notice: the exchange form; it is not changed.

    Returns:
        A deep copy with restricted columns gone, cells and texts masked, files renamed.
    """

    def clean(text: str, label: str = "") -> str:
        return clean_text(text, label, gate.cleared, gate.informants)

    cleaned: dict[str, Any] = {
        key: value if key in NOT_SHOWN else _clean_value(value, key, clean)
        for key, value in deepcopy(dict(notice)).items()
        if key not in HUB_ONLY | _TABLE_FIELDS
    }
    for path, table in raw_tables_of(notice):
        result = _clean_table(gate, table, path, clean)
        if table is notice:
            cleaned.update({key: result[key] for key in TABLE_PARTS & result.keys()})
        elif path == "table":
            cleaned["table"] = result
        else:
            cleaned.setdefault("tables", []).append(result)
    return cleaned


def safe_file_name(name: str) -> str:
    """A file name without personal numbers, and without what file systems refuse.

    The number goes altogether: a mask of stars is no file name.
    """
    stem, dot, ending = name.rpartition(".")
    if not stem or not _ENDING.fullmatch(ending):
        stem, dot, ending = name, "", ""
    for finding in reversed(privacy.scan(stem)):
        stem = stem[: finding.start] + "_" + stem[finding.end :]
    if stem != name.removesuffix(dot + ending):
        stem = re.sub(r"[_\s-]*_[_\s-]*", "_", stem).strip("_ -.")
    return f"{stem or _NAMELESS}{dot}{ending}"


def _clean_value(value: object, key: str, clean: Callable[..., str]) -> object:
    if isinstance(value, Mapping):
        return {
            inner: entry if inner in MACHINE_FIELDS else _clean_value(entry, str(inner), clean)
            for inner, entry in value.items()
        }
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_clean_value(entry, key, clean) for entry in value]
    text = cell_text(value)
    named = isinstance(value, str) and key in _FILE_FIELDS
    cleaned = clean(safe_file_name(text) if named else text)
    return value if cleaned == text else cleaned


def _clean_table(
    gate: Gate, table: Mapping[str, Any], path: str, clean: Callable[..., str]
) -> dict[str, Any]:
    cleaned = {
        str(key): value if key in MACHINE_FIELDS else _clean_value(value, str(key), clean)
        for key, value in table.items()
        if key not in TABLE_PARTS
    }
    seen = view(table, path)
    if any(hit.where == path for hit in gate.rules):
        return cleaned | totals_table(seen)
    gone = _gone(gate, path)
    kept = [
        verdict
        for verdict in gate.columns
        if verdict.where.startswith(f"{path}.") and verdict.index not in gone
    ]
    cleaned["columns"] = [_clean_column(table["columns"][v.index], clean) for v in kept]
    whole = {finding.where: finding.masked for finding in gate.findings if finding.whole}
    cleaned["rows"] = [
        [
            whole.get(seen.cell_at(number, verdict.index)) or _clean_cell(row, verdict, clean)
            for verdict in kept
        ]
        for number, row in enumerate(rows_of(table))
    ]
    if f"{path}.total" in whole:
        cleaned["total"] = {}
    elif "total" in table:
        cleaned["total"] = _clean_total(table, kept, clean)
    return cleaned


def _gone(gate: Gate, path: str) -> set[int]:
    ill = {hit.where for hit in gate.rules if hit.rule == "health"}
    return {
        verdict.index
        for verdict in gate.columns
        if verdict.where.startswith(f"{path}.")
        and (verdict.action is Action.DROP_COLUMN or verdict.where in ill)
    }


def _clean_column(column: object, clean: Callable[..., str]) -> object:
    if isinstance(column, Mapping):
        return {
            key: clean(value) if key == "label" and isinstance(value, str) else value
            for key, value in column.items()
        }
    return clean(cell_text(column))


def _clean_cell(row: Sequence[Any], verdict: ColumnVerdict, clean: Callable[..., str]) -> object:
    value = row[verdict.index] if verdict.index < len(row) else ""
    text = cell_text(value)
    cleaned = clean(text, verdict.label)
    plain = value is None or isinstance(value, str | int | float | Decimal)
    return value if cleaned == text and plain else cleaned


def _clean_total(
    table: Mapping[str, Any], kept: list[ColumnVerdict], clean: Callable[..., str]
) -> object:
    """The sums of the columns that stay; what belongs to no column goes."""
    total = table["total"]
    if isinstance(total, Mapping):
        keys = {
            column["key"]: verdict
            for verdict in kept
            if isinstance(column := table["columns"][verdict.index], Mapping) and "key" in column
        }
        return {
            key: _clean_cell((value,), replace(keys[key], index=0), clean)
            for key, value in total.items()
            if key in keys
        }
    if isinstance(total, Sequence) and not isinstance(total, str):
        return [_clean_cell(total, verdict, clean) for verdict in kept]
    return {}
