"""The privacy gate on a notice: what must not leave the hub, in sentences a clerk can act on.

Restricted columns are dropped whole; numbers in running text are masked. What only looks like
personal data needs a person who says, with a reason, that it is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract import privacy
from hub.notices import content
from hub.notices.blocks import RESTRICTED_TYPES

if TYPE_CHECKING:
    from hub.notices.models import NoticePage


@dataclass(frozen=True, slots=True)
class RestrictedColumn:
    """A column that stays at the hub."""

    table: int
    column: int
    heading: str
    type: str
    cells: int


@dataclass(frozen=True, slots=True)
class Hit:
    """Personal data in a text; ``masked`` is what would stand there instead."""

    where: str
    kind: str
    masked: str
    level: privacy.Level


@dataclass(frozen=True, slots=True)
class GateResult:
    """What the gate found. ``note`` is the reason somebody gave for letting suspicions pass."""

    columns: tuple[RestrictedColumn, ...] = ()
    hits: tuple[Hit, ...] = ()
    note: str = ""
    by_level: dict[privacy.Level, int] = field(default_factory=dict)

    @property
    def certain(self) -> tuple[Hit, ...]:
        """Hits that must be masked or removed."""
        return tuple(hit for hit in self.hits if hit.level is not privacy.Level.CONFIRM)

    @property
    def suspicious(self) -> tuple[Hit, ...]:
        """Hits that a person has to judge."""
        return tuple(hit for hit in self.hits if hit.level is privacy.Level.CONFIRM)

    @property
    def passes(self) -> bool:
        """Whether the text may go on."""
        return not self.sentences

    @property
    def can_be_cleaned(self) -> bool:
        """Whether one press would put it right."""
        return bool(self.columns or self.hits)

    @property
    def sentences(self) -> list[str]:
        """What holds the text back, each with what to do."""
        found: list[str] = []
        if self.columns:
            names = "、".join(dict.fromkeys(column.heading for column in self.columns))
            found.append(f"表格里有不能公开的列:{names}。请点“去掉不公开的列”。")
        found += [
            f"{hit.where}有{hit.kind},公开前须遮盖为 {hit.masked} 或删去。"
            for hit in self.certain[:8]
        ]
        if len(self.certain) > 8:
            found.append(f"另有{len(self.certain) - 8}处个人信息,请点“去掉不公开的列”一并遮盖。")
        if self.suspicious and not self.note.strip():
            first = self.suspicious[0]
            found.append(
                f"{first.where}等{len(self.suspicious)}处像是{first.kind},"
                "请遮盖;确属可公开的,在“隐私核对说明”里写明理由。"
            )
        return found


def examine(page: NoticePage) -> GateResult:
    """Look at a notice as it stands; nothing is changed."""
    hits = [
        Hit(passage.where, privacy.KIND_NAMES[found.kind], found.masked, found.level)
        for passage in content.passages(page)
        for found in privacy.scan(passage.text, passage.label)
    ]
    return GateResult(tuple(_restricted(page)), tuple(hits), page.privacy_note)


def _restricted(page: NoticePage) -> list[RestrictedColumn]:
    return [
        RestrictedColumn(
            table=number,
            column=place,
            heading=column["heading"],
            type=column["type"],
            cells=sum(bool(row["values"][place]) for row in table["rows"]),
        )
        for number, table in enumerate(content.tables(page))
        for place, column in enumerate(table["columns"])
        if column["type"] in RESTRICTED_TYPES
    ]


def clean(page: NoticePage) -> GateResult:
    """Drop the restricted columns and mask what is left, in place; returns what there was."""
    found = examine(page)
    blocks = content.raw_body(page)
    for block in blocks:
        if block["type"] == "table":
            block["value"] = {**block["value"], "table": _without(block["value"]["table"])}
    content.set_body(page, blocks)
    content.rewrite(page, lambda passage: privacy.mask(passage.text, passage.label))
    return found


def _without(table: dict[str, Any]) -> dict[str, Any]:
    keep = [
        place
        for place, column in enumerate(table["columns"])
        if column["type"] not in RESTRICTED_TYPES
    ]
    return {
        **table,
        "columns": [table["columns"][place] for place in keep],
        "rows": [{"values": [row["values"][place] for place in keep]} for row in table["rows"]],
    }
