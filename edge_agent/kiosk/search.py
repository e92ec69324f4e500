"""Search at the query screen: by words, by digits, by pinyin initials, by surname.

The index is built in memory from the notices that may be read now, and thrown away with them.
Initials are never computed here: only what the hub shipped (`contract.notice.SearchKey`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from edge_agent.kiosk.haystack import Haystack
from edge_agent.kiosk.spelling import fold, letters, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contract.notice import Notice, Table

Where = Literal["title", "row", "text"]
KeyKind = Literal["person", "topic"]
MAX_HITS = 60
MAX_QUERY = 40
_COMPOUND = "欧阳上官司马诸葛皇甫尉迟公孙慕容令狐宇文长孙司徒夏侯端木东方独孤南宫申屠"
_COMPOUND_SURNAMES = frozenset(_COMPOUND[n : n + 2] for n in range(0, len(_COMPOUND), 2))


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
    """Everything that can be found. ``notices`` come newest first and are found in that order."""

    def __init__(self, notices: Sequence[Notice]) -> None:
        self._notices = tuple(notices)
        self._titles = Haystack(_title_text(notice) for notice in notices)
        self._texts = Haystack(_body_text(notice) for notice in notices)
        self._rows = tuple(_rows_of(self._notices))
        self._row_texts = Haystack(
            " ".join(hit.notice.tables[hit.table].rows[hit.row]) for hit in self._rows
        )
        self._persons = _persons_of(self._notices)
        self._keys = _keys_of(self._notices, self._persons)
        self._initials = tuple(self._keys.values())
        self._key_texts = tuple(self._keys)

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
        for text, initials in zip(self._key_texts, self._initials, strict=True):
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


def surname_of(name: str) -> str:
    """The surname that leads a Chinese name; the first part of a name with a dot."""
    plain = name.strip()
    if plain[:2] in _COMPOUND_SURNAMES:
        return plain[:2]
    return plain[:1]


def name_columns(table: Table) -> tuple[int, ...]:
    """Numbers of the columns that hold people's names."""
    return tuple(n for n, column in enumerate(table.columns) if column.type == "name")


def rows_with(table: Table, query: str) -> tuple[int, ...]:
    """Numbers of the table's rows in which all words of the query stand."""
    needles = words(query[:MAX_QUERY])
    if not needles:
        return ()
    folded = (fold("\n".join(row)) for row in table.rows)
    return tuple(n for n, row in enumerate(folded) if all(each in row for each in needles))


def _title_text(notice: Notice) -> str:
    keys = (key.text for key in notice.search if len(key.text) <= MAX_QUERY)
    persons = {row[n] for table in notice.tables for n in name_columns(table) for row in table.rows}
    return "\t".join((notice.title, notice.item_name, *(key for key in keys if key not in persons)))


def _body_text(notice: Notice) -> str:
    parts = [notice.summary, notice.sender.office, notice.category, notice.column]
    for block in notice.blocks:
        parts.append(getattr(block, "text", ""))
        parts.append(getattr(block, "alt", ""))
        parts.append(getattr(block, "title", ""))
    return "\t".join(parts)


def _rows_of(notices: Sequence[Notice]) -> Iterator[Hit]:
    for notice in notices:
        for number, table in enumerate(notice.tables):
            for row in range(len(table.rows)):
                yield Hit(notice, "row", number, row)


def _persons_of(notices: Sequence[Notice]) -> frozenset[str]:
    return frozenset(
        row[column].strip()
        for notice in notices
        for table in notice.tables
        for column in name_columns(table)
        for row in table.rows
        if row[column].strip()
    )


def _keys_of(notices: Sequence[Notice], persons: frozenset[str]) -> dict[str, str]:
    """Initials by text; a key that is no person and no topic of its own is its notice's title."""
    found: dict[str, str] = {}
    for notice in notices:
        for key in notice.search:
            text = key.text.strip()
            if text and (text in persons or text not in found):
                found[text] = letters(key.initials)
    return found
