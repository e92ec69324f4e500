"""Take out of a text what must not be heard, and say what was taken out.

Emoji, control and bidi characters, links, mark-up and scripts without a voice are silent.
What remains is Chinese, Latin letters, digits and ordinary punctuation.
"""

from __future__ import annotations

import html
import re
import unicodedata

from edge_agent.audio.script.script import Unspoken
from edge_agent.audio.script.signs import ONE_FORM

MAX_CHARS = 5000
"""About twenty minutes of speech. Anything longer is cut at a sentence end and reported."""

_LINK = re.compile(
    r"(?:[a-z]{3,6}://|www\.)[!-~]+|[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63}"
    r"|(?<![\w.])(?:[a-z0-9-]{1,63}\.){1,5}(?:com|cn|net|org|gov|edu|io|example)\b(?:/[!-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_MARKUP = re.compile(
    r"\\[a-z]{2,8}(?:=[^\\\s]{0,20})?\\|<!--.{0,300}?-->|<[/!?]?[A-Za-z][^<>]{0,300}>"
    r"|\[\[[^\[\]]{0,300}\]\]",
    re.DOTALL,
)
_EMOJI = re.compile(
    "[0-9#*]\ufe0f?\u20e3"
    "|[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\u3297\u3299\u00a9\u00ae"
    "\u203c\u2049\u2122\u2139\u200d\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f]+"
)
_SPOKEN_SIGNS = frozenset("′″，。、；：？！“”‘’（）《》〈〉【】〔〕「」『』·—–°℃℉‰±×÷≥≤≈≠¥£€²³μΩ")
_NEEDLESS_SPACE = re.compile(r"(?<![!-~]) +| +(?![!-~])")
_LINES = re.compile(r"(?P<before>[^\n]?)\s*\n\s*")
_STOPS = "。！？；，、：!?;,:（《“【"


def clean(text: str) -> tuple[str, tuple[Unspoken, ...]]:
    """The part of ``text`` that can be said, and the rest with the reason for its silence."""
    unspoken: list[Unspoken] = []

    def take_out(pattern: re.Pattern[str], reason: str, text: str) -> str:
        def note(match: re.Match[str]) -> str:
            unspoken.append(Unspoken(match[0], reason))
            return " " if reason == "link" else ""

        return pattern.sub(note, text)

    text = cut_off(text, unspoken)
    text = take_out(_MARKUP, "markup", html.unescape(text))
    text = take_out(_LINK, "link", text)
    text = take_out(_EMOJI, "emoji", text)
    text = _without_foreign_lines(text, unspoken)
    text = _sayable(unicodedata.normalize("NFC", text).translate(ONE_FORM), unspoken)
    text = _LINES.sub(_sentence_for_line, text.strip())
    return _NEEDLESS_SPACE.sub("", text), tuple(unspoken)


def cut_off(text: str, unspoken: list[Unspoken]) -> str:
    """At most ``MAX_CHARS``, ending where a sentence ends if one does."""
    if len(text) <= MAX_CHARS:
        return text
    end = max(text.rfind(stop, 0, MAX_CHARS) for stop in "。！？；\n") + 1
    end = end or MAX_CHARS
    unspoken.append(Unspoken(f"{text[end : end + 20]}…", "length"))
    return text[:end]


def _without_foreign_lines(text: str, unspoken: list[Unspoken]) -> str:
    """Without lines of a script that has no voice here: their digits alone make no sense."""
    kept: list[str] = []
    for line in text.split("\n"):
        foreign = any(sign.isalpha() and _why_silent(sign) == "script" for sign in line)
        if foreign and not any(is_chinese(sign) for sign in line):
            unspoken.append(Unspoken(line.strip(), "script"))
        else:
            kept.append(line)
    return "\n".join(kept)


def _sayable(text: str, unspoken: list[Unspoken]) -> str:
    """Drop the characters no voice has; neighbours dropped for one reason are one report."""
    kept: list[str] = []
    dropped: list[tuple[int, str, str]] = []
    for place, sign in enumerate(text):
        reason = _why_silent(sign)
        if not reason:
            kept.append(sign)
        elif dropped and dropped[-1][0] == place - 1 and dropped[-1][2] == reason:
            dropped[-1] = (place, dropped[-1][1] + sign, reason)
        else:
            dropped.append((place, sign, reason))
    unspoken.extend(Unspoken(signs, reason) for _, signs, reason in dropped)
    return "".join(kept)


def _why_silent(sign: str) -> str:
    """Why ``sign`` cannot be said, or nothing if it can."""
    if sign == "\n" or " " <= sign <= "~" or sign in _SPOKEN_SIGNS:
        return ""
    category = unicodedata.category(sign)
    if category == "Lo":
        return "" if is_chinese(sign) else "script"
    if category[0] == "L" or category[0] == "M" or category[0] == "N":
        return "script"
    return "control" if category[0] == "C" else "sign"


def is_chinese(sign: str) -> bool:
    """A Chinese character of any Unicode block, the compatibility ones included."""
    return (
        "\u3400" <= sign <= "\u9fff"
        or "\uf900" <= sign <= "\ufaff"
        or "\U00020000" <= sign <= "\U0003ffff"
        or sign == "〇"
    )


def _sentence_for_line(match: re.Match[str]) -> str:
    before = match["before"]
    return before if not before or before in _STOPS else before + "。"
