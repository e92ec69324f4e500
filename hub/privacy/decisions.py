"""What the gate answers: a decision, what happens to each column, and whom to ask."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from contract.errors import VillageError
from contract.privacy import Level


class Decision(StrEnum):
    """What may happen to a notice."""

    PUBLISH = "publish"
    PUBLISH_MASKED = "publish_masked"
    BLOCK = "block"
    EMERGENCY = "emergency"


class Action(StrEnum):
    """What happens to a column."""

    DROP_COLUMN = "drop_column"
    MASK = "mask"
    KEEP = "keep"


class OverrideRefusedError(VillageError, ValueError):
    """A “not personal” that the gate does not take: no reason, no name, or never allowed."""


@dataclass(frozen=True, slots=True)
class Override:
    """A named person's “not personal”, kept with the notice and sampled by supervision.

    ``where`` is the place the gate named; ``fingerprint`` narrows it to one finding.
    """

    where: str
    reason: str
    name: str
    fingerprint: str = ""

    def __post_init__(self) -> None:
        if len(self.reason.strip()) < 2 or not self.name.strip():
            raise OverrideRefusedError(
                "“不涉及个人”须写明理由和姓名。 An override needs a reason and a name."
            )


@dataclass(frozen=True, slots=True)
class ColumnVerdict:
    """What happens to one column, and why."""

    where: str
    label: str
    type: str
    cells: int
    action: Action
    example_masked: str | None
    zh: str
    index: int
    certain: bool = True
    final: bool = False
    """Whether nobody may override it (restricted, health, children, complainants)."""


@dataclass(frozen=True, slots=True)
class PlacedFinding:
    """Something found in a text or cell; the text itself is not repeated here."""

    where: str
    kind: str
    level: Level
    masked: str
    fingerprint: str
    zh: str
    whole: bool = False
    """Whether ``masked`` stands for the whole cell."""


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that stops the notice, and the way out that is offered."""

    rule: str
    where: str
    zh: str
    offer: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate's whole answer about one notice."""

    decision: Decision
    columns: tuple[ColumnVerdict, ...] = ()
    findings: tuple[PlacedFinding, ...] = ()
    rules: tuple[RuleHit, ...] = ()
    questions: tuple[str, ...] = ()
    """What a reviewer has to answer; they do not change the decision."""
    overrides: tuple[Override, ...] = ()
    cleared: frozenset[str] = frozenset()
    """Fingerprints declared not personal; the box needs them for its own scan."""
    informants: frozenset[str] = field(default=frozenset(), repr=False)
    """Names that must not appear anywhere in the notice. Never leaves the hub."""

    @property
    def restricted_columns(self) -> tuple[ColumnVerdict, ...]:
        """The columns that do not leave the hub."""
        return tuple(verdict for verdict in self.columns if verdict.action is Action.DROP_COLUMN)

    @property
    def needs_confirm(self) -> bool:
        """Whether a suspicion waits for a person's yes or no."""
        found = any(finding.level is Level.CONFIRM for finding in self.findings)
        return found or any(not verdict.certain for verdict in self.restricted_columns)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found at all."""
        return not (self.rules or self.findings or self._touched)

    @property
    def _touched(self) -> tuple[ColumnVerdict, ...]:
        return tuple(verdict for verdict in self.columns if verdict.action is not Action.KEEP)

    def sentences(self) -> list[str]:
        """What to tell the clerk, one Chinese sentence each, the gravest first."""
        return [
            *(f"{hit.zh}{hit.offer}" for hit in self.rules),
            *(verdict.zh for verdict in self._touched),
            *(finding.zh for finding in self.findings),
            *self.questions,
        ]

    def to_dict(self) -> dict[str, Any]:
        """A form for JSON, without any personal data."""
        return {
            "decision": self.decision.value,
            "needs_confirm": self.needs_confirm,
            "restricted_columns": [_column_dict(verdict) for verdict in self.restricted_columns],
            "masked_columns": [
                _column_dict(verdict) for verdict in self.columns if verdict.action is Action.MASK
            ],
            "findings": [asdict(finding) for finding in self.findings],
            "rules": [asdict(hit) for hit in self.rules],
            "questions": list(self.questions),
            "overrides": [asdict(override) for override in self.overrides],
            "sentences": self.sentences(),
        }


def _column_dict(verdict: ColumnVerdict) -> dict[str, Any]:
    return {
        "where": verdict.where,
        "label": verdict.label,
        "type": verdict.type,
        "cells": verdict.cells,
        "action": verdict.action.value,
        "example_masked": verdict.example_masked,
    }
