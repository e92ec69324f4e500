"""An edition: everything the screen answers with from one change of the plan to the next."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edge_agent.kiosk.columns import BOARDS, place
from edge_agent.kiosk.entries import entry_of
from edge_agent.kiosk.search import SearchIndex
from edge_agent.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from contract.manifest import Withdrawn
    from contract.notice import Notice
    from edge_agent.clock import Reading
    from edge_agent.kiosk.entries import Entry
    from edge_agent.store import HeldNotice

RELATIONS: dict[str, str] = {
    "replaces": "替代",
    "withdraws": "撤回",
    "result_of": "结果",
    "stage_of": "同一项目",
    "interprets": "解读",
}


@dataclass(frozen=True)
class Edition:
    """Immutable. Build one with `edition_of`; ``faults`` is what the screen must own up to."""

    plan: Plan
    reading: Reading
    number: int
    index: SearchIndex
    by_id: dict[str, HeldNotice] = field(repr=False)
    entries: dict[str, Entry] = field(repr=False)
    """What each notice gives to the index, by the hash of its sealed bytes."""
    damaged: int = 0
    withdrawn: tuple[Withdrawn, ...] = ()
    """What was taken back lately, newest first."""
    store_lost: bool = False

    @property
    def notices(self) -> tuple[Notice, ...]:
        """Every notice that may be read, newest first."""
        return tuple(held.notice for held in self.plan.readable)

    @property
    def updated_at(self) -> datetime | None:
        """When the box got the newest thing it has."""
        return max((held.stored_at for held in self.plan.readable), default=None)

    def in_column(self, board: str, column: str) -> tuple[Notice, ...]:
        """Notices of one column, newest first."""
        return tuple(each for each in self.notices if place(each.column) == (board, column))

    def counts(self) -> dict[tuple[str, str], int]:
        """How many notices stand in each column, empty ones included."""
        found = {(board.name, column): 0 for board in BOARDS for column in board.columns}
        for notice in self.notices:
            where = place(notice.column)
            found[where] = found.get(where, 0) + 1
        return found

    def related(self, notice: Notice) -> tuple[tuple[str, Notice], ...]:
        """Notices that this one points at, or that point at it, with the word for why."""
        found: dict[str, tuple[str, Notice]] = {}
        for reference in notice.references:
            held = self.by_id.get(reference.notice_id)
            if held is not None:
                found[held.notice.id] = (RELATIONS[reference.relation], held.notice)
        for other in self.notices:
            for reference in other.references:
                if reference.notice_id == notice.id and other.id not in found:
                    found[other.id] = (RELATIONS[reference.relation], other)
        found.pop(notice.id, None)
        return tuple(found.values())


def edition_of(
    plan: Plan, reading: Reading, number: int, *, damaged: int = 0, before: Edition | None = None
) -> Edition:
    """Build the edition of a plan, search index included, from what ``before`` has read."""
    known = before.entries if before else {}
    entries = {
        held.sha256: known.get(held.sha256) or entry_of(held.notice) for held in plan.readable
    }
    by_id = {held.notice.id: held for held in plan.readable}
    index = SearchIndex(tuple(entries.values()))
    return Edition(plan, reading, number, index, by_id, entries, damaged)


def with_withdrawn(edition: Edition, told: Iterable[Withdrawn]) -> Edition:
    """The edition, saying what was taken back and did not come again."""
    gone = {each.id: each for each in told if each.id not in edition.by_id}
    newest = sorted(gone.values(), key=lambda each: each.at, reverse=True)
    return replace(edition, withdrawn=tuple(newest))


def empty_edition(reading: Reading) -> Edition:
    """Before the store was read for the first time."""
    return Edition(Plan(), reading, 0, SearchIndex(()), {}, {}, store_lost=True)
