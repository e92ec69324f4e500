"""What a text must be before anybody reads it: no hidden order, no control codes, not empty.

Display keeps what was written; only invisible characters, controls and code points that no
font has are taken out, and the cleaned text is shown to the author as a suggestion. Genuine
right-to-left scripts pass. ``search_form`` is for finding, never for showing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from contract.errors import ContractError
from contract.folding import is_invisible
from contract.standard_forms import standard_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS = {"\u2028": "\n", "\u2029": "\n", "\u0085": "\n", "\r": "\n"}
_JOINERS = frozenset("\u200c\u200d")
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), 0x20E3)))
_NOT_YET_KNOWN = ((0x1F000, 0x1FAFF), (0x2A6DE, 0x2EE5F), (0x30000, 0x323AF))
"""Characters and emoji of Unicode 15 and later, which Python 3.11 calls unassigned."""
_MARKS_IN_A_ROW = 5
_MOJIBAKE = re.compile(r"锟斤拷|烫烫烫|屯屯屯|[\u00c2-\u00f4][\u0080-\u00bf]{1,3}|\ufffd")
_DECEIVING = re.compile(
    f"[{''.join(sorted(_BIDI))}\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_TOPIC_UNSAFE = re.compile(r"[/#+\x00-\x20\x7f-\x9f]")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_SEARCH_DOTS = str.maketrans(dict.fromkeys("•・．.‧∙⋅●᛫・", "·"))
_LOOK_ALIKE = str.maketrans("авеёкмнорстухіјѕԁԛԝαβεικνορτυχ", "abeekmhopctyxijsdqwabeikvoptux")


class Level(StrEnum):
    """What a fault asks for."""

    REFUSE = "refuse"
    CONFIRM = "confirm"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a text; ``chars`` names the code points (``U+202E``)."""

    code: str
    level: Level
    zh: str
    en: str
    chars: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a text may be, in characters and lines, and how many letters make it a text."""

    max_chars: int
    max_lines: int
    min_letters: int


TITLE = Bounds(max_chars=100, max_lines=1, min_letters=2)
SUMMARY = Bounds(max_chars=200, max_lines=4, min_letters=2)
SPEECH = Bounds(max_chars=4_000, max_lines=200, min_letters=0)
BODY = Bounds(max_chars=60_000, max_lines=3_000, min_letters=2)
CELL = Bounds(max_chars=2_000, max_lines=40, min_letters=0)


@dataclass(frozen=True, slots=True)
class Report:
    """A text, its faults, and what it would be without them."""

    text: str
    suggestion: str
    faults: tuple[Fault, ...]

    @property
    def refused(self) -> bool:
        """Whether the text may not be taken as it is."""
        return any(fault.level is Level.REFUSE for fault in self.faults)

    @property
    def needs_confirm(self) -> bool:
        """Whether a person has to look at the suggestion."""
        return any(fault.level is Level.CONFIRM for fault in self.faults)


class TextRefusedError(ContractError):
    """A text that may not be shown; ``report`` has the reasons and the suggestion."""

    def __init__(self, report: Report) -> None:
        reasons = " ".join(f"{fault.zh} {fault.en}" for fault in report.faults)
        super().__init__(reasons)
        self.report = report


def inspect(text: str, bounds: Bounds = BODY) -> Report:
    """Look at one text. Nothing is changed; ``suggestion`` is the cleaned form."""
    cleaned, strange = _cleaned(text)
    faults = [
        Fault(code, *_SAYINGS[code], chars=tuple(dict.fromkeys(chars)))
        for code, chars in strange.items()
    ]
    suggestion, broken = _repaired(cleaned)
    if broken:
        faults.append(Fault("mojibake", *_SAYINGS["mojibake"]))
    faults += _outside(suggestion, bounds)
    return Report(text, suggestion, tuple(faults))


def accept(text: str, bounds: Bounds = BODY) -> str:
    """The text as it may be kept: invisible characters gone, everything else as written.

    Raises:
        TextRefusedError: the text holds what may not be shown, or is out of bounds.
    """
    report = inspect(text, bounds)
    if report.refused:
        raise TextRefusedError(report)
    return text if report.needs_confirm else report.suggestion


def without_unsafe(text: str) -> str:
    """The text without controls, invisible characters and code points that no font has."""
    return _cleaned(text)[0]


def deceives(text: str) -> bool:
    """Whether a text holds direction controls or control codes, which no hub lets through."""
    return _DECEIVING.search(text) is not None


def search_form(text: str) -> str:
    """What a text is found by: width, case, name dots and look-alike letters do not matter."""
    plain = "".join(char for char in text if not is_invisible(char))
    folded = unicodedata.normalize("NFKC", plain).casefold()
    return " ".join(folded.translate(_SEARCH_DOTS).translate(_LOOK_ALIKE).split())


def check_code(code: str) -> str:
    """An id that may stand in a topic, a file name and an address.

    Raises:
        ContractError: anything but 1 to 64 ASCII letters, digits, ``_``, ``.`` and ``-``.
    """
    if _CODE.fullmatch(code) is None:
        raise ContractError(
            f"编号 {code[:40]!r} 只能用字母、数字和 _ . -。"
            " An id has letters, digits, _ . - only and begins with a letter or digit."
        )
    return code


def is_topic_safe(name: str) -> bool:
    """Whether a name could be one level of an MQTT topic without reaching any other."""
    return bool(name) and not name.startswith("$") and _TOPIC_UNSAFE.search(name) is None


def _cleaned(text: str) -> tuple[str, dict[str, list[str]]]:
    """The text character by character without its faults, and the faults by name."""
    kept: list[str] = []
    strange: dict[str, list[str]] = {}
    for place, char in enumerate(text):
        code, instead = _judge(text, place, char)
        if code:
            strange.setdefault(code, []).append(f"U+{ord(char):04X}")
        kept.append(instead)
    return _tidy("".join(kept), dropped="unshowable" in strange), strange


def _judge(text: str, place: int, char: str) -> tuple[str, str]:
    """The fault of one character (empty for none) and what to put in its place."""
    if "\x20" <= char < "\x7f" or char in "\n\t" or "\u4e00" <= char <= "\u9fa5":
        return "", char
    for code, is_so, instead in _CHECKS:
        if is_so(text, place, char):
            return code, instead(char)
    return "", char


def _is_line_end(text: str, place: int, char: str) -> bool:
    return char in _LINE_ENDS and text[place : place + 2] != "\r\n"


def _is_half_of_line_end(text: str, place: int, char: str) -> bool:
    return char == "\r" and text[place : place + 2] == "\r\n"


def _is_control(_text: str, _place: int, char: str) -> bool:
    return (
        unicodedata.category(char) == "Cc"
        or "\ufff9" <= char <= "\ufffb"
        or "\U000e0000" <= char <= "\U000e007f"
    )


def _is_lost_joiner(text: str, place: int, char: str) -> bool:
    """Joiners belong between emoji and inside scripts that join; elsewhere they hide things."""
    if char not in _JOINERS:
        return is_invisible(char) and char not in _SELECTORS and not _selects(char)
    before = text[place - 1 : place]
    return not before or before.isascii() or "\u2e80" <= before <= "\u9fff"


def _selects(char: str) -> bool:
    return (
        "\u180b" <= char <= "\u180f" and char != "\u180e"
    ) or "\U000e0100" <= char <= "\U000e01ef"


def _is_unshowable(_text: str, _place: int, char: str) -> bool:
    category = unicodedata.category(char)
    known_later = any(low <= ord(char) <= high for low, high in _NOT_YET_KNOWN)
    return category == "Co" or (category == "Cn" and not known_later)


def _is_heap_of_marks(text: str, place: int, char: str) -> bool:
    if unicodedata.category(char) not in {"Mn", "Me"}:
        return False
    before = text[max(0, place - _MARKS_IN_A_ROW) : place]
    return len(before) == _MARKS_IN_A_ROW and all(
        unicodedata.category(mark) in {"Mn", "Me"} for mark in before
    )


def _nothing(_char: str) -> str:
    return ""


_CHECKS: tuple[tuple[str, Callable[[str, int, str], bool], Callable[[str], str]], ...] = (
    ("bidi", lambda _text, _place, char: char in _BIDI, _nothing),
    ("surrogate", lambda _text, _place, char: "\ud800" <= char <= "\udfff", _nothing),
    ("", _is_half_of_line_end, _nothing),
    ("", _is_line_end, _LINE_ENDS.__getitem__),
    ("control", _is_control, _nothing),
    ("invisible", _is_lost_joiner, _nothing),
    ("unshowable", _is_unshowable, standard_form),
    ("marks", _is_heap_of_marks, _nothing),
)

_SAYINGS: dict[str, tuple[Level, str, str]] = {
    "bidi": (
        Level.REFUSE,
        "文字里有改变显示顺序的控制符，请改用建议的文字。",
        "The text holds direction controls; take the suggested text.",
    ),
    "surrogate": (
        Level.REFUSE,
        "文字里有半个字符（编码损坏），请重新输入。",
        "The text holds half a character; type it again.",
    ),
    "control": (
        Level.REFUSE,
        "文字里有不可见的控制符，请改用建议的文字。",
        "The text holds control characters; take the suggested text.",
    ),
    "marks": (
        Level.REFUSE,
        "文字上叠了过多的附加符号，请改用建议的文字。",
        "Too many marks are stacked on one letter; take the suggested text.",
    ),
    "invisible": (
        Level.NOTE,
        "已去掉不可见字符。",
        "Invisible characters were taken out.",
    ),
    "unshowable": (
        Level.CONFIRM,
        "有字库里没有的字（自造字或未定义字），请核对建议的写法。",
        "Some characters are in no font; please check the suggested spelling.",
    ),
    "mojibake": (
        Level.CONFIRM,
        "文字像是乱码，请核对原文或按建议修改。",
        "The text looks garbled; check it against the original.",
    ),
    "empty": (
        Level.REFUSE,
        "没有可读的内容，请写明事项。",
        "There is nothing to read; write what it is about.",
    ),
    "too_long": (
        Level.REFUSE,
        "文字太长，请缩短或分成几条发布。",
        "The text is too long; shorten it or publish it in parts.",
    ),
    "too_many_lines": (
        Level.REFUSE,
        "换行太多，请合并段落。",
        "There are too many lines; join the paragraphs.",
    ),
}


def _tidy(text: str, *, dropped: bool) -> str:
    text = re.sub(r"\n{4,}", "\n\n\n", text)
    if dropped:  # list commas that lost their neighbours
        text = re.sub(r"、{2,}", "、", text).rstrip("、,， ")
    return text


def _repaired(text: str) -> tuple[str, bool]:
    """Undo one wrong decoding, if the text clearly suffered one."""
    for wrong in ("latin-1", "cp1252", "gb18030"):
        try:
            right = text.encode(wrong).decode("utf-8")
        except UnicodeError:
            continue
        if right != text and re.search(r"[\u4e00-\u9fff]", right):
            return right, True
    return text, _MOJIBAKE.search(text) is not None


def _outside(text: str, bounds: Bounds) -> Iterator[Fault]:
    letters = sum(unicodedata.category(char)[0] in "LN" for char in text[: bounds.max_chars])
    if letters < bounds.min_letters:
        yield Fault("empty", *_SAYINGS["empty"])
    if len(text) > bounds.max_chars:
        yield Fault("too_long", *_SAYINGS["too_long"])
    if text.count("\n") >= bounds.max_lines:
        yield Fault("too_many_lines", *_SAYINGS["too_many_lines"])
