"""Numbers in Chinese words: cardinals, decimals, and digits read one by one."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_GROUPS = ("", "万", "亿", "万亿")
_LONGEST_CARDINAL = 16


def digits(text: str, one: str = "一") -> str:
    """Each digit by itself, as accounts, years and telephone numbers are read.

    Args:
        text: Anything; characters that are no digits stay.
        one: How 1 sounds: 一, or 幺 in telephone numbers, where 一 is taken for 七.
    """
    return "".join(
        (one if sign == "1" else DIGITS[ord(sign) - 48]) if "0" <= sign <= "9" else sign
        for sign in text
    )


def cardinal(text: str) -> str:
    """A whole number in words: ``"2300"`` is 两千三百. Beyond 16 digits, digit by digit."""
    text = text.lstrip("0") or "0"
    if text == "0":
        return "零"
    if len(text) > _LONGEST_CARDINAL:
        return digits(text)
    groups = [int(text[max(0, end - 4) : end]) for end in range(len(text), 0, -4)]
    words = ""
    gap = False
    for place in range(len(groups) - 1, -1, -1):
        group = groups[place]
        if group == 0:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words += "零"
        words += _group(group) + _GROUPS[place]
        gap = False
    return _opening(words)


def number(text: str) -> str:
    """A number as it stands in a notice: sign, decimals, closing zeros dropped."""
    if text[:1] in "-−":
        return "负" + number(text[1:])
    whole, _, part = text.replace(",", "").partition(".")
    part = part.rstrip("0")
    return cardinal(whole) + (f"点{digits(part)}" if part else "")


def _group(value: int) -> str:
    """One to four digits in words, without the zeros before them."""
    words = ""
    for place in range(3, -1, -1):
        digit = value // 10**place % 10
        if digit:
            words += DIGITS[digit] + _PLACES[place]
        elif words and not words.endswith("零") and value % 10**place:
            words += "零"
    return words


def _opening(words: str) -> str:
    """十五 rather than 一十五, 两千 rather than 二千; only where a number begins."""
    if words.startswith("一十"):
        return words[1:]
    if words[0] == "二" and words[1:2] in {"百", "千", "万", "亿"}:
        return "两" + words[1:]
    return words
