"""Personal data that is no number alone: a door, a day of birth, an age, papers of other kinds.

Works on the folded text of ``contract.folding`` (plain digits, upper case, NFKC).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.personal_numbers import PROVINCES

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNT = r"[0-9一二三四五六七八九十百]{1,5}"
_NUMBER = r"(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3})"
_YEAR = r"(?:(?:19|20)[0-9]{2}|[一二][九〇○零][〇○零一二三四五六七八九]{2})"
_DAY = rf"{_YEAR}(?P<rest>\s?[年\-./]\s?{_NUMBER}\s?[月\-./]\s?{_NUMBER}\s?日?)"
_DAY_OR_MONTH = rf"{_YEAR}(?P<rest>\s?[年\-./]\s?{_NUMBER}(?:\s?[月\-./]\s?{_NUMBER}\s?日?|\s?月)?)"
_OF_A_FACILITY = (
    r"(?!\s?(?:[桥井闸站泵塘坝路灯棚地机库点线杆渠沟楼水田山林]|提灌|大棚|变压|公厕|垃圾|监控"
    r"|[前后起至到以止停开晚早上下]|[,、和及与]\s?[0-9一二三四五六七八九十]+[组社队号]|文件|公告|令|案))"
)
_DOOR = re.compile(
    rf"(?:村|屯|寨|庄|社区|[^第小班]组|网格|(?<=[0-9一二三四五六七八九十])[组社队])(?P<door>"
    rf"\s?(?:附)?(?P<number>{_COUNT})(?:[-之]{_COUNT})?\s?(?:号院|号楼|号|栋|幢)"
    rf"(?:\s?{_COUNT}\s?(?:单元|号楼|栋|层|室|户|号))*){_OF_A_FACILITY}"
)
_FLAT = re.compile(
    rf"(?P<door>{_COUNT}\s?(?:栋|幢|号楼)\s?(?:{_COUNT}\s?单元)?\s?{_COUNT}\s?(?:室|户|号))"
)
_STREET = re.compile(
    rf"(?:路|街|巷|弄|道|胡同)(?P<door>\s?{_COUNT}\s?号(?:院|楼)?"
    rf"(?:\s?{_COUNT}\s?(?:单元|号楼|栋|层|室|户|号))*)"
)
_LIVES = re.compile(r"住|地址|户籍|家庭|门牌|籍贯")
_AT_HOME = re.compile(r"住|家庭|户籍|门牌")
_OFFICE = re.compile(
    r"中心|政府|办公|大厅|学校|医院|卫生|公司|服务|银行|委会|活动室|会议|集合|地点"
)
_BIRTH_BEFORE = re.compile(
    r"(?:出生(?:日期|年月日?|时间)?|生日|(?<![发产诞衍滋新学先女男医考师萌派再])生于(?=\s?(?:19|一九)))"
    rf"\s?[为是于:]?\s?{_DAY_OR_MONTH}(?!\s?[前后至到以])"
)
_BIRTH_AFTER = re.compile(
    rf"(?P<lead>[,、(\s男女]?)(?<![至到—~\-])\s?{_DAY}\s?(?:出?生)(?!\s?[前后产效态的猪物育]|[活成])"
)
_BORN_IN_MONTH = re.compile(
    rf"(?P<lead>[,、(\s男女]?)(?<![至到—~\-])\s?{_YEAR}(?P<rest>\s?[年\-./]\s?{_NUMBER}\s?月?)\s?出?生"
    r"(?=[,。;、)人]|$)"
)
_AGE = re.compile(
    r"[一-鿿]\s?[,、(\s]\s?[男女]\s?[,、\s]\s?(?:现年)?(?P<age>[0-9]{1,3})\s?周?岁(?![以及至到])"
)
_PAPER = re.compile(
    r"(?:护照|通行证|台胞证|回乡证|军官证|士兵证|军人证|优待证|学籍号|驾驶证|低保证|户口[簿本页]"
    r"|(?:社保|社会保障|医保)卡?(?:号|编号)|出生(?:医学)?证明?)"
    r"(?:号码?|编号)?[为是:\s]{0,2}(?:[一-鿿]{1,2}字第)?(?P<paper>[A-Z]{0,3}[0-9]{6,20}X?)(?![0-9*])"
)
_HALF_MASKED = re.compile(
    r"(?<![0-9A-Z*])(?P<head>[1-8][0-9]{3,13})(?P<hidden>[*X●•#_×]{4,14})(?P<tail>[0-9]{0,4}[0-9X])"
    r"(?![0-9X*])"
)
_SHOWN_AT_MOST = 6, 2
"""Digits of a resident number that may stay at its beginning and at its end."""
_RESIDENCE_REACH = 14
_HOME_ADDRESS = re.compile(r"(?:住址|户籍(?:地|所在地)?|居住地|现住|家住)[^。;!?\n]{0,30}$")
"""The words that a home address follows, however long it is."""
_LAST_DAY = 31


@dataclass(frozen=True, slots=True)
class PhraseSpan:
    """A phrase in the folded text and what to put in its place."""

    kind: str
    certain: bool
    start: int
    end: int
    masked: str


def phrase_spans(text: str, label: str = "") -> Iterator[PhraseSpan]:
    """Doors, days of birth, ages and papers in a folded text."""
    yield from _doors(text, label)
    yield from _births(text)
    yield from _half_masked(text)
    for match in _AGE.finditer(text):
        yield PhraseSpan("age", False, match.start("age"), match.end("age"), "**")
    for match in _PAPER.finditer(text):
        number = match["paper"]
        masked = "*" * (len(number) - 2) + number[-2:]
        yield PhraseSpan("other_paper", True, match.start("paper"), match.end("paper"), masked)


def _half_masked(text: str) -> Iterator[PhraseSpan]:
    """A resident number that shows more than its ends: with the age beside it, hardly hidden."""
    first, last = _SHOWN_AT_MOST
    for match in _HALF_MASKED.finditer(text):
        whole = match[0]
        shows_more = len(match["head"]) > first or len(match["tail"]) > last
        if len(whole) in {15, 17, 18} and whole[:2] in PROVINCES and shows_more:
            hidden = "*" * (len(whole) - first - last)
            masked = whole[:first] + hidden + whole[-last:]
            yield PhraseSpan("resident", False, match.start(), match.end(), masked)


def _doors(text: str, label: str) -> Iterator[PhraseSpan]:
    end = 0
    for pattern in (_DOOR, _FLAT, _STREET):
        for match in pattern.finditer(text, end):
            before = label + text[max(0, match.start("door") - _RESIDENCE_REACH) : match.start()]
            lives = _LIVES.search(before) is not None or _is_home_address(text[: match.start()])
            if _is_public_door(match, before, lives=lives):
                continue
            certain = lives or (pattern is _DOOR and not _may_be_a_day(match))
            end = match.end()
            yield PhraseSpan("address", certain, match.start("door"), match.end("door"), "")


def _is_home_address(before: str) -> bool:
    return _HOME_ADDRESS.search(before[-40:]) is not None


def _is_public_door(match: re.Match[str], before: str, *, lives: bool) -> bool:
    """An office's address; a street counts as a home only where somebody is said to live."""
    if match.re is _STREET:
        after = match.string[match.end() : match.end() + _RESIDENCE_REACH]
        return not _AT_HOME.search(before) or _OFFICE.search(after) is not None
    return not lives and _OFFICE.search(before) is not None


def _may_be_a_day(match: re.Match[str]) -> bool:
    """“三组6号” is a door or the sixth of the month."""
    number = match["number"]
    whole = match["door"].strip() == f"{number}号"
    return whole and (not number.isdigit() or int(number) <= _LAST_DAY)


def _births(text: str) -> Iterator[PhraseSpan]:
    for pattern in (_BIRTH_BEFORE, _BIRTH_AFTER, _BORN_IN_MONTH):
        for match in pattern.finditer(text):
            certain = pattern is _BIRTH_BEFORE or bool(match["lead"])
            masked = re.sub(r"[0-9一二三四五六七八九十]+", "**", match["rest"])
            yield PhraseSpan("birth", certain, match.start("rest"), match.end("rest"), masked)
