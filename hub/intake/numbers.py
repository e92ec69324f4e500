"""Numbers as clerks write them: money with two places, areas, counts. Never through a float.

Money is ``Decimal`` with at most two places. Thousands in commas or blanks, full-width digits,
万元, 大写 and the accountant's brackets are read; everything else is asked back.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from hub.intake.faults import IntakeError, refused

_CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 13
_PLAIN = re.compile(
    r"(?P<sign>[-+−]?)(?:人民币|RMB|CNY|¥)?\s?(?P<sign2>[-−]?)"
    r"(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)(?P<part>\.\d{1,4})?"
    r"\s?(?P<unit>亿元?|万元?|千元|元|圆|块)?(?:整|正)?",
    re.ASCII,
)
_BRACKETS = re.compile(r"\((?P<inner>[^()]+)\)")
_UNITS = {"亿": 10**8, "万": 10**4, "千": 10**3}
_DIGITS = {
    char: place % 10 for place, char in enumerate("零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖")
}
_DIGITS |= {"两": 2, "貳": 2, "參": 3, "陸": 6}
_D = f"[{''.join(_DIGITS)}]"
_SECTION = re.compile(rf"零?(?:({_D})[千仟])?零?(?:({_D})[百佰])?零?(?:({_D}?)[十拾])?零?({_D})?")
_CAPITAL = re.compile(
    rf"(?:人民币)?(?P<yuan>[{''.join(_DIGITS)}千仟百佰十拾万萬亿]+)[元圆]"
    rf"(?:(?P<jiao>{_D})角)?零?(?:(?P<fen>{_D})分)?[整正]?"
)
_QUANTITY = re.compile(
    r"(-?\d{1,12}(?:\.\d{1,4})?)\s?(?:亩|公顷|平方米|m2|㎡|公斤|千克|吨|立方米|米|公里|户|人|个|次|件|工日|工|度|天)?",
    re.ASCII,
)
_BLANKS = frozenset({"", "—", "-", "–", "/", "无", "——"})


def is_blank(value: object) -> bool:
    """Whether a cell says that there is no number in it."""
    return value is None or (isinstance(value, str) and value.strip() in _BLANKS)


def parse_money(value: object, where: str = "") -> Decimal:
    """An amount in yuan.

    Args:
        value: a cell: text, int, float or Decimal.
        where: the place to name in the error.

    Raises:
        IntakeError: no amount, more than two places, or too large to be one.
    """
    if isinstance(value, bool) or value is None:
        raise _asked_back(value, where)
    if isinstance(value, int | Decimal):
        return _bounded(Decimal(value), value, where)
    if isinstance(value, float):
        return _from_float(value, where)
    text = unicodedata.normalize("NFKC", str(value)).strip()
    amount = _read_capital(text)
    if amount is None:
        amount = _read_plain(text)
    if amount is None:
        raise _asked_back(value, where)
    return _bounded(amount, value, where)


def parse_quantity(value: object, where: str = "") -> Decimal:
    """A measure or count with up to four places; a unit behind it is allowed.

    Raises:
        IntakeError: anything else.
    """
    text = unicodedata.normalize("NFKC", repr(value) if isinstance(value, float) else str(value))
    match = _QUANTITY.fullmatch(text.replace("m²", "㎡").strip().replace(",", ""))
    if match is None or isinstance(value, bool):
        raise refused(
            "not_a_number",
            where,
            f"“{str(value)[:30]}”不是数字，请核对。",
            "Not a number; please check it.",
        )
    return Decimal(match[1])


def parse_chinese_whole(text: str) -> int | None:
    """一千二百 or 壹仟贰佰 as 1200; None for what no such number is."""
    total = 0
    rest = text.replace("萬", "万")
    for unit, worth in (("亿", 10**8), ("万", 10**4)):
        head, found, tail = rest.partition(unit)
        if found:
            section = _section(head)
            if section is None:
                return None
            total, rest = total + section * worth, tail
    last = _section(rest) if rest else 0
    return None if last is None else total + last


def _section(text: str) -> int | None:
    match = _SECTION.fullmatch(text)
    if match is None or not text:
        return None
    thousands, hundreds, tens, ones = match.groups()
    ten = 0 if tens is None else (_DIGITS[tens] if tens else 1)
    values = (_DIGITS.get(thousands or "零", 0), _DIGITS.get(hundreds or "零", 0), ten)
    return values[0] * 1000 + values[1] * 100 + values[2] * 10 + _DIGITS.get(ones or "零", 0)


def _read_capital(text: str) -> Decimal | None:
    match = _CAPITAL.fullmatch(text)
    if match is None:
        return None
    yuan = parse_chinese_whole(match["yuan"])
    if yuan is None:
        return None
    cents = 10 * _DIGITS.get(match["jiao"] or "零", 0) + _DIGITS.get(match["fen"] or "零", 0)
    return Decimal(yuan) + cents * _CENT


def _read_plain(text: str) -> Decimal | None:
    inner = _BRACKETS.fullmatch(text)
    negative = inner is not None
    match = _PLAIN.fullmatch(inner["inner"].strip() if inner else text)
    if match is None or (negative and (match["sign"] or match["sign2"])):
        return None
    if match["sign"] and match["sign2"]:
        return None
    amount = Decimal(re.sub(r"[, ]", "", match["whole"]) + (match["part"] or ""))
    unit = match["unit"] or ""
    if unit[:1] not in _UNITS and match["part"] and len(match["part"]) > 3:
        return None
    amount *= _UNITS.get(unit[:1], 1)
    if "-" in match["sign"] + match["sign2"] or "−" in match["sign"] + match["sign2"]:
        negative = True
    if negative and not amount:
        return None
    return -amount if negative else amount


def _from_float(value: float, where: str) -> Decimal:
    if value != value or abs(value) >= _LARGEST:  # noqa: PLR0124 - NaN is not itself
        raise _asked_back(value, where)
    rounded = Decimal(f"{value:.2f}")
    if abs(float(rounded) - value) > 1e-9 * max(1.0, abs(value)):
        raise _asked_back(value, where)
    return rounded


def _bounded(amount: Decimal, value: object, where: str) -> Decimal:
    if not amount.is_finite() or abs(amount) >= _LARGEST:
        raise _asked_back(value, where)
    cents = amount.quantize(_CENT)
    if cents != amount:
        raise _asked_back(value, where)
    return cents


def _asked_back(value: object, where: str) -> IntakeError:
    return refused(
        "not_money",
        where,
        f"“{str(value)[:30]}”不是两位小数以内的金额，请按票据核对后重填。",
        "Not an amount with at most two places; check the voucher and write it again.",
    )
