"""Quantities: money, measures, rates, ranges, percents, fractions, temperatures, and 两 for 2."""

from __future__ import annotations

import re

from edge_agent.audio.script.dates import hour_words
from edge_agent.audio.script.numerals import cardinal, digits, number
from edge_agent.audio.script.rule import ALONE, NUMBER, TO, Rule, rule, to_word
from edge_agent.audio.script.units import COUNTED, MEASURES, UNIT, unit_words

_SIGNED = (
    rf"(?:(?<![\dA-Za-z\u4e00-\u9fff])|(?<=[到至为是约低温度])|(?<=气温))[-+]{NUMBER}|{NUMBER}"
)
_NEGATIVE = rf"[-+]?{NUMBER}"
_DEGREES = r"\s?(?P<unit>℃|摄氏度|°C|度)"
_HUNDREDTHS = {"%": "百分之", "‰": "千分之"}
_COINS = {"$": "美元", "€": "欧元", "£": "英镑"}
_SIGNS = {"≥": "大于等于", "≤": "小于等于", ">": "大于", "<": "小于", "≈": "约等于", "=": "等于",
          "±": "正负", "×": "乘", "÷": "除以", "+": "加", "≠": "不等于"}  # fmt: skip
_STROKE = re.compile(r"[/·*]")


def quantity(text: str, after: str) -> str:
    """A number in words; a bare 2 before a measure word is 两."""
    return "两" if text == "2" and COUNTED.match(after) else number(text)


def _share(text: str, sign: str) -> str:
    """百分之五, 负百分之三点五."""
    minus = "负" if text.startswith("-") else ""
    return minus + _HUNDREDTHS[sign] + number(text.lstrip("+-"))


def _percent(match: re.Match[str]) -> str:
    per = f"每{match['per']}" if match["per"] else ""
    return _share(match["number"], match["sign"]) + per


def _percents(match: re.Match[str]) -> str:
    ends = [_share(match[end], match["sign"]) for end in ("first", "last")]
    return to_word(match, "到").join(ends)


def _warmth(text: str) -> str:
    """A temperature without its unit: below zero is 零下."""
    return "零下" + number(text[1:]) if text.startswith("-") else quantity(text.lstrip("+"), "度")


def _temperature(match: re.Match[str]) -> str:
    return _warmth(match["number"]) + unit_words(match["unit"])


def _temperatures(match: re.Match[str]) -> str:
    first = _warmth(match["first"]) + unit_words(match["degrees"] or "")
    return f"{first}{to_word(match, '到')}{_warmth(match['last'])}{unit_words(match['unit'])}"


def _angle(match: re.Match[str]) -> str:
    """A latitude or longitude."""
    parts = zip(match.groups(), ("度", "分", "秒"), strict=True)
    return "".join(cardinal(value) + unit for value, unit in parts if value)


def _money(match: re.Match[str]) -> str:
    coin = _COINS.get(match["coin"], "元")
    return quantity(match["number"], "元") + match["scale"] + coin


def _rate(match: re.Match[str]) -> str:
    """15元/人·年 is 十五元每人每年."""
    unit = match["scale"] + unit_words(match["unit"])
    units = re.findall(rf"[/·*]({MEASURES})", match["per"])
    per = "".join("每" + unit_words(each) for each in units)
    return quantity(match["number"], unit) + unit + per


def _measure(match: re.Match[str]) -> str:
    unit = match["scale"] + unit_words(match["unit"])
    return quantity(match["number"], unit) + unit


def _range_opening(match: re.Match[str]) -> str:
    """The first end of a range and the word between; the other end is read by later rules."""
    unit = unit_words(match["unit"] or "")
    return quantity(match["first"], unit or match["after"]) + unit + to_word(match, "到")


def _fraction(match: re.Match[str]) -> str:
    return f"{cardinal(match['below'])}{match['scale']}分之{cardinal(match['above'])}"


_MONEY = (
    rule(rf"¥\s?(?P<first>{NUMBER})(?P<unit>)元?{TO}(?=¥?\s?{NUMBER})(?P<after>)", _range_opening),
    rule(
        rf"(?P<coin>[¥$€£]|RMB|CNY)\s?(?P<number>-?{NUMBER})\s?(?P<scale>[万亿]|)(?:元|美元|欧元|英镑)?",
        _money,
    ),
    rule(rf"{ALONE}(?P<number>{NUMBER})\s?(?P<scale>[万亿]|)(?P<coin>[¥$€£])(?!\d)", _money),
)  # fmt: skip
_TEMPERATURES = (
    rule(
        r"(?P<degrees>\d{1,3})°(?P<minutes>\d{1,2})′(?:(?P<seconds>\d{1,2})″)?",
        _angle,
    ),
    rule(
        rf"{ALONE}(?P<first>{_NEGATIVE})\s?(?P<degrees>℃|°C|度|摄氏度)?{TO}"
        rf"(?P<last>{_NEGATIVE}){_DEGREES}",
        _temperatures,
    ),
    rule(rf"{ALONE}(?P<number>{_NEGATIVE})\s?(?P<unit>℃|摄氏度|°C)", _temperature),
    rule(rf"{ALONE}(?P<number>-{NUMBER})(?P<unit>度)", _temperature),
)
_SHARES = (
    rule(
        rf"{ALONE}(?P<first>{_NEGATIVE})[%‰]?{TO}(?P<last>-?{NUMBER})\s?(?P<sign>[%‰])", _percents
    ),
    rule(rf"{ALONE}(?P<number>{_NEGATIVE})\s?(?P<sign>[%‰])(?:/(?P<per>[日天月年周]))?", _percent),
    rule(
        r"(?<![\d./])(?P<above>\d{2,3})/(?P<below>\d{2,3})\s?mmHg",
        lambda m: f"{cardinal(m['above'])}、{cardinal(m['below'])}毫米汞柱",
    ),
    rule(
        r"(?<![\d./])(?P<above>\d{1,3})/(?P<below>[1-9]\d{0,3})(?P<scale>[万亿]?)(?![\d./])",
        _fraction,
    ),
)
_MEASURES = (
    rule(
        rf"{ALONE}(?P<first>{NUMBER})\s?(?P<unit>{UNIT}|[万亿]元?|[元米亩斤吨人户个天岁度升])?{TO}"
        rf"(?=-?{NUMBER}\s?(?P<after>.{{0,4}}))",
        _range_opening,
    ),
    rule(
        rf"{ALONE}(?P<number>{NUMBER})\s?(?P<scale>[万亿]|)(?!kW·h(?![/·*]))(?P<unit>{MEASURES})"
        rf"(?P<per>(?:[/·*]{MEASURES})+)",
        _rate,
    ),
    rule(rf"{ALONE}(?P<number>{NUMBER})\s?(?P<scale>[万亿]|)(?P<unit>{UNIT})", _measure),
    rule(rf"(?<=[元次人]|吨|斤|米)/(?={MEASURES})", lambda _: "每"),
    rule(
        rf"(?<![\dA-Za-z万亿元米度人户])-(?P<number>{NUMBER})(?=\s?[元万亿米分吨斤倍个])",
        lambda m: "负" + number(m["number"]),
    ),
)
_COUNTS = (
    rule(rf"(?<=每)(?P<unit>{UNIT})", lambda m: unit_words(m["unit"])),
    rule(r"(?<=视力)(?P<whole>\d)\.0|(?<![\d.])(?P<version>\d)\.0(?=版)",
         lambda m: cardinal(m["whole"] or m["version"]) + "点零"),
    rule(r"(?<![\dA-Za-z\u4e00-\u9fff])-(?P<number>\d)(?=[层楼])",
         lambda m: "负" + number(m["number"])),
    rule(r"(?P<before>第|星期|周|初)(?P<number>\d+)(?!\.\d)",
         lambda m: m["before"] + number(m["number"])),
    rule(rf"{ALONE}(?<![A-Za-z])2(?=(?P<after>[\u4e00-\u9fff]{{1,3}}))(?!\.\d)",
         lambda m: quantity("2", m["after"])),
    rule(r"(?<!\d)(?P<number>[5-9][05]|0\d|10)(?=后(?![面天期年排续来者]))",
         lambda m: digits(m["number"])),
    rule(rf"(?P<first>{NUMBER})\s?[:：]\s?(?P<last>{NUMBER})(?:[:：](?P<third>{NUMBER}))?(?![\d:：])",
         lambda m: "比".join(number(end) for end in m.groups() if end)),
    rule(r"(?P<sign>[≥≤><≈=±×÷+≠])\s?(?=[\d\u4e00-\u9fffA-Za-z])",
         lambda m: _SIGNS[m["sign"]]),
    rule(r"(?<![\d\u4e00-\u9fffA-Za-z)）])-(?P<number>\d+)(?=[#号]\s?(?:柴油|汽油))",
         lambda m: "负" + number(m["number"])),
    rule(r"(?<=负)(?P<number>[零一二三四五六七八九十]+)#", lambda m: m["number"] + "号"),
    rule(r"(?P<number>\d+)#(?![A-Za-z\d])", lambda m: number(m["number"]) + "号"),
    rule(r"#(?P<number>\d+)", lambda m: number(m["number"]) + "号"),
    rule(r"(?<![A-Za-z])No\.?\s?(?P<number>\d+)", lambda m: number(m["number"]) + "号"),
    rule(r"(?<=[A-Za-z])\d{1,2}(?![\d.])", lambda m: cardinal(m[0])),
    rule(r"(?<=[A-Za-z])\d{3,}(?![\d.])", lambda m: digits(m[0])),
    rule(rf"{ALONE}(?<![A-Za-z])(?P<number>{NUMBER})(?![\d.])", lambda m: number(m["number"])),
)  # fmt: skip

_ROMAN = {"I": "一", "II": "二", "III": "三", "IV": "四", "V": "五", "VI": "六", "VII": "七",
          "VIII": "八", "IX": "九", "X": "十"}  # fmt: skip
_SIZES = (
    rule(r"(?P<sign>[><])=", lambda m: "≥" if m["sign"] == ">" else "≤"),
    rule(r"(?<![\d./、])2、3(?=(?P<after>[\u4e00-\u9fff]{1,3}))",
         lambda m: "两三" if COUNTED.match(m["after"]) else m[0]),
    rule(r"(?<=[\dm米])\s?[*xX]\s?(?=\d)", lambda _: "×"),
    rule(r"(?<!\d)(?P<hours>\d{1,2})h(?P<minutes>\d{1,2})min(?![A-Za-z])",
         lambda m: f"{hour_words(m['hours'])}小时{cardinal(m['minutes'])}分钟"),
    rule(r"(?<![A-Za-z])(?P<number>[IVX]{2,4}(?=[级类度型期档等区号])|[IV](?=[级类度期]))",
         lambda m: _ROMAN.get(m["number"], m["number"])),
)  # fmt: skip

QUANTITIES: tuple[Rule, ...] = _SIZES + _MONEY + _TEMPERATURES + _SHARES + _MEASURES + _COUNTS
"""In order: what carries a sign of its own first, bare numbers last."""
