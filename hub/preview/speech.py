"""The words the loudspeaker will say, with their pinyin, made by the box's own script code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pypinyin import Style, lazy_pinyin

from edge_agent.audio.script import announcement

if TYPE_CHECKING:
    from contract.notice import Notice

SECONDS_A_CHARACTER = 0.26
"""Measured pace of the Mandarin voices, about 230 characters a minute."""


@dataclass(frozen=True, slots=True)
class Syllable:
    """A character and how it is read; signs have no reading."""

    text: str
    pinyin: str


@dataclass(frozen=True, slots=True)
class Words:
    """What is said, sentence by sentence, and what of the text stays unsaid."""

    sentences: tuple[tuple[Syllable, ...], ...]
    unspoken: tuple[str, ...]
    seconds: int


def words_of(notice: Notice) -> Words:
    """The spoken words of a notice as the village will hear them."""
    script = announcement(notice)
    sentences = tuple(_syllables(sentence) for sentence in script.sentences)
    characters = sum(bool(each.pinyin) for sentence in sentences for each in sentence)
    return Words(
        sentences,
        tuple(f"{piece.text[:20]}" for piece in script.unspoken),
        round(characters * SECONDS_A_CHARACTER),
    )


def _syllables(sentence: str) -> tuple[Syllable, ...]:
    """Each Chinese character with its reading; runs of anything else as they are."""
    found: list[Syllable] = []
    place = 0
    for reading in lazy_pinyin(sentence, style=Style.TONE, errors="default"):
        if sentence.startswith(reading, place):
            found += [Syllable(char, "") for char in reading]
            place += len(reading)
        else:
            found.append(Syllable(sentence[place], reading))
            place += 1
    return tuple(found)
