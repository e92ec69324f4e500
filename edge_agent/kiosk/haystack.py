"""Finding short Chinese words in many texts: newest first, and Python's own search in strings.

Measured against SQLite's LIKE and its full-text tokenisers in ``bench/kiosk.py``: it finds
everything from one character on, needs no dictionary, and lives in memory alone, so that a
withdrawn name leaves no trace on the disk. The texts are those of the entries, not copies.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Haystack:
    """Texts in search form (`spelling.fold`); answers are their numbers, in the given order."""

    def __init__(self, folded: Iterable[str]) -> None:
        self._texts = tuple(folded)

    def find(self, needles: Sequence[str], limit: int) -> list[int]:
        """Numbers of the first ``limit`` texts that hold every needle (in search form)."""
        if not needles:
            return []
        first, *others = needles
        found = (n for n, text in enumerate(self._texts) if first in text)
        if others:
            found = (n for n in found if all(each in self._texts[n] for each in others))
        return list(islice(found, limit))

    def __getitem__(self, number: int) -> str:
        """The text with this number, in search form."""
        return self._texts[number]

    def __len__(self) -> int:
        return len(self._texts)
