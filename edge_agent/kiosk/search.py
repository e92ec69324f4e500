"""Search at the query screen: by words, by digits, by pinyin initials, by surname.

The index is built in memory from the notices that may be read now, and thrown away with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from edge_agent.kiosk.haystack import Haystack
from edge_agent.kiosk.names import surname_of
from edge_agent.kiosk.spelling import fold, letters, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contract.notice import Notice, Table
    from edge_agent.kiosk.entries import Entry

Where = Literal["title", "row", "text"]
KeyKind = Literal["person", "topic"]
MAX_HITS = 60
MAX_QUERY = 40


@dataclass(frozen=True, slots=True)
class Hit:
    """A place where the words stand: a notice, and for ``row`` the table and the row."""

    notice: Notice
    where: Where
    table: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class KeyHit:
    """A word that the letters lead to. A ``person`` stands in a name column of some table."""

    text: str
    kind: KeyKind


class SearchIndex:
    """Everything that can be found. ``entries`` come newest first and are found in that order."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._notices = tuple(entry.notice for entry in entries)
        self._titles = Haystack(entry.title for entry in entries)
        self._texts = Haystack(entry.text for entry in entries)
        self._rows = tuple(_rows_of(entries))
        self._row_texts = Haystack(row for entry in entries for row in entry.rows)
        self._persons = frozenset(chain.from_iterable(entry.persons for entry in entries))
        self._keys = _keys_of(entries)

    def by_words(self, query: str, limit: int = MAX_HITS) -> list[Hit]:
        """Where all words of the query stand: titles first, then rows, then texts."""
        needles = words(query[:MAX_QUERY])
        titled = self._titles.find(needles, limit)
        hits = [Hit(self._notices[n], "title") for n in titled]
        hits += [self._rows[n] for n in self._row_texts.find(needles, limit)]
        known = set(titled)
        inside = self._texts.find(needles, limit)
        hits += [Hit(self._notices[n], "text") for n in inside if n not in known]
        return hits[:limit]

    def by_initials(self, typed: str, limit: int = MAX_HITS) -> list[KeyHit]:
        """Words whose initials start with (then: contain) what was typed; persons first."""
        wanted = letters(typed)
        if not wanted:
            return []
        starting: list[str] = []
        inside: list[str] = []
        for text, initials in self._keys.items():
            if initials.startswith(wanted):
                starting.append(text)
            elif len(wanted) > 1 and wanted in initials:
                inside.append(text)
        return [self._key(text) for text in self._persons_first(starting) + inside][:limit]

    def surnames(self) -> tuple[str, ...]:
        """Surnames in the tables, most frequent first, for villagers who do not spell."""
        counts: dict[str, int] = {}
        for person in self._persons:
            surname = surname_of(person)
            counts[surname] = counts.get(surname, 0) + 1
        return tuple(sorted(counts, key=lambda each: (-counts[each], each)))

    def with_surname(self, surname: str) -> tuple[str, ...]:
        """Names in the tables with this surname, sorted."""
        return tuple(sorted(p for p in self._persons if surname_of(p) == surname))

    def _key(self, text: str) -> KeyHit:
        return KeyHit(text, "person" if text in self._persons else "topic")

    def _persons_first(self, texts: list[str]) -> list[str]:
        return sorted(texts, key=lambda text: text not in self._persons)


def rows_with(table: Table, query: str) -> tuple[int, ...]:
    """Numbers of the table's rows in which all words of the query stand."""
    needles = words(query[:MAX_QUERY])
    if not needles:
        return ()
    folded = (fold("\n".join(row)) for row in table.rows)
    return tuple(n for n, row in enumerate(folded) if all(each in row for each in needles))


def _rows_of(entries: Sequence[Entry]) -> Iterator[Hit]:
    for entry in entries:
        for number, table in enumerate(entry.notice.tables):
            for row in range(len(table.rows)):
                yield Hit(entry.notice, "row", number, row)


def _keys_of(entries: Sequence[Entry]) -> dict[str, str]:
    """Initials by text; of two spellings for one text a person's, else the newest, counts."""
    found: dict[str, str] = {}
    for entry in entries:
        for text, initials in entry.keys:
            if text in entry.persons or text not in found:
                found[text] = initials
    return found
