"""A script: the words a voice shall say, and what of the text it will not say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Lexicon = Mapping[str, str]
"""A county's words: word to pinyin (``"xiè"`` or ``"xie4"``) or to Chinese said instead."""

_SENTENCE_END = re.compile(r"(?<=[。！？；!?;])|\n")


@dataclass(frozen=True, slots=True)
class Unspoken:
    """A piece of the text that will not be heard, and why."""

    text: str
    reason: str
    """One of: emoji, control, link, markup, script, personal, length."""


@dataclass(frozen=True, slots=True)
class Script:
    """Words to be spoken. They hold no digits, no links, nothing a voice stumbles over.

    ``readings`` are the lexicon's pronunciations of the words in it, word to pinyin.
    """

    words: str
    unspoken: tuple[Unspoken, ...] = ()
    readings: tuple[tuple[str, str], ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """The words cut after every sentence end, without empty pieces."""
        pieces = (piece.strip() for piece in _SENTENCE_END.split(self.words))
        return tuple(piece for piece in pieces if piece)

    @property
    def silent(self) -> bool:
        """There is nothing to be said."""
        return not any(sign.isalnum() for sign in self.words)
