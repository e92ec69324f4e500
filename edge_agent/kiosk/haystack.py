"""Finding short Chinese words in many texts: one long string, newest first, and `str.find`.

Measured against SQLite's LIKE and its full-text tokenisers in ``bench/kiosk.py``: it finds
everything from one character on, needs no dictionary, and lives in memory alone, so that a
withdrawn name leaves no trace on the disk.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Haystack:
    """Texts in search form (`spelling.fold`); answers are their numbers, in the given order."""

    def __init__(self, folded: Iterable[str]) -> None:
        texts = list(folded)
        self._all = "\n".join(texts)
        self._starts = _starts_of(texts)

    def find(self, needles: Sequence[str], limit: int) -> list[int]:
        """Numbers of the first ``limit`` texts that hold every needle (in search form)."""
        if not needles:
            return []
        first, *others = needles
        found = (n for n in self._with(first) if all(each in self[n] for each in others))
        return list(islice(found, limit))

    def __getitem__(self, number: int) -> str:
        """The text with this number, in search form."""
        end = self._starts[number + 1] - 1 if number + 1 < len(self._starts) else None
        return self._all[self._starts[number] : end]

    def __len__(self) -> int:
        return len(self._starts)

    def _with(self, needle: str) -> Iterator[int]:
        at = self._all.find(needle)
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            yield number
            if number + 1 == len(self._starts):
                return
            at = self._all.find(needle, self._starts[number + 1])


def _starts_of(texts: list[str]) -> list[int]:
    starts: list[int] = []
    at = 0
    for text in texts:
        starts.append(at)
        at += len(text) + 1
    return starts
