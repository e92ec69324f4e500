"""From the text of a notice to the words a voice shall say.

Rules of the domain come first, because general text normalisers read 〔2023〕, G338, masked
numbers and telephone numbers wrongly; wetext reads whatever digits they leave.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from edge_agent.audio.script.cleaning import clean
from edge_agent.audio.script.codes import CODES, NAMES
from edge_agent.audio.script.dates import DATES
from edge_agent.audio.script.numerals import cardinal, digits
from edge_agent.audio.script.quantities import QUANTITIES
from edge_agent.audio.script.rule import apply_rules, rule
from edge_agent.audio.script.script import Lexicon, Script

if TYPE_CHECKING:
    from wetext import Normalizer

_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_OCCASION = (
    "[”’]?(?:国际|国家|世界|全国|宪法|劳动|儿童|妇女|国庆|青年|建党|建军|消费|晚会|活动|节|宣传|主题|禁毒"
    "|假期|放假|长假|黄金周|地震|事件|运动|特大|火灾|交通安全|消防|打假|公祭)"
)
"""What follows a date that has become a name: 3.15晚会, 5.1劳动节."""
_LISTS = (
    rule(r"(?<!\d)(?P<whole>\d{1,3}(?:,\d{3})+)(?![\d,])", lambda m: m["whole"].replace(",", "")),
    rule(r"(?:(?<=^)|(?<=[。；;！？：\s]))(?P<number>\d{1,2})[.、）)](?=[^\d])",
         lambda m: cardinal(m["number"]) + "、"),
    rule(r"(?<![\d.])(?P<number>\d{1,2})[.](?=[\u4e00-\u9fff“《])",
         lambda m: cardinal(m["number"]) + "、"),
    rule(r"(?<=[一二三四五六七八九十初高\d])[（(](?P<number>\d{1,2})[）)](?=[组班队社])",
         lambda m: cardinal(m["number"])),
    rule(r"(?P<before>第?)[（(](?P<number>\d{1,2})[）)](?=[号条款项组期批次版](?![召称码织长建成团]))",
         lambda m: m["before"] + cardinal(m["number"])),
    rule(r"[（(](?P<number>\d{1,2})[）)](?![号年])", lambda m: cardinal(m["number"]) + "、"),
    rule(r"[（(][^（()）]*[）)]|(?<![\d.])(?P<number>\d{1,2})[）)](?=[\u4e00-\u9fff])",
         lambda m: cardinal(m["number"]) + "、" if m["number"] else m[0]),
    rule(r"(?<![A-Za-z（(])(?P<letter>[a-hA-H])[）).](?=[\u4e00-\u9fff])",
         lambda m: m["letter"] + "、"),
    rule(r"(?<=[“\"])(?P<month>1?\d)\.(?P<day>[0-3]?\d)(?=[”\"])",
         lambda m: _day_of_note(m["month"], m["day"])),
    rule(rf"(?<![\d.·])(?P<month>1?\d)(?:·|\.(?=[0-3]?\d{_OCCASION}))(?P<day>[0-3]?\d)(?![\d.])",
         lambda m: _day_of_note(m["month"], m["day"])),
)  # fmt: skip
_SIGNS = (
    rule(r"(?<=[\u4e00-\u9fffA-Za-z])\s?/\s?(?=[\u4e00-\u9fffA-Za-z])", lambda _: "、"),
    rule(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])", lambda _: ""),
    rule(r"(?<=[\u4e00-\u9fff])\s?[~]\s?(?=[\u4e00-\u9fffA-Z])", lambda _: "到"),
    rule(r"\s?&\s?", lambda _: "和"),
    rule(r"(?<=[A-Za-z])-(?=[A-Za-z])", lambda _: ""),
    rule(r"\s*[-–—]{1,}\s*(?=[\u4e00-\u9fffA-Za-z])", lambda _: "，"),
    rule(r"[\[\]{}<>^~`$#@%*_\\|\"'=+–—-]|(?<![A-Za-z])/|/(?![A-Za-z])", lambda _: ""),
    rule(r"(?<=[，、；：,;:])[，、]+|^[，、；：。]+", lambda _: ""),
    rule(r"[，、](?=[。！？；：）])", lambda _: ""),
)


def _day_of_note(month: str, day: str) -> str:
    """3·15 is 三一五, 12.4 is 一二四; but the first of October is 十一."""
    return "十一" if (month, day) == ("10", "1") else digits(month + day)


def spoken_words(text: str, lexicon: Lexicon | None = None) -> Script:
    """The words to be spoken for ``text``.

    Args:
        text: A notice's text as written; at most 5,000 characters of it are spoken.
        lexicon: The county's words. A Chinese value is said instead of its key; any other value
            is the key's pinyin and travels with the script to the voice.
    """
    lexicon = lexicon or {}
    text, unspoken = clean(text)
    for word in sorted(lexicon, key=len, reverse=True):
        if word and _CHINESE.search(lexicon[word]):
            text = text.replace(word, lexicon[word])
    words = apply_rules(_LISTS + NAMES + DATES + CODES + QUANTITIES, text)
    if re.search(r"\d", words):
        words = digits(_normalizer().normalize(words))
    words = apply_rules(_SIGNS, words).strip()
    readings = tuple(
        (word, reading)
        for word, reading in lexicon.items()
        if word and word in words and not _CHINESE.search(reading)
    )
    return Script(words, unspoken, readings)


@cache
def _normalizer() -> Normalizer:
    """Loaded only when the rules left a digit: it brings 15 MB of automata with it."""
    from wetext import Normalizer  # noqa: PLC0415 - kept out of the always-running audio program

    return Normalizer(lang="zh", operator="tn")
