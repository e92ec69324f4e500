"""Carries out what the gate decided: the notice as it may be published.

A new scan of the result finds nothing. Where a rule stops the notice, the way out that the
gate offers is taken: the telling column goes, a list of children becomes totals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from contract import privacy
from hub.privacy.decisions import Action, ColumnVerdict, Gate
from hub.privacy.gate import NOT_SHOWN
from hub.privacy.tables import cell_text, view
from hub.privacy.texts import clean_text
from hub.privacy.totals import totals_table

if TYPE_CHECKING:
    from collections.abc import Callable

HUB_ONLY = frozenset({"expect", "focus"})
"""Fields of the exchange form that describe a test or a desk, never the village."""
_FILE_FIELDS = frozenset({"name", "attachment", "filename"})
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
        if key not in HUB_ONLY
    }
    if isinstance(cleaned.get("table"), Mapping):
        cleaned["table"] = _clean_table(gate, cleaned["table"], "table", clean)
    if isinstance(cleaned.get("tables"), Sequence):
        cleaned["tables"] = [
            _clean_table(gate, table, f"tables[{place}]", clean)
            for place, table in enumerate(cleaned["tables"])
        ]
    if "columns" in cleaned and "rows" in cleaned:
        cleaned.update(_clean_table(gate, cleaned, "table", clean))
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
    if isinstance(value, str):
        return clean(safe_file_name(value) if key in _FILE_FIELDS else value)
    if isinstance(value, Mapping):
        return {
            inner: entry if inner in NOT_SHOWN else _clean_value(entry, str(inner), clean)
            for inner, entry in value.items()
        }
    if isinstance(value, Sequence):
        return [_clean_value(entry, key, clean) for entry in value]
    return value


def _clean_table(
    gate: Gate, table: Mapping[str, Any], path: str, clean: Callable[..., str]
) -> dict[str, Any]:
    if any(hit.rule == "minors" and hit.where == path for hit in gate.rules):
        return {**table, **totals_table(view(table, path))}
    gone = _gone(gate, path)
    verdicts = [verdict for verdict in gate.columns if verdict.where.startswith(f"{path}.")]
    if any(hit.rule == "health" and hit.where == path for hit in gate.rules):
        return {**table, **totals_table(view(table, path))}
    kept = [verdict for verdict in verdicts if verdict.index not in gone]
    cleaned = dict(table)
    cleaned["columns"] = [table["columns"][verdict.index] for verdict in kept]
    cleaned["rows"] = [
        [_clean_cell(row, verdict, clean) for verdict in kept] for row in table["rows"]
    ]
    if "total" in table:
        cleaned["total"] = _clean_total(table, gone, kept)
    return cleaned


def _gone(gate: Gate, path: str) -> set[int]:
    ill = {hit.where for hit in gate.rules if hit.rule == "health"}
    return {
        verdict.index
        for verdict in gate.columns
        if verdict.where.startswith(f"{path}.")
        and (verdict.action is Action.DROP_COLUMN or verdict.where in ill)
    }


def _clean_cell(row: Sequence[Any], verdict: ColumnVerdict, clean: Callable[..., str]) -> object:
    value = row[verdict.index] if verdict.index < len(row) else ""
    text = cell_text(value)
    cleaned = clean(text, verdict.label)
    return value if cleaned == text else cleaned


def _clean_total(table: Mapping[str, Any], gone: set[int], kept: list[ColumnVerdict]) -> object:
    total = table["total"]
    if isinstance(total, Mapping):
        dropped = {
            column.get("key")
            for place, column in enumerate(table["columns"])
            if place in gone and isinstance(column, Mapping)
        }
        return {key: value for key, value in total.items() if key not in dropped}
    if isinstance(total, Sequence):
        return [total[verdict.index] for verdict in kept if verdict.index < len(total)]
    return total
