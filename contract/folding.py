"""The scan form of a text: one spelling for every digit and blank, with the way back.

People write a number in full-width digits, Arabic-Indic digits, with zero-width characters in
it, or in Chinese numerals. Pattern scans read the *scan form*; what is shown stays as written.
``Folded.at`` leads each folded character back to its place in the original.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_HANGUL_FILLERS = "\u115f\u1160\u3164\uffa0"
_ENCLOSING_KEYCAP = "\u20e3"
_GRAPHEME_JOINER = "\u034f"
_MONGOLIAN_SELECTORS = "\u180b\u180c\u180d\u180e\u180f"

CHINESE_DIGITS = dict(
    zip(
        "零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖貳參陸",
        "0001234567891123456789236",
        strict=True,
    )
)
"""Numerals read digit by digit; 十, 百 and 两 are words of counting and not in here."""
_LETTERS_LIKE_DIGITS = {"O": "0", "I": "1", "L": "1"}


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; ``at[i]`` is the index of ``text[i]`` in the original."""

    text: str
    at: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of the original that ``text[start:end]`` stands for."""
        return self.at[start], self.at[end - 1] + 1


def is_invisible(char: str) -> bool:
    """Whether a character leaves no mark of its own: format, selector, filler, enclosing."""
    return (
        unicodedata.category(char) in {"Cf", "Me"}
        or "\ufe00" <= char <= "\ufe0f"
        or "\U000e0100" <= char <= "\U000e01ef"
        or char in _HANGUL_FILLERS + _ENCLOSING_KEYCAP + _GRAPHEME_JOINER + _MONGOLIAN_SELECTORS
    )


def fold(text: str) -> Folded:
    """Fold digits of every script, width, case and blanks; drop the invisible."""
    out: list[str] = []
    at: list[int] = []
    for index, char in enumerate(text):
        for folded in _fold_char(char):
            out.append(folded)
            at.append(index)
    return Folded("".join(out), tuple(at))


def fold_tricks(folded: Folded) -> tuple[Folded, frozenset[int]]:
    """Read Chinese numerals, circled digits and O, I, l as digits too.

    Returns:
        The folded text and the indices where such a reading was made: what is found there is
        a suspicion for a human, never a certainty.
    """
    chars = list(folded.text)
    read: set[int] = set()
    for index, char in enumerate(chars):
        digit = CHINESE_DIGITS.get(char) or _LETTERS_LIKE_DIGITS.get(char) or _circled(char)
        if digit is not None:
            chars[index] = digit
            read.add(index)
    return Folded("".join(chars), folded.at), frozenset(read)


def _circled(char: str) -> str | None:
    if char.isascii() or unicodedata.category(char) != "No":
        return None
    value = unicodedata.digit(char, None)
    return None if value is None else str(value)


def _fold_char(char: str) -> str:
    if char.isascii():
        return char.upper()
    if is_invisible(char) or unicodedata.category(char) == "Mn":
        return ""
    decimal = unicodedata.decimal(char, None)
    if decimal is not None:
        return str(decimal)
    if unicodedata.category(char) == "No":
        return char
    if char.isspace():
        return " "
    return unicodedata.normalize("NFKC", char).upper()
