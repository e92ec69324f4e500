"""Dates and moments as clerks write them; impossible and upside-down ones are refused.

A moment without an offset is China's standard time. 24:00 is legal Chinese time and means the
first instant of the next day.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta, timezone

from hub.intake.faults import IntakeError, refused
from hub.intake.numbers import parse_chinese_whole

CHINA = timezone(timedelta(hours=8))
_FIRST_YEAR, _LAST_YEAR = 1949, 2099
_FARTHEST, _LAST_MINUTE = timedelta(hours=14), 59
_CHINESE_YEAR = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
_DAY = re.compile(
    r"(?P<y>\d{4})(?P<sep>[-/.年])\s?(?P<m>\d{1,2})(?:(?P=sep)|月)\s?(?P<d>\d{1,2})[日号]?",
    re.ASCII,
)
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})", re.ASCII)
_CLOCK = re.compile(
    r"(?P<h>\d{1,2})(?::|时|点)(?P<min>\d{2})?分?(?::(?P<s>\d{2}))?(?:\.\d+)?"
    r"\s?(?P<zone>Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_MONTH = re.compile(r"(?P<y>\d{4})(?:[-/.]|年)\s?(?P<m>\d{1,2})月?", re.ASCII)
_MONTHS = re.compile(
    r"(\d{4}(?:[-/.]|年)\d{1,2}月?)\s?(?:至|到|—|–|~|--)\s?(\d{4}(?:[-/.]|年))?(\d{1,2})月?",
    re.ASCII,
)


def parse_date(value: object, where: str = "") -> date:
    """A day: 2024-07-03, 2024年7月3日, 2024/7/3, 20240703, 二〇二四年七月三日.

    Raises:
        IntakeError: no such day, an unclear order of day and month, or a year out of 1949–2099.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = _match_day(_plain(value))
    if match is None:
        raise _no_date(value, where)
    return _day(match, value, where)


def parse_moment(value: object, where: str = "", *, end_of_day: bool = False) -> datetime:
    """A moment with an offset; a day alone is its first instant, or its last (24:00).

    Args:
        value: text such as ``2024-07-05 17:30`` or ``2024-07-14T03:12:00+08:00``.
        where: the place to name in the error.
        end_of_day: whether a day without a time means its 24:00.

    Raises:
        IntakeError: no such day or time.
    """
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=CHINA)
    text = _plain(value)
    match = _match_day(text, whole=False)
    if match is None:
        raise _no_date(value, where)
    day = _day(match, value, where)
    rest = text[match.end() :].lstrip("T ")
    if not rest:
        return _at(day, 24 if end_of_day else 0, 0, 0, CHINA)
    clock = _CLOCK.fullmatch(rest)
    if clock is None:
        raise _no_date(value, where)
    return _with_clock(day, clock, value, where)


def parse_month(value: object, where: str = "") -> str:
    """A month or a range of months within a cell, as written when it can be read.

    Raises:
        IntakeError: no such month.
    """
    text = _plain(value)
    if _match_day(text):
        return parse_date(value, where).isoformat()
    several = _MONTHS.fullmatch(text)
    match = _MONTH.fullmatch(several[1] if several else text)
    months = [int(match["m"])] if match else []
    months += [int(several[3])] if several else []
    if match is None or not all(1 <= month <= 12 for month in months):
        raise _no_date(value, where)
    if not _FIRST_YEAR <= int(match["y"]) <= _LAST_YEAR:
        raise _no_date(value, where)
    return str(value)


def check_order(first: datetime | date, last: datetime | date, where: str = "") -> None:
    """Refuse a period that ends before it begins.

    Raises:
        IntakeError: ``last`` lies before ``first``.
    """
    if last < first:
        raise refused(
            "upside_down",
            where,
            "截止时间早于开始时间，请核对两个日期。",
            "The period ends before it begins; check both dates.",
        )


def _plain(value: object) -> str:
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if not re.search(r"[一二三四五六七八九十〇零○]", text):
        return text
    found = re.fullmatch(
        r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月(?:([一二三四五六七八九十]{1,3})[日号])?",
        text,
    )
    if found is None:
        return text
    year = "".join(_CHINESE_YEAR[char] for char in found[1])
    month, day = (parse_chinese_whole(part) if part else None for part in (found[2], found[3]))
    return f"{year}年{month}月" + (f"{day}日" if day is not None else "")


def _match_day(text: str, *, whole: bool = True) -> re.Match[str] | None:
    for pattern in (_DAY, _COMPACT):
        match = pattern.fullmatch(text) if whole else pattern.match(text)
        if match is not None:
            return match
    return None


def _day(match: re.Match[str], value: object, where: str) -> date:
    try:
        day = date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        raise _no_date(value, where) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise _no_date(value, where)
    return day


def _with_clock(day: date, clock: re.Match[str], value: object, where: str) -> datetime:
    hour, minute, second = int(clock["h"]), int(clock["min"] or 0), int(clock["s"] or 0)
    midnight = hour == 24 and not minute and not second
    if not midnight and not (hour < 24 and minute < 60 and second < 60):
        raise _no_date(value, where)
    zone = _zone(clock["zone"])
    if zone is None:
        raise _no_date(value, where)
    return _at(day, hour, minute, second, zone)


def _at(day: date, hour: int, minute: int, second: int, zone: timezone) -> datetime:
    start = datetime.combine(day, time(0), zone)
    return start + timedelta(hours=hour, minutes=minute, seconds=second)


def _zone(text: str | None) -> timezone | None:
    """The offset as written; None for one that no place on earth has."""
    if not text:
        return CHINA
    if text == "Z":
        return timezone.utc  # noqa: UP017 - the class is what the annotation names
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    if offset > _FARTHEST or int(text[-2:]) > _LAST_MINUTE:
        return None
    return timezone(-offset if text[0] == "-" else offset)


def _no_date(value: object, where: str) -> IntakeError:
    return refused(
        "not_a_date",
        where,
        f"“{str(value)[:30]}”不是有效日期，请按“2024-07-03”或“2024年7月3日”填写。",
        "Not a valid date; write it as 2024-07-03.",
    )
