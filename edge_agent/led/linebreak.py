"""Breaking Chinese text into lines the way Chinese is printed, on a grid of half cells.

No line starts with closing punctuation, none ends with an opening one; numbers stay with
their units, and amounts, dates, times, phone numbers and Latin words stay whole, as long as a
line can hold them. Widths are in half cells: 2 for a character, 1 for an ASCII sign.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from edge_agent.led import fonts, rtl

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_AT_START = frozenset("。，、：；！？）》」』】〕〉”’…—·％‰℃!?,.:;)]}%~～゜々")
NOT_AT_END = frozenset("（《「『【〔〈“‘([{￥¥$￡第")
_UNIT = (
    r"(?:元/[^\d\W]{1,2}|万元|亿元|元|角|分钟|分|亩|公顷|公里|千米|平方米|立方米|毫米|厘米|米|公斤|千克|"
    r"吨|斤|克|户|人次|人|名|个工|个月|个|座|台|套|件|项|笔|条|只|头|株|棵|张|份|次|天|日|周岁|岁|"
    r"小时|时|点|年度|年|月|级|组|号|楼|层|票|工日|万千瓦时|千瓦时|度|株|平方公里|㎡|℃|%|％|‰)"
)
_DIGITS = r"\d+(?:[,.]\d+)*"
_KEPT = re.compile(
    "|".join(
        (
            r"\d{2,4}年度?(?:\d{1,2}月)?(?:\d{1,2}日)?|\d{1,2}月(?:\d{1,2}日)?",
            r"\d{1,2}时\d{1,2}分",
            r"(?:https?|hxxp)s?://[!-~]+",
            rf"第{_DIGITS}[^\W\d_A-Za-z]?",
            r"第[〇一二三四五六七八九十百千]{1,5}[条章节款项组次届号页]",
            rf"[-+−±]?[￥¥$]?[-−]?{_DIGITS}(?:[-—~～/:：×]+{_DIGITS})*(?:余|多|余多)?(?:万|亿)?{_UNIT}?",
            r"[A-Za-z0-9]+(?:[-_./@'&+][A-Za-z0-9]+)*",
            r"[\u0590-\u08ff\ufb50-\ufdff\ufe70-\ufefe]+",
        )
    )
)

_NARROWEST = 4  # half cells: a line next to a page number that holds less stays empty
_SOFT_SPOT = re.compile(r"(?<=[年月日—\-:：/@,~～])")


@lru_cache(maxsize=1024)
def cells(text: str) -> int:
    """Width of ``text`` in half cells."""
    if text.isascii():
        return len(text)
    return sum(1 if fonts.is_half(char) else 2 for char in text)


def pieces(text: str) -> list[str]:
    """``text`` cut everywhere a line may end, nowhere else. Joined, they are ``text`` again."""
    found: list[str] = []
    for raw in _raw_pieces(text):
        glue = found and (raw[0] in NOT_AT_START or found[-1][-1] in NOT_AT_END)
        if glue and not raw.isspace():
            found[-1] += raw
        else:
            found.append(raw)
    return found


def _raw_pieces(text: str) -> list[str]:
    found: list[str] = []
    place = 0
    for kept in _KEPT.finditer(text):
        found.extend(text[place : kept.start()])
        found.append(kept.group())
        place = kept.end()
    found.extend(text[place:])
    return found


class Line(NamedTuple):
    """A line as the eye meets it; ``rtl`` lines begin at the right."""

    text: str
    rtl: bool = False


def wrap(text: str, width_of: Callable[[int], int]) -> list[Line]:
    """Break ``text`` into lines; ``width_of(n)`` is the width of line n in cells.

    A line feed in the text ends a line. A piece wider than a whole line is cut where the rules
    of punctuation allow, and anywhere if they do not. Spaces at the ends of lines go.
    """
    lines: list[Line] = []
    for paragraph in text.split("\n"):
        base_rtl = rtl.starts_rtl(paragraph)
        if cells(paragraph) <= width_of(len(lines)):
            lines.append(_finished(paragraph.lstrip(" "), base_rtl=base_rtl))
            continue
        line = ""
        waiting = pieces(paragraph)
        while waiting:
            width = width_of(len(lines))
            if cells((line + waiting[0]).rstrip()) <= width:
                line = (line + waiting.pop(0)).lstrip(" ")
            elif line:
                lines.append(_finished(line, base_rtl=base_rtl))
                line = ""
            elif width < max(_NARROWEST, cells(waiting[0])) <= width_of(len(lines) + 1):
                lines.append(Line("", base_rtl))
            else:
                waiting[:1] = _cut(waiting[0], max(2, width))
        lines.append(_finished(line, base_rtl=base_rtl))
    return lines


def wrap_to(text: str, width_cells: int) -> list[str]:
    """`wrap` with lines that are all ``width_cells`` wide; only their texts."""
    return [line.text for line in wrap(text, lambda _line: width_cells)]


def wrap_evenly(text: str, width_cells: int) -> list[Line]:
    """As few lines as `wrap` makes, of as even a length as the rules allow."""
    best = wrap(text, lambda _line: width_cells)
    for narrower in range(width_cells - 1, 1, -1):
        lines = wrap(text, lambda _line, width=narrower: width)  # type: ignore[misc] # a default
        if len(lines) > len(best) or _tears(text, narrower):
            break
        best = lines
    return best


def _tears(text: str, width: int) -> bool:
    return any(cells(piece.strip()) > width for piece in pieces(text))


def _finished(line: str, *, base_rtl: bool) -> Line:
    return Line(rtl.visual_order(line.rstrip(" "), base_rtl=base_rtl), base_rtl)


def _cut(piece: str, width: int) -> list[str]:
    """Cut a piece that no line can hold: at its soft spots, then anywhere.

    Where a closing sign would begin a line, the character before it moves along.
    """
    found: list[str] = []
    for part in (soft for raw in _raw_pieces(piece) for soft in _softened(raw, width)):
        atom = part
        if found and (atom[0] in NOT_AT_START or found[-1][-1] in NOT_AT_END):
            if cells(found[-1] + atom) <= width:
                found[-1] += atom
                continue
            if len(found[-1]) > 1:
                found[-1], atom = found[-1][:-1], found[-1][-1] + atom
        found.append(atom)
    return found


def _softened(part: str, width: int) -> list[str]:
    """A part cut into ever smaller parts until each fits: behind a soft spot, then anywhere."""
    if cells(part) <= width:
        return [part]
    soft = [each for each in _SOFT_SPOT.split(part) if each]
    if len(soft) > 1:
        return [small for each in soft for small in _softened(each, width)]
    found = [""]
    for char in part:
        if found[-1] and cells(found[-1] + char) > width:
            found.append("")
        found[-1] += char
    return found
