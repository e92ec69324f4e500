"""Writes ``static/pad.json``, the words and characters of the pad on which villagers write.

``python -m edge_agent.kiosk.make_pad_words`` on a developer's machine (needs pypinyin and jieba,
which the box does not carry). Characters are those of GB 2312, each under every reading it has,
the frequent ones first as jieba's word counts tell; phrases are what villages write about.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

PAD = Path(__file__).parent / "static" / "pad.json"
_PHRASES = Path(__file__).parent / "pad_phrases.txt"
_MARKS = re.compile(r"[^a-z]")


def make() -> dict[str, object]:
    """The table: ``chars`` by syllable, ``phrases`` as text, whole pinyin, initials."""
    return {"chars": _characters(), "phrases": [_phrase(each) for each in _phrases()]}


def _phrases() -> list[str]:
    lines = _PHRASES.read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _phrase(text: str) -> list[str]:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - see the module's docstring

    syllables = [_plain(each) for each in lazy_pinyin(text)]
    return [text, "".join(syllables), "".join(each[:1] for each in syllables)]


def _characters() -> dict[str, str]:
    from pypinyin import Style, pinyin  # noqa: PLC0415 - as above

    counts = _counts()
    found: dict[str, set[str]] = {}
    for char in _gb2312():
        for reading in pinyin(char, style=Style.NORMAL, heteronym=True)[0]:
            found.setdefault(_plain(reading), set()).add(char)
    return {
        syllable: "".join(sorted(chars, key=lambda char: (-counts[char], char)))
        for syllable, chars in sorted(found.items())
        if syllable
    }


def _counts() -> Counter[str]:
    import jieba  # noqa: PLC0415 - as above

    counts: Counter[str] = Counter()
    with jieba.get_dict_file() as file:
        for line in file:
            word, count, *_ = line.decode("utf-8").split()
            for char in word:
                counts[char] += int(count)
    return counts


def _gb2312() -> list[str]:
    """All 6,763 characters: rows 16 to 87."""
    pairs = (bytes((0xA0 + row, 0xA0 + cell)) for row in range(16, 88) for cell in range(1, 95))
    return [char for pair in pairs for char in pair.decode("gb2312", "ignore")]


def _plain(syllable: str) -> str:
    """As it is typed: lü with v, no tone."""
    return _MARKS.sub("", syllable.lower().replace("ü", "v"))


if __name__ == "__main__":
    PAD.write_text(json.dumps(make(), ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
