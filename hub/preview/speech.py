"""The words the loudspeaker will say, with the pinyin that the voice will speak.

Both are made by the box's own code: what the reviewer reads here is what the neural voice gets,
the county's readings included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pypinyin.contrib.tone_convert import tone3_to_tone

from edge_agent.audio.script import Script, announcement
from edge_agent.audio.voices.pronunciation import pronounce, unknown_characters

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
    """What is said, sentence by sentence, and what of the text stays unsaid.

    ``unsayable`` are Chinese characters that no voice can pronounce: they need a reading in the
    county's lexicon, or another wording.
    """

    sentences: tuple[tuple[Syllable, ...], ...]
    unspoken: tuple[str, ...]
    unsayable: tuple[str, ...]
    seconds: int


def words_of(notice: Notice) -> Words:
    """The spoken words of a notice as the village will hear them."""
    script = announcement(notice)
    sentences = tuple(
        tuple(_syllables(Script(sentence, (), script.readings))) for sentence in script.sentences
    )
    characters = sum(bool(each.pinyin) for sentence in sentences for each in sentence)
    return Words(
        sentences,
        tuple(f"{piece.text[:20]}" for piece in script.unspoken),
        unknown_characters(script),
        round(characters * SECONDS_A_CHARACTER),
    )


def _syllables(sentence: Script) -> list[Syllable]:
    """Each Chinese character with its reading; signs and letters as they are."""
    found: list[Syllable] = []
    for word in pronounce(sentence):
        if len(word.syllables) == len(word.text):
            pairs = zip(word.text, word.syllables, strict=True)
            found += [Syllable(sign, _marked(syllable)) for sign, syllable in pairs]
        else:
            found += [Syllable(sign, "") for sign in word.text]
    return found


def _marked(syllable: str) -> str:
    """``zhang1`` as ``zhāng``; the neutral tone has no mark."""
    return str(tone3_to_tone(syllable.removesuffix("5")))
