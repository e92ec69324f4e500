"""Short pauses inside long numbers: nobody can write down eleven digits in one breath."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge_agent.audio.script import Script

_LONG_NUMBER = re.compile("[零一二三四五六七八九幺]{7,}")
_MOBILE = 11
_THREE_DIGIT_AREAS = ("零幺零", "零一零", "零二")
_GROUP = 4


def phrased(script: Script) -> Script:
    """The same words with a comma where a caller would pause in a number."""
    return replace(script, words=_LONG_NUMBER.sub(_grouped, script.words))


def _grouped(match: re.Match[str]) -> str:
    """幺三八，幺二三四，五六七八; 零八七二，零零零零，幺二三; accounts by fours."""
    number = match[0]
    if number[0] == "幺" and len(number) == _MOBILE:
        first = 3
    elif number[0] == "零" and len(number) > _GROUP * 2:
        first = 3 if number.startswith(_THREE_DIGIT_AREAS) else 4
    else:
        first = _GROUP if len(number) > _MOBILE else 3
    rest = number[first:]
    groups = [rest[start : start + _GROUP] for start in range(0, len(rest), _GROUP)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2:] = [groups[-2] + groups[-1]]
    return "，".join([number[:first], *groups])
