"""What is wrong with something handed in, said so that the clerk knows what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.errors import VillageError
from contract.plain_text import Level

if TYPE_CHECKING:
    from contract import plain_text

_SHOWN = 2_000
"""Characters of a suggested text that are shown."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and its place (``body``, ``table.rows[3][1]``, ``表1!B5``).

    ``level`` is refuse (cannot be taken), confirm (a person looks at it) or note (was put
    right, or will be shown differently on some channel).
    """

    code: str
    where: str
    level: Level
    zh: str
    en: str
    suggestion: str = ""

    def __str__(self) -> str:
        return f"{self.zh} {self.en}"


class IntakeError(VillageError, ValueError):
    """Something handed in cannot be taken; ``fault`` says why and what to do."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def refused(code: str, where: str, zh: str, en: str, suggestion: str = "") -> IntakeError:
    """An error to raise, with the fault it carries."""
    return IntakeError(Fault(code, where, Level.REFUSE, zh, en, suggestion))


def from_text(report: plain_text.Report, where: str) -> list[Fault]:
    """The faults of one inspected text, with their place and the suggested text."""
    return [
        Fault(
            fault.code,
            where,
            fault.level,
            f"{fault.zh}{_named(fault.chars)}",
            fault.en,
            report.suggestion[:_SHOWN] if fault.code != "empty" else "",
        )
        for fault in report.faults
    ]


def _named(chars: tuple[str, ...]) -> str:
    return f"（{'、'.join(chars[:8])}）" if chars else ""
