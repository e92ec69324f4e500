"""What one notice gives to the search index: its texts in search form, its people, its keys.

An entry is made once per notice and carried from edition to edition, so that one new notice
costs one entry. Initials are never computed here: only what the hub shipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge_agent.kiosk.names import name_columns
from edge_agent.kiosk.spelling import fold, letters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contract.notice import Notice

LONGEST_KEY = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """``title``, ``text`` and ``rows`` (of all tables, in order) are in search form."""

    notice: Notice
    title: str
    text: str
    rows: tuple[str, ...]
    persons: frozenset[str]
    keys: tuple[tuple[str, str], ...]
    """Words to be found by, as written, with their initials."""


def entry_of(notice: Notice) -> Entry:
    """The entry of a notice."""
    persons = frozenset(_persons_of(notice))
    keys = tuple(
        (key.text.strip(), letters(key.initials)) for key in notice.search if key.text.strip()
    )
    topics = (text for text, _ in keys if len(text) <= LONGEST_KEY and text not in persons)
    return Entry(
        notice,
        fold("|".join((notice.title, notice.item_name, *topics))),
        fold("|".join(_texts_of(notice))),
        tuple(fold("|".join(row)) for table in notice.tables for row in table.rows),
        persons,
        keys,
    )


def _persons_of(notice: Notice) -> Iterator[str]:
    for table in notice.tables:
        for column in name_columns(table):
            for row in table.rows:
                if row[column].strip():
                    yield row[column].strip()


def _texts_of(notice: Notice) -> Iterator[str]:
    yield from (notice.summary, notice.sender.office, notice.category, notice.column)
    for block in notice.blocks:
        for name in ("text", "alt", "title"):
            yield getattr(block, name, "")
