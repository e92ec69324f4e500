"""Things in a text that are no fault but will look different somewhere: markup, emoji, rare glyphs.

They are shown to the author so that nobody is surprised; nothing is ever executed, made
clickable or silently replaced.
"""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING

from contract.plain_text import Level, search_form
from hub.intake.excel_out import quote_formula
from hub.intake.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKUP = re.compile(
    r"<\s*/?\s*[a-zA-Z!]|javascript\s*:|data\s*:\s*text/html|\bon[a-z]{3,}\s*=|\{\{.{0,200}?\}\}|\{%|\$\{|&#x?\d",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:https?|hxxps?|ftp|file)://|www\.", re.IGNORECASE)
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u20e3\u203c\u2049\ufe0f\u3297\u3299]"
)

_IN_GB2312_AFTER_ALL = "·—"
"""A1A4 and A1AA, which Python's codec maps to other code points."""


def remarks_on(text: str, where: str, *, is_cell: bool = False) -> list[Fault]:
    """What the author should know about a text that is taken as it is."""
    return [
        Fault(code, where, Level.NOTE, zh, en, suggestion)
        for code, zh, en, suggestion in _remarks(text, is_cell=is_cell)
    ]


def _remarks(text: str, *, is_cell: bool) -> Iterator[tuple[str, str, str, str]]:
    if _MARKUP.search(text):
        yield (
            "markup",
            "代码样的文字只按原样显示，不会执行。",
            "What looks like code is shown as written and never run.",
            html.escape(text),
        )
    if _ADDRESS.search(text):
        yield ("address", "网址只显示文字，不能点击。", "Addresses are never clickable.", "")
    if _EMOJI.search(text):
        yield (
            "emoji",
            "电子屏上不显示表情符号，大喇叭不读。",
            "Emoji are left out on the panel and silent on the loudspeaker.",
            _EMOJI.sub("", text).replace("\u200d", ""),
        )
    if any(map(_is_found_otherwise, text)):
        yield (
            "search_form",
            "查找时全角半角、形近字母通用，显示保持原文。",
            "Search folds width and look-alikes; the display keeps the original.",
            search_form(text),
        )
    rare = "".join(dict.fromkeys(char for char in text if _is_rare(char)))
    if rare:
        yield (
            "beyond_gb2312",
            f"部分电子屏字库没有“{rare[:12]}”，将画成点阵显示。",
            "Some panels lack these characters; they are drawn as bitmaps.",
            rare,
        )
    if is_cell and quote_formula(text) != text:
        yield (
            "formula",
            "像公式的内容导出Excel时前加单引号，不会计算。",
            "What looks like a formula gets a quote in front when exported.",
            str(quote_formula(text)),
        )


def _is_found_otherwise(char: str) -> bool:
    """Letters and digits that look like others; punctuation is never searched for."""
    if char.isascii() or unicodedata.category(char)[0] not in "LNS":
        return False
    return search_form(char) != char.casefold() and not _EMOJI.match(char)


def _is_rare(char: str) -> bool:
    """A visible character that the GB 2312 fonts of panels lack."""
    if char in _IN_GB2312_AFTER_ALL or _EMOJI.match(char) or unicodedata.category(char)[0] == "C":
        return False
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return True
    return False
