"""Dates and times of day as they are spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.audio.script.numerals import cardinal, digits
from edge_agent.audio.script.rule import ALONE, TO, Say, rule, to_word

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

_YEAR = ALONE + r"(?P<year>(?:1[89]|20|21)\d\d)"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_HOUR = r"(?:[01]?\d|2[0-4])"
_CLOCK = r"(?:[01]?\d|2[0-4])[:：][0-5]\d(?:[:：][0-5]\d)?"
_TIME = rf"(?<![\d:：.])(?P<hour>{_HOUR})[:：](?P<minute>[0-5]\d)(?:[:：](?P<second>[0-5]\d))?"


def hour_words(hour: str) -> str:
    """Two o'clock is 两点; all others are plain."""
    return "两" if int(hour) == 2 else cardinal(hour)


def _date(match: re.Match[str]) -> str:
    return f"{digits(match['year'])}年{cardinal(match['month'])}月{cardinal(match['day'])}日"


def _year_month(match: re.Match[str]) -> str:
    return f"{digits(match['year'])}年{cardinal(match['month'])}月"


def _month_day(match: re.Match[str]) -> str:
    return f"{cardinal(match['month'])}月{cardinal(match['day'])}日"


def _minutes(minute: str) -> str:
    """零五分, 三十分; nothing on the hour."""
    if int(minute) == 0:
        return ""
    return ("零" if int(minute) < 10 else "") + cardinal(minute) + "分"


def _time(match: re.Match[str]) -> str:
    words = hour_words(match["hour"]) + "点" + _minutes(match["minute"])
    second = match["second"]
    return words + (f"{cardinal(second)}秒" if second and int(second) else "")


def _hours(match: re.Match[str]) -> str:
    minute = _minutes(match["minute"]) if match["minute"] else ""
    return hour_words(match["hour"]) + match["unit"] + minute


def _ends(otherwise: str, say: Callable[[str], str] = cardinal) -> Say:
    """Both ends of a range by ``say``, then the unit."""

    def words(match: re.Match[str]) -> str:
        middle = to_word(match, otherwise)
        return f"{say(match['first'])}{middle}{say(match['last'])}{match['unit']}"

    return words


_YEARS = (
    rule(
        r"(?<![\d.A-Za-z-])(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])"
        r"(?P<day>0[1-9]|[12]\d|3[01])(?![\d.]|\s?[元人户亩%])",
        _date,
    ),
    rule(_YEAR + rf"(?P<mark>[-/.]){_MONTH}(?P=mark){_DAY}(?![\d.])[日号]?", _date),
    rule(_YEAR + rf"年{_MONTH}月{_DAY}[日号]", _date),
    rule(
        rf"{ALONE}(?P<first>(?:1[89]|20|21)\d\d)年?{TO}(?P<last>(?:20|21)\d\d)(?P<unit>年|(?!\d))",
        _ends("至", digits),
    ),
    rule(_YEAR + r"[-/](?P<month>0?[1-9]|1[0-2])(?![\d.]|[-/—~至]\d{3})月?", _year_month),
    rule(
        _YEAR + r"\.(?P<month>0[1-9]|1[0-2])(?![\d.]|\s*[元万亿%人亩米吨公平立斤])月?", _year_month
    ),
    rule(_YEAR + r"(?=\s?[年度届级])", lambda m: digits(m["year"])),
    rule(ALONE + r"(?P<year>0\d)(?=年)", lambda m: digits(m["year"])),
    rule(ALONE + r"(?P<year>[12]\d)(?=年(?:\d{1,2}月|底|初|末|度))", lambda m: digits(m["year"])),
)
_MONTHS_AND_DAYS = (
    rule(ALONE + rf"(?P<first>0?[1-9]|1[0-2])月?{TO}(?P<last>0?[1-9]|1[0-2])(?P<unit>月)(?!\d)",
         _ends("至")),
    rule(
        ALONE + rf"(?P<first>0?[1-9]|[12]\d|3[01])[日号]?{TO}(?P<last>0?[1-9]|[12]\d|3[01])"
        r"(?P<unit>[日号])",
        _ends("至"),
    ),
    rule(
        ALONE + rf"{_MONTH}月{_DAY}(?P<unit>[日号]|(?=\s*(?:[-—–~至到]|前|起|止)))",
        lambda m: f"{cardinal(m['month'])}月{cardinal(m['day'])}{m['unit'] or '日'}",
    ),
    rule(
        r"(?<![\d/.-])(?:(?<=[止期间日于至前])|(?=0|..-0))(?P<month>0[1-9]|1[0-2])-"
        r"(?P<day>0[1-9]|[12]\d|3[01])(?![\d-]|\s*[%‰℃年个元人户组级米吨斤])",
        _month_day,
    ),
    rule(
        r"(?<=[止期间日于至前])(?P<colon>[:：]?)(?P<month>0?[1-9]|1[0-2])/(?P<day>[12]?\d|3[01])"
        r"(?![\d/])",
        lambda m: m["colon"] + _month_day(m),
    ),
)  # fmt: skip
_HOURS = (
    rule(rf"(?<![\d:：.])(?P<first>{_CLOCK}){TO}(?={_CLOCK})",
         lambda m: m["first"] + to_word(m, "到")),
    rule(_TIME + r"(?![\d:：])", _time),
    rule(
        ALONE + rf"(?P<first>{_HOUR})[时点]?{TO}(?P<last>{_HOUR})(?P<unit>[时点])(?![间\d])",
        lambda m: f"{hour_words(m['first'])}{m['unit']}{to_word(m, '到')}"
        f"{hour_words(m['last'])}{m['unit']}",
    ),
    rule(
        ALONE + rf"(?P<hour>{_HOUR})(?P<unit>[时点])(?:(?P<minute>[0-5]?\d)分)?(?![间\d])", _hours
    ),
)  # fmt: skip

DATES = _YEARS + _MONTHS_AND_DAYS + _HOURS
"""In order: the longest form first, so that no rule meets the remains of another."""
