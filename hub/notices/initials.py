"""Pinyin initials for finding by the query screen's letter pad, surnames read as surnames.

``pypinyin`` gives the everyday reading; a character that is read otherwise as a surname (任 ren,
单 shan, 解 xie, 仇 qiu, 查 zha, 区 ou …) is found under both.
"""

from __future__ import annotations

import re
from functools import cache

from pypinyin import Style, lazy_pinyin

_SURNAMES = {
    "任": "r", "单": "s", "解": "x", "仇": "q", "查": "z", "区": "o", "曾": "z", "朴": "p",
    "翟": "z", "覃": "q", "缪": "m", "乐": "y", "员": "y", "秘": "b", "冼": "x", "折": "s",
    "盖": "g", "尉": "w", "宓": "m", "燕": "y", "洗": "x", "黑": "h", "句": "g", "種": "c",
    "种": "c", "重": "c", "祭": "z", "晁": "c", "谌": "c", "郗": "x", "都": "d", "召": "s",
    "能": "n", "那": "n", "干": "g", "车": "c", "石": "s", "降": "j", "尹": "y", "万": "w",
    "繁": "p", "隗": "w", "阚": "k", "佴": "n", "炅": "g", "乜": "n", "藏": "z", "郇": "x",
}  # fmt: skip
_PLACES = {
    "浚县": "xx", "洪洞": "ht", "会稽": "kj", "荥经": "yj", "繁峙": "fs", "朝阳": "cy",
    "涡阳": "gy", "浒湾": "xw", "单县": "sx", "筠连": "jl", "解州": "xz", "长葛": "cg",
    "长岛": "cd", "长治": "cz", "闵行": "mh", "太行": "th",
}  # fmt: skip
"""Names of places that are read otherwise than ``pypinyin`` reads them."""
_PLACE = re.compile(f"({'|'.join(_PLACES)})")
_COMPOUND = {
    "尉迟": "yc", "万俟": "mq", "单于": "cy", "长孙": "zs", "澹台": "tt", "令狐": "lh",
    "鲜于": "xy", "宇文": "yw", "欧阳": "oy", "上官": "sg", "司徒": "st", "诸葛": "zg",
}  # fmt: skip


@cache
def _letter(character: str) -> str:
    if character.isascii():
        return character.lower() if character.isalnum() else ""
    letter = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return str(letter[0]) if letter else ""


def initials(text: str) -> str:
    """First letters of a text; Latin letters and digits stay, everything else is left out."""
    return "".join(_PLACES.get(run) or _initials(run) for run in _PLACE.split(text))


def _initials(text: str) -> str:
    letters = lazy_pinyin(text, style=Style.FIRST_LETTER, errors="default")
    return "".join(
        letter.lower() for run in letters for letter in run if letter.isascii() and letter.isalnum()
    )


def name_initials(name: str) -> tuple[str, ...]:
    """Every run of first letters a name may be looked for by, the surname's reading first."""
    plain = name.strip()
    if not plain:
        return ()
    rest = "".join(map(_letter, plain[1:]))
    everyday = _letter(plain[0]) + rest
    found = [everyday]
    if plain[:2] in _COMPOUND:
        found.insert(0, _COMPOUND[plain[:2]] + "".join(map(_letter, plain[2:])))
    elif plain[0] in _SURNAMES:
        found.insert(0, _SURNAMES[plain[0]] + rest)
    return tuple(dict.fromkeys(each for each in found if each))
