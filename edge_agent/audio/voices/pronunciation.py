"""How the words sound: pinyin, the county's readings first, for the voice and for the reviewer.

pypinyin and jieba are loaded when first asked; the always-running programs never ask.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from edge_agent.audio.script.cleaning import is_chinese
from edge_agent.audio.voices.polyphones import CONTEXTS, POLYPHONES
from edge_agent.audio.voices.surnames import SURNAMES, TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edge_agent.audio.script import Script

_TONE_MARKS = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}
_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[A-Za-z]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its syllables, ``zhang1``; letters and punctuation have none."""

    text: str
    syllables: tuple[str, ...] = ()


def pronounce(script: Script) -> tuple[Word, ...]:
    """The words of ``script`` in order, each with the pinyin that will be spoken.

    A Chinese character without a reading is a word without syllables: see
    ``unknown_characters``.
    """
    county = {word: syllables_of(reading, len(word)) for word, reading in script.readings}
    readings = {word: syllables for word, syllables in county.items() if syllables}
    readings = {word: tuple(each.split()) for word, each in POLYPHONES.items()} | readings
    words: list[Word] = []
    for piece, syllables in _pieces(script.words, readings):
        words += [Word(piece, syllables)] if syllables else _common_words(piece)
    return tuple(words)


def pinyin_text(script: Script) -> str:
    """The pinyin with tone marks, word by word, for the reviewer to read before signing."""
    from pypinyin.contrib.tone_convert import tone3_to_tone  # noqa: PLC0415 - heavy, asked rarely

    spoken = (
        "".join(tone3_to_tone(each) for each in word.syllables) or word.text
        for word in pronounce(script)
    )
    return re.sub(r"\s+([，。、；：！？,.;:!?])", r"\1", " ".join(spoken))


def unknown_characters(script: Script) -> tuple[str, ...]:
    """Chinese characters that no dictionary can pronounce and the voice would leave out."""
    return tuple(
        sign
        for word in pronounce(script)
        if is_chinese(word.text[0]) and len(word.syllables) != len(word.text)
        for sign in word.text
    )


def inline_readings(script: Script) -> str:
    """The words with the lexicon's readings and surnames as pinyin in their place.

    For engines that take both; no dictionary is loaded.
    """
    words = POLYPHONES | dict(script.readings)
    readings = {word: syllables_of(reading, len(word)) for word, reading in words.items()}
    text = ""
    for piece, syllables in _pieces(script.words, readings):
        if syllables:
            text += f" {' '.join(syllables)} "
        else:
            text += "".join(
                (f" {SURNAMES[surname]} " if surname else "") + rest
                for surname, rest in _surnames(piece)
            )
    return text


def _pieces(
    text: str, readings: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """``text`` cut up into what is known, with its syllables, and what stands between, with none.

    Known are the words of ``readings``, the longest first, and characters whose place tells.
    """
    ordered = sorted(filter(readings.get, readings), key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, ordered))) if ordered else None
    taken = {match.start(): match[0] for match in known.finditer(text)} if known else {}
    found = {start: (word, readings[word]) for start, word in taken.items()}
    covered = {place for start, word in taken.items() for place in range(start, start + len(word))}
    for pattern, syllable in CONTEXTS:
        for match in pattern.finditer(text):
            if match.start() not in covered:
                found.setdefault(match.start(), (match[0], (syllable,)))
    end = 0
    for start in sorted(found):
        if start > end:
            yield text[end:start], ()
        yield found[start]
        end = start + len(found[start][0])
    if end < len(text):
        yield text[end:], ()


def syllables_of(reading: str, count: int) -> tuple[str, ...]:
    """A lexicon's ``xiè zhōu`` or ``xie4 zhou1`` as ``("xie4", "zhou1")``; empty if malformed."""
    parts = tuple(_numbered(part) for part in reading.lower().replace("'", " ").split())
    well_formed = all(re.fullmatch(r"[a-zü]{1,6}[1-5]", part) for part in parts)
    return parts if well_formed and len(parts) == count else ()


def _numbered(syllable: str) -> str:
    """``xiè`` as ``xie4``; a syllable without a mark has the neutral tone, 5."""
    plain, tone = "", ""
    for sign in unicodedata.normalize("NFD", syllable):
        if sign in _TONE_MARKS:
            tone = _TONE_MARKS[sign]
        else:
            plain += sign
    plain = unicodedata.normalize("NFC", plain).replace("v", "ü")
    return plain if plain[-1:].isdigit() else plain + (tone or "5")


def _common_words(text: str) -> list[Word]:
    """Words by jieba, readings by pypinyin, surnames before a title by our table."""
    words: list[Word] = []
    for run in _RUN.findall(text):
        if is_chinese(run[0]):
            words.extend(_chinese_words(run))
        else:
            words.append(Word(run))
    return words


def _chinese_words(run: str) -> list[Word]:
    import jieba  # noqa: PLC0415 - 0.6 s and 100 MB, only where a voice is rendered
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415

    _quiet_jieba()
    words: list[Word] = []
    for surname, rest in _surnames(run):
        if surname:
            words.append(Word(surname, tuple(SURNAMES[surname].split())))
        for text in jieba.lcut(rest, cut_all=False) if rest else ():
            syllables = lazy_pinyin(
                text,
                style=Style.TONE3,
                neutral_tone_with_five=True,
                errors=_no_reading,
            )
            words.append(Word(text, tuple(syllables)))
    return words


def _surnames(run: str) -> list[tuple[str, str]]:
    """Pieces of ``run``, each a polyphonic surname (or none) and what follows it."""
    names = "|".join(SURNAMES)
    pattern = (
        rf"(?:(?<![\u3400-\u9fff])|(?<=[和与由请向找是及跟同被归]))(?:{names})(?={TITLES})"
        rf"|(?<=姓)(?:{names})"
    )
    pieces: list[tuple[str, str]] = []
    surname, start = "", 0
    for match in re.finditer(pattern, run):
        pieces.append((surname, run[start : match.start()]))
        surname, start = match[0], match.end()
    pieces.append((surname, run[start:]))
    return pieces


def _no_reading(signs: str) -> str:
    """An empty syllable for what no dictionary knows; such a character is a word by itself."""
    del signs
    return ""


@cache
def _quiet_jieba() -> None:
    """Jieba announces its dictionary on stderr at each start; nobody needs it."""
    import logging  # noqa: PLC0415

    import jieba  # noqa: PLC0415

    jieba.setLogLevel(logging.WARNING)
