"""What of a text a panel can show: cleaned, joined, and with a report of what is lost.

Nothing is ever dropped in silence: `legible` returns the text that will be drawn and the
characters that will not. Invisible characters (zero width, direction marks, variation
selectors) carry nothing a panel could show and go without a word; the gates at the hub judge
them long before.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from edge_agent.led import fonts, rtl

_HANZI = r"\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NAME_DOTS = "\u00b7\u0387\u2022\u2027\u2219\u22c5\u30fb\uff65\uff0e\u002e"
_NAME_DOT = re.compile(rf"(?<=[{_HANZI}]) ?[{_NAME_DOTS}] ?(?=[{_HANZI}])")
_NUMERALS = re.compile(rf"(?:^|[^{_HANZI}])第?[〇一二三四五六七八九十百]+$")
_HARD_SPACE = re.compile(rf"(?<=[{_HANZI}])\u00a0+|\u00a0+(?=[{_HANZI}])")
_PLAIN = re.compile(r"(?:[ -\-/-~\u4e00-\u9fa5、。，：；！？（）《》]|(?<=[0-9])\.)*")
"""Most text by far: nothing in it to clean, and every font of the chain has all of it."""
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
                        "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\u20e3]")  # fmt: skip
_BLANKS = re.compile("[\t\u00a0\u2000-\u200a\u202f\u205f]")
_PICTURE_SIGNS = range(0x1F000, 0x1FB00)
_WORDS = {"📞": "电话", "📱": "手机", "☎": "电话", "📍": "地点", "🔥": "火", "💧": "水",
          "🚫": "禁止", "🏥": "医院", "🏫": "学校", "🚨": "警报"}  # fmt: skip
_STACKED = re.compile("[\u0700-\u1cff\ua880-\uabff\u1780-\u18af\U00010a00-\U00011fff]")
_IS_SHAPE = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")
_NEW_HANZI = range(0x20000, 0x3FFFE)
_UNFIT = frozenset({"Cn", "Co", "Cs", "Cc", "Cf"})
_MARKS = frozenset({"Mn", "Mc", "Me"})


class Legible(NamedTuple):
    """Text as it will be drawn, in reading order, and what could not be kept."""

    text: str
    unshown: tuple[str, ...]
    """Characters, or ``U+E863`` for those that no receipt could carry; each once, in order."""


def legible(text: str, size_px: int = fonts.BASE_SIZE_PX) -> Legible:
    """Prepare ``text`` for the panel. Lines and their order stay.

    Small pictures (emoji) become a word or go, anything else that no font has becomes 〓; all
    of it is reported. Scripts whose letters stack or change shape in ways a grid of cells
    cannot follow (Tibetan, Mongolian, Thai) are reported too, not drawn wrongly.
    """
    if _PLAIN.fullmatch(text):
        return Legible(text, ())
    lost: dict[str, None] = {}
    kept = []
    for char in _cleaned(text):
        shown = _shown(char, size_px)
        if shown != char:
            lost[_reportable(char)] = None
        kept.append(shown)
    return Legible(rtl.join_letters("".join(kept)), tuple(lost))


def unshown(text: str) -> tuple[str, ...]:
    """Only the report of `legible`."""
    return legible(text).unshown


def _cleaned(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _HARD_SPACE.sub("", _INVISIBLE.sub("", text))
    text = _BLANKS.sub(" ", text)
    return _NAME_DOT.sub(_name_dot, text)


def _name_dot(found: re.Match[str]) -> str:
    """A dot between characters is the dot of a name, except behind a number (``一.总则``)."""
    before = found.string[max(0, found.start() - 8) : found.start()]
    return found.group() if _NUMERALS.search(before) else "·"


def _shown(char: str, size_px: int) -> str:
    if char == "\n" or char.isascii():
        return char if char == "\n" or char.isprintable() else ""
    if char in _WORDS:
        return _WORDS[char]
    category = unicodedata.category(char)
    if ord(char) in _PICTURE_SIGNS or category in _MARKS:
        return ""
    if _is_unfit(char) or _STACKED.match(char):
        return fonts.SUBSTITUTE
    drawn = char
    if unicodedata.bidirectional(char) == "AL" and char.isalpha() and not _IS_SHAPE.match(char):
        drawn = rtl.alone(char) or "\uffff"
    return fonts.SUBSTITUTE if fonts.missing(drawn, size_px) else char


def _is_unfit(char: str) -> bool:
    """Whether it is no character at all; hanzi may be newer than Python's own Unicode data."""
    return unicodedata.category(char) in _UNFIT and ord(char) not in _NEW_HANZI


def _reportable(char: str) -> str:
    return f"U+{ord(char):04X}" if _is_unfit(char) else char
