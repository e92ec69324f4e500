"""Checks of the numbers that belong to one person: resident number, certificate, card, mobile.

Resident numbers: GB 11643-1999 (18 characters, check by ISO 7064 MOD 11-2) and the 15-digit
form before it. Disability certificate: resident number, class 1-7, grade 1-4, and B with a
count after a reissue. Cards: ISO/IEC 7812 (Luhn); UnionPay cards begin with 62.
Credit code of an organisation: GB 32100-2015 (18 characters, MOD 31), which is public.
"""

from __future__ import annotations

import re
from datetime import date

_PROVINCES = (*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55),
              *range(61, 66), 71, 81, 82, 83)  # fmt: skip
PROVINCES = frozenset(map(str, _PROVINCES))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_ID = re.compile(r"\d{17}[\dX]", re.ASCII)
_CERTIFICATE = re.compile(r"\d{17}[\dX][1-7][1-4](?:B\d)?", re.ASCII)
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_MOBILE = re.compile(r"(?:0086|86|0)?(1[3-9]\d{9})", re.ASCII)
_EARLIEST_YEAR = 1890
_LATEST_YEAR = 2100


def is_plausible_birth(eight_digits: str) -> bool:
    """Whether YYYYMMDD is a day on which somebody alive may have been born."""
    try:
        born = date(int(eight_digits[:4]), int(eight_digits[4:6]), int(eight_digits[6:8]))
    except ValueError:
        return False
    return _EARLIEST_YEAR <= born.year <= _LATEST_YEAR


def looks_like_resident(number: str) -> bool:
    """18 characters with a known province and a possible day of birth; check digit not asked."""
    return (
        _ID.fullmatch(number) is not None
        and number[:2] in PROVINCES
        and is_plausible_birth(number[6:14])
    )


def has_resident_check(number: str) -> bool:
    """Whether the 18th character is right for the 17 before it."""
    if _ID.fullmatch(number) is None:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == number[17]


def is_resident(number: str) -> bool:
    """A resident number with province, day of birth and check digit right."""
    return looks_like_resident(number) and has_resident_check(number)


def is_old_resident(number: str) -> bool:
    """A 15-digit resident number as issued until 1999 (no check digit)."""
    return (
        re.fullmatch(r"\d{15}", number, re.ASCII) is not None
        and number[:2] in PROVINCES
        and is_plausible_birth("19" + number[6:12])
    )


def looks_like_certificate(number: str) -> bool:
    """A 20-character disability certificate, or one with B and the count of reissues."""
    return _CERTIFICATE.fullmatch(number) is not None and looks_like_resident(number[:18])


def is_certificate(number: str) -> bool:
    """A disability certificate that starts with a valid resident number."""
    return looks_like_certificate(number) and has_resident_check(number[:18])


def passes_luhn(digits: str) -> bool:
    """The check of bank cards. Passbooks do not keep it."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def mobile_in(digits: str) -> str | None:
    """The 11 digits of a mobile number, without a leading 0, 86 or 0086; None if there is none."""
    match = _MOBILE.fullmatch(digits)
    return match[1] if match else None


def is_credit_code(code: str) -> bool:
    """A unified social credit code with the right last character: public, no person."""
    if len(code) != 18 or any(char not in _CREDIT_ALPHABET for char in code):
        return False
    values = [_CREDIT_ALPHABET.index(char) for char in code]
    total = sum(value * pow(3, place, 31) for place, value in enumerate(values[:17]))
    return (31 - total % 31) % 31 == values[17]
