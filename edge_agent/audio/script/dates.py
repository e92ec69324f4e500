"""Dates and times of day as they are spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.audio.script.numerals import cardinal, digits, number
from edge_agent.audio.script.rule import ALONE, NUMBER, TO, Say, rule, to_word

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

_YEAR = ALONE + r"(?P<year>(?:1[89]|20|21)\d\d)"
_MONTH = r"(?P<month>0?[1-9]|1[0-2])"
_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])"
_POINTED = (
    r"(?P<month>0?[1-9]|1[0-2])\.(?P<day>0?[1-9]|[12]\d|3[01])"
    r"(?![\d.]|\s?[年个月天小时分秒元万亿%‰℃亩米公斤吨度级倍折a-zA-Z])"
)
"""7.5 for the fifth of July, where the words around it say that it is a date."""
_WHEN = r"(?:时间|假期|日期|期限|截止到?|截至|公示期|报名期)[:：为是]?\s?"
_BY_DATE = r"(?=[日号]?(?:之|以)?前|起|止|开始|截止|\s?[（(](?:周|星期))"
_HOUR = r"(?:[01]?\d|2[0-4])"
_CLOCK = r"(?:[01]?\d|2[0-4])[:：][0-5]\d(?:[:：][0-5]\d)?"
_MONTHS, _DAYS, _LIKELY_PARTS = 12, 31, 10
_TIME = (
    rf"(?<![\d.])(?<!\d[:：])(?P<hour>{_HOUR})[:：](?P<minute>[0-5]\d)(?:[:：](?P<second>[0-5]\d))?"
    r"(?:分(?!钟))?"
)


def hour_words(hour: str) -> str:
    """Two o'clock is 两点; all others are plain."""
    return "两" if int(hour) == 2 else cardinal(hour)


def _date(match: re.Match[str]) -> str:
    return f"{digits(match['year'])}年{cardinal(match['month'])}月{cardinal(match['day'])}日"


def _year_month(match: re.Match[str]) -> str:
    return f"{digits(match['year'])}年{cardinal(match['month'])}月"


def _month_day(match: re.Match[str]) -> str:
    return f"{cardinal(match['month'])}月{cardinal(match['day'])}日"


def _days(match: re.Match[str]) -> str:
    """3-10日 is a range; 12-2号 falls back and is a house."""
    if match["unit"] == "号" and int(match["first"]) > int(match["last"]):
        return f"{cardinal(match['first'])}杠{cardinal(match['last'])}号"
    return _ends("至")(match)


def _last_day(match: re.Match[str]) -> str:
    """The end of a range of dates, written 7.10 or 7-10."""
    month, day = match["month"] or match["month_"], match["day"] or match["day_"]
    return f"{to_word(match, '至')}{cardinal(month)}月{cardinal(day)}日"


def _points(match: re.Match[str]) -> str:
    """3.5-3.11 is two dates if a word says so, or if as decimals it would run backwards."""
    first, last = f"{match['month']}.{match['day']}", f"{match['last_month']}.{match['last_day']}"
    if not match["cue"] and float(first) <= float(last):
        return match[0]
    ends = (
        f"{cardinal(month)}月{cardinal(day)}日"
        for month, day in ((match["month"], match["day"]), (match["last_month"], match["last_day"]))
    )
    return to_word(match, "至").join(ends) + match["cue"]


def _strokes(match: re.Match[str]) -> str:
    """7/5-7/20 is two dates, unless both may well be fractions."""
    month, day = int(match["month"]), int(match["day"])
    last_month, last_day = int(match["last_month"]), int(match["last_day"])
    if (month < day <= _LIKELY_PARTS and last_month < last_day <= _LIKELY_PARTS) or (
        last_month > _MONTHS or not 0 < last_day <= _DAYS
    ):
        return match[0]
    first, last = f"{cardinal(str(month))}月", f"{cardinal(str(last_month))}月"
    middle = to_word(match, "至")
    return f"{first}{cardinal(str(day))}日{middle}{last}{cardinal(str(last_day))}日"


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
    """Both ends of a range by ``say``, then the unit; the first one's if it is written."""

    def words(match: re.Match[str]) -> str:
        middle = match["mark"] + to_word(match, otherwise)
        return f"{say(match['first'])}{middle}{say(match['last'])}{match['unit']}"

    return words


_YEARS = (
    rule(
        r"(?<![\d.A-Za-z-])(?P<year>(?:19|20)\d\d)(?P<month>0[1-9]|1[0-2])"
        r"(?P<day>0[1-9]|[12]\d|3[01])(?![\d.A-Za-z]|\s?[元人户亩%])",
        _date,
    ),
    rule(_YEAR + rf"(?P<mark>[-/.]){_MONTH}(?P=mark){_DAY}(?![\d.A-Za-z])[日号]?", _date),
    rule(_YEAR + rf"年{_MONTH}月{_DAY}[日号]", _date),
    rule(
        rf"{ALONE}(?P<first>(?:1[89]|20|21)\d\d)(?P<mark>年?){TO}(?P<last>(?:20|21)\d\d)"
        r"(?P<unit>年|(?![\d.]|\s?[A-Za-z元米亩斤公吨户人度平立万亿个%℃]))",
        _ends("至", digits),
    ),
    rule(
        ALONE + r"(?P<first>20\d\d)(?P<mark>)(?P<to>[-/—])(?P<last>\d\d)(?P<unit>(?=学?年))",
        _ends("至", digits),
    ),
    rule(_YEAR + r"[-/](?P<month>0?[1-9]|1[0-2])(?![\d.]|[-/—~至]\d{3})月?", _year_month),
    rule(
        _YEAR + r"\.(?P<month>0[1-9]|1[0-2]|[1-9](?=[\s。，；、）)至~—-]|$))"
        r"(?![\d.]|\s*[元万亿%人亩米吨公平立斤])月?",
        _year_month,
    ),
    rule(_YEAR + r"(?=\s?[年度届级])", lambda m: digits(m["year"])),
    rule(ALONE + r"(?P<year>0\d)(?=年)", lambda m: digits(m["year"])),
    rule(ALONE + r"(?P<year>[12]\d)(?=年(?:\d{1,2}月|底|初|末|度))", lambda m: digits(m["year"])),
)
_MONTHS_AND_DAYS = (
    rule(
        rf"(?<![\d./]){_MONTH}/{_DAY}{TO}(?P<last_month>\d{{1,2}})/(?P<last_day>\d{{1,2}})"
        r"(?![\d/])",
        _strokes,
    ),
    rule(
        rf"(?<![\d.]){_POINTED}{TO}(?P<last_month>0?[1-9]|1[0-2])\.(?P<last_day>[12]\d|3[01]|0?[1-9])"
        r"(?P<cue>公示|放假|假期|期间|举行|报名|停[水电]|)(?![\d.]|\s?[万亿元年个天%‰℃亩米公斤吨度级倍])",
        _points,
    ),
    rule(rf"(?<![\d.])(?P<lead>{_WHEN}){_POINTED}", lambda m: m["lead"] + _month_day(m)),
    rule(rf"(?<![\d.]){_POINTED}{_BY_DATE}", _month_day),
    rule(
        rf"(?<=日){TO}(?:{_POINTED}|(?P<month_>0?[1-9]|1[0-2])[-/](?P<day_>0?[1-9]|[12]\d|3[01])"
        r"(?![\d./-]))",
        _last_day,
    ),
    rule(rf"(?<=[日号]){TO}(?P<day>0?[1-9]|[12]\d|3[01])(?P<unit>[日号])(?!楼)",
         lambda m: f"{to_word(m, '至')}{cardinal(m['day'])}{m['unit']}"),
    rule(
        ALONE + rf"(?P<first>0?[1-9]|1[0-2])(?P<mark>月?){TO}(?P<last>0?[1-9]|1[0-2])"
        r"(?P<unit>月)(?![\d龄])",
        _ends("至"),
    ),
    rule(
        ALONE + rf"(?P<first>0?[1-9]|[12]\d|3[01])(?P<mark>[日号]?){TO}"
        r"(?P<last>0?[1-9]|[12]\d|3[01])(?P<unit>[日号])(?![楼栋幢桩杆])",
        _days,
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
    rule(ALONE + r"(?P<number>0[1-9])(?=[月日号](?![楼房]))", lambda m: cardinal(m["number"])),
)  # fmt: skip
_RATIOS = (
    rule(r"(?P<lead>(?:比例|配比|比值|比分|比率|稀释|兑水|按照?|比)[:：为是]?\s?)"
         rf"(?P<first>{NUMBER})\s?[:：]\s?(?P<last>{NUMBER})(?![\d:：])",
         lambda m: f"{m['lead']}{number(m['first'])}比{number(m['last'])}"),
    rule(r"(?<![\d:：.午晨上早间天日号期到至起从）)~—–-])(?<!时间)1[:：](?P<last>[1-5]\d)"
         r"(?![\d:：.]|\s*[-—–~至到前开起])",
         lambda m: f"一比{cardinal(m['last'])}"),
)  # fmt: skip
"""Ratios that look like a time of day: 1:50, and whatever stands behind 比例."""
_HOURS = (
    rule(rf"(?<![\d.])(?<!\d[:：])(?P<first>{_CLOCK}){TO}(?={_CLOCK})",
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

_BETWEEN = (
    rule(
        r"(?<=[年月日号时点分])\s*[-—–~]{1,2}\s*(?=(?:次日|当日|当天|翌日)?"
        r"[\d零一二三四五六七八九十两]{1,4}[年月日号时点])",
        lambda _: "至",
    ),
)
DATES = _YEARS + _MONTHS_AND_DAYS + _RATIOS + _HOURS + _BETWEEN
"""In order: the longest form first, so that no rule meets the remains of another."""
