"""What one number is, judged by its digits, how it was grouped, and the words before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.personal_context import Context
from contract.personal_numbers import (
    is_old_resident,
    looks_like_certificate,
    looks_like_resident,
    mobile_in,
    passes_luhn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_MOBILE_GROUPS = frozenset({(3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (3, 5, 3), (4, 4, 3), (5, 6)})
_CARD = range(16, 20)
_ACCOUNT = range(12, 23)
_WRITTEN_APART = frozenset({15, 18})
_LONGEST_AMOUNT = 13
"""Digits of a sum in yuan; what is longer is no sum, whatever stands before it."""
_TYPED_WRONG = range(15, 21)
"""Lengths that a resident number gets when somebody drops or repeats a digit."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A kind of number, and whether the scan is sure of it."""

    kind: str
    certain: bool


def guess_number(digits: str, groups: tuple[int, ...], context: Context) -> Guess | None:
    """The kind of number, or None where nothing points to a person.

    Args:
        digits: the number without its blanks; may end with X.
        groups: how many digits stood together, in order.
        context: what the words before it say.
    """
    if len(set(digits)) == 1:
        return None
    if context is Context.AMOUNT and len(digits) > _LONGEST_AMOUNT:
        context = Context.NONE
    guesses = (rule(digits, groups, context) for rule in _RULES)
    return next((guess for guess in guesses if guess is not None), None)


def is_written_as_mobile(groups: tuple[int, ...]) -> bool:
    """Whether 11 digits were grouped the way people write a mobile number."""
    return (
        len(groups) == 1
        or groups in _MOBILE_GROUPS
        or groups[1:] in _MOBILE_GROUPS
        or (len(groups) > 4 and max(groups) <= 2)
    )


def is_worth_guessing(digits: str, groups: tuple[int, ...]) -> bool:
    """Whether any rule could say something; cheap, for texts that are all digits and blanks."""
    if len(groups) == 1 or len(digits) in _WRITTEN_APART:
        return True
    as_mobile = is_written_as_mobile(groups) and mobile_in(digits) is not None
    return as_mobile or _is_written_as_card(groups)


def _certificate(digits: str, groups: tuple[int, ...], context: Context) -> Guess | None:
    said = context is Context.CERTIFICATE
    if looks_like_certificate(digits) and (said or context is Context.RESIDENT):
        return Guess("certificate", certain=True)
    if said and len(groups) == 1 and len(digits) in range(18, 24):
        return Guess("certificate", certain=True)
    return None


def _resident(digits: str, groups: tuple[int, ...], context: Context) -> Guess | None:
    if context is Context.RESIDENT:
        lengths = _TYPED_WRONG if len(groups) == 1 else _WRITTEN_APART
        return Guess("resident", certain=True) if len(digits) in lengths else None
    if context in {Context.KEEP, Context.BANK, Context.AMOUNT} or len(groups) > 1:
        return None
    if looks_like_resident(digits) or digits.endswith("X"):
        return Guess("resident", certain=False) if len(digits) == 18 else None
    return None


def _old_resident(digits: str, groups: tuple[int, ...], context: Context) -> Guess | None:
    if context in {Context.KEEP, Context.BANK, Context.AMOUNT} or len(groups) > 1:
        return None
    return Guess("resident", certain=True) if is_old_resident(digits) else None


def _mobile(digits: str, groups: tuple[int, ...], context: Context) -> Guess | None:
    if context in {Context.KEEP, Context.AMOUNT} or not is_written_as_mobile(groups):
        return None
    return Guess("mobile", certain=True) if mobile_in(digits) else None


def _card(digits: str, groups: tuple[int, ...], context: Context) -> Guess | None:
    if not digits.isdigit() or not _is_written_as_card(groups):
        return None
    if context is Context.BANK:
        return Guess("bank", certain=True) if len(digits) in _ACCOUNT else None
    if context is Context.AMOUNT or len(digits) not in _CARD:
        return None
    union_pay, checked = digits.startswith("62"), passes_luhn(digits)
    if context is Context.KEEP:
        return Guess("bank", certain=False) if union_pay and checked else None
    if union_pay or checked:
        return Guess("bank", certain=union_pay or len(groups) == 1)
    return Guess("long_number", certain=False) if len(groups) == 1 else None


def _long(digits: str, groups: tuple[int, ...], context: Context) -> Guess | None:
    if context in {Context.KEEP, Context.AMOUNT} or len(groups) > 1 or len(digits) <= max(_CARD):
        return None
    return Guess("long_number", certain=False)


def _is_written_as_card(groups: tuple[int, ...]) -> bool:
    return len(groups) == 1 or (min(groups[:-1]) >= 3 and groups[0] >= 4)


_RULES: tuple[Callable[[str, tuple[int, ...], Context], Guess | None], ...] = (
    _certificate,
    _resident,
    _old_resident,
    _mobile,
    _card,
    _long,
)
