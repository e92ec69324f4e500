"""The privacy gate on a notice page: what `hub.privacy` says of its text, carried out.

Restricted columns are dropped whole, numbers in running text are masked, rules such as the one
about children stop the notice. What only looks like personal data needs a person who says,
with a reason and a name, that it is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from contract.privacy import Level
from hub import privacy
from hub.notices import content
from hub.notices.blocks import OPEN_TYPES, RESTRICTED_TYPES

if TYPE_CHECKING:
    from hub.notices.models import NoticePage
    from hub.privacy.decisions import ColumnVerdict, PlacedFinding

_TO_GATE = {"number": "num"}
_FROM_GATE = {"num": "number", "area": "number", "enum": "text"}
MAX_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class GateResult:
    """The gate's answer on one page; ``note`` is the reason somebody gave for suspicions."""

    gate: privacy.Gate
    note: str = ""

    @property
    def columns(self) -> tuple[ColumnVerdict, ...]:
        """Columns that stay at the hub."""
        return self.gate.restricted_columns

    @property
    def masked(self) -> tuple[PlacedFinding, ...]:
        """Places in texts and cells that must be masked."""
        return tuple(each for each in self.gate.findings if each.level is not Level.CONFIRM)

    @property
    def doubtful(self) -> tuple[PlacedFinding, ...]:
        """Places that a person has to judge."""
        return tuple(each for each in self.gate.findings if each.level is Level.CONFIRM)

    @property
    def passes(self) -> bool:
        """Whether the text may go on."""
        return not self.sentences

    @property
    def can_be_cleaned(self) -> bool:
        """Whether one press would change something."""
        return bool(self.columns or self.gate.findings or self.gate.rules)

    @property
    def sentences(self) -> list[str]:
        """What holds the text back, each with what to do."""
        found = [f"{hit.zh}{hit.offer}" for hit in self.gate.rules]
        if self.columns:
            names = "、".join(dict.fromkeys(column.label for column in self.columns))
            found.append(
                _("表格里有不能公开的列：%(names)s。请点“去掉不公开的列”。") % {"names": names}
            )
        found += [finding.zh for finding in self.masked[:MAX_SENTENCES]]
        if len(self.masked) > MAX_SENTENCES:
            rest = len(self.masked) - MAX_SENTENCES
            found.append(
                _("另有%(rest)d处个人信息，请点“去掉不公开的列”一并遮盖。") % {"rest": rest}
            )
        if not self.note.strip():
            found += [each.zh for each in self.doubtful[:MAX_SENTENCES]]
            found += list(self.gate.questions)
            if self.doubtful or self.gate.questions:
                found.append(_("核对后确可公开的，请在“隐私核对说明”里写明理由。"))
        return found


def examine(page: NoticePage) -> GateResult:
    """Look at a notice as it stands; nothing is changed."""
    return GateResult(privacy.examine(form_of(page)), page.privacy_note)


def clean(page: NoticePage) -> GateResult:
    """Do what the gate asks, in place; returns what it had found."""
    form = form_of(page)
    found = GateResult(privacy.examine(form), page.privacy_note)
    cleared = privacy.examine(form, overrides=_overrides(page, found))
    _write_back(page, privacy.apply(cleared, form))
    return found


def _overrides(page: NoticePage, found: GateResult) -> list[privacy.Override]:
    """The doubtful places that a named person declared not personal."""
    note = page.privacy_note.strip()
    if len(note) < 2 or not page.privacy_by:
        return []
    return [
        privacy.Override(each.where, note, page.privacy_by, each.fingerprint)
        for each in found.doubtful
    ]


def form_of(page: NoticePage) -> dict[str, Any]:
    """The page in the exchange form that the gate reads; every text block is a line of body."""
    blocks = content.raw_body(page)
    form: dict[str, Any] = {
        "title": page.title,
        "summary": page.summary,
        "speech": page.speech,
        "body": [content.text_of(block) for block in blocks if block["type"] != "table"],
        "item": page.item.code if page.item else "",
        "valid_until": page.valid_until.isoformat() if page.valid_until else "",
        "tables": [
            _gate_table(block["value"]["table"]) for block in blocks if block["type"] == "table"
        ],
        "attachments": [{"mime": "image/png"} for block in blocks if block["type"] == "picture"],
    }
    if page.correction:
        form["更正原因"] = page.correction
    return form


def _gate_table(table: dict[str, Any]) -> dict[str, Any]:
    columns = [
        {
            "key": f"c{place}",
            "label": column["heading"],
            "type": _TO_GATE.get(column["type"], column["type"]),
            "restricted": column["type"] in RESTRICTED_TYPES,
        }
        for place, column in enumerate(table["columns"])
    ]
    return {"columns": columns, "rows": [list(row["values"]) for row in table["rows"]]}


def _write_back(page: NoticePage, form: dict[str, Any]) -> None:
    page.title, page.summary, page.speech = form["title"], form["summary"], form["speech"]
    page.correction = form.get("更正原因", "")
    texts, tables = iter(form["body"]), iter(form.get("tables", ()))
    blocks = content.raw_body(page)
    for block in blocks:
        if block["type"] == "table":
            block["value"] = _page_table(block["value"], next(tables))
        else:
            block["value"] = content.with_text(block, next(texts))
    content.set_body(page, blocks)


def _page_table(value: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """The table block with the gate's columns and rows; new rows have no sum line."""
    same_rows = len(table["rows"]) == len(value["table"]["rows"])
    columns = [
        {"type": _open_type(column["type"]), "heading": column["label"]}
        for column in table["columns"]
    ]
    rows = [
        {"values": ["" if cell is None else str(cell) for cell in row]} for row in table["rows"]
    ]
    return {
        "table": {**value["table"], "columns": columns, "rows": rows},
        "has_total": bool(value.get("has_total")) and same_rows,
    }


def _open_type(kind: str) -> str:
    kind = _FROM_GATE.get(kind, kind)
    return kind if kind in OPEN_TYPES or kind in RESTRICTED_TYPES else "text"
