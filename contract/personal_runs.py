"""Runs of digits in a folded text, cut into segments and told apart: whose number is this?

A number may be written with blanks and hyphens inside, so every window of neighbouring
segments is tried, the longest first. What a date, a clock time, an amount or an office phone
explains is set aside before the looser rules look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.folding import Folded, fold_tricks
from contract.personal_context import Context, context_before
from contract.personal_numbers import (
    is_certificate,
    is_credit_code,
    is_resident,
    looks_like_resident,
    mobile_in,
)
from contract.personal_shapes import Guess, guess_number, is_written_as_mobile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LONGEST = 24
_SPELT_OUT = range(15, 21)
_SET_ASIDE = "\x00"
_PIECE = re.compile(
    r"[0-9]{17}X[1-7][1-4](?:B[0-9])?|[0-9]{18}[1-7][1-4]B[0-9]|[0-9]{17}X|[0-9]{1,16}X(?![0-9A-Z])|[0-9]+",
    re.ASCII,
)
_CLOSE_GAP = re.compile(r"[ \t\-‐-―−－_.·•/\\~～]{1,3}|\)[ \t-]?")
_WIDE_GAP = re.compile(r"[\s\-‐-―−－_.·•/\\~～、,，|:;()]{1,3}")
_EXPLAINED = re.compile(
    r"(?<![0-9\-./])(?:19|20)[0-9]{2}[-/.年]\s?(?:1[0-2]|0?[1-9])[-/.月]\s?"
    r"(?:3[01]|[12][0-9]|0?[1-9])(?![0-9])日?"
    r"|(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9])"
    r"|(?<![0-9.])[0-9]{1,13}\.[0-9]{1,3}(?![0-9.])"
    r"|(?<![0-9,.])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])"
    r"|(?<![0-9])[0-9]{1,13}(?=\s?(?:元|万|亿|亩|公斤|吨|平方|户|株|千瓦|度))"
    r"|[¥￥$]\s?[0-9]{1,13}(?![0-9])"
    r"|(?<![0-9])\(?0(?:10|2[0-9]|[3-9][0-9]{2})\)?[-\s]?[0-9]{7,8}(?![0-9])"
    r"|(?<![0-9])[48]00[- ]?[0-9]{3,4}[- ]?[0-9]{3,4}(?![0-9])"
    r"|(?<![0-9])[0-9]{4}-[0-9]{6}-[0-9]{2}-[0-9]{2}-[0-9]{6}(?![0-9])",
    re.ASCII,
)
_CREDIT = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NP-RTUW-Y]{18}(?![0-9A-Z])", re.ASCII)
_CREDIT_WORDS = re.compile(r"信用代码|机构代码|营业执照")
_SAYS_PERSONAL = {Context.RESIDENT, Context.CERTIFICATE, Context.BANK, Context.MOBILE}


@dataclass(frozen=True, slots=True)
class NumberSpan:
    """A number in the folded text; ``places`` are the indices of its own characters."""

    kind: str
    certain: bool
    places: tuple[int, ...]

    @property
    def start(self) -> int:
        """Index of the first character."""
        return self.places[0]

    @property
    def end(self) -> int:
        """Index behind the last character."""
        return self.places[-1] + 1


@dataclass(frozen=True, slots=True)
class _Window:
    """Neighbouring segments of one run, joined."""

    digits: str
    groups: tuple[int, ...]
    places: tuple[int, ...]

    def tail(self, length: int) -> _Window:
        """The last ``length`` digits as a window of their own."""
        return _Window(self.digits[-length:], (length,), self.places[-length:])


def number_spans(text: str, label: str = "") -> list[NumberSpan]:
    """Every personal number written in digits; spans do not overlap."""
    found = list(_search(text, _WIDE_GAP, lambda window: _strict(text, window, label)))
    text = explain_away(_without(text, found))
    found += _search(text, _CLOSE_GAP, lambda window: _loose(text, window, label))
    return found


def trick_spans(folded: Folded, label: str, found: list[NumberSpan]) -> list[NumberSpan]:
    """Numbers that appear once numerals, circled digits and O, I, l are read as digits."""
    text = explain_away(_without(folded.text, found))
    tricked, read = fold_tricks(Folded(text, folded.at))
    if not read:
        return []
    return list(
        _search(tricked.text, _WIDE_GAP, lambda window: _spelt(tricked.text, window, read, label))
    )


def explain_away(text: str) -> str:
    """Set aside what dates, times, amounts, office phones and public codes explain."""
    text = _CREDIT.sub(lambda m: _aside(m[0]) if _is_organisation(m[0]) else m[0], text)
    return _EXPLAINED.sub(lambda match: _aside(match[0]), text)


def _search(
    text: str, gap: re.Pattern[str], judge: Callable[[_Window], Guess | None]
) -> Iterator[NumberSpan]:
    for run in _runs(text, gap):
        first = 0
        while first < len(run):
            for window in _windows(run, first):
                guess = judge(window)
                if guess is not None:
                    own = window.tail(11) if guess.kind == "mobile" else window
                    yield NumberSpan(guess.kind, guess.certain, own.places)
                    first += len(window.groups)
                    break
            else:
                yield from _glued(run[first], judge)
                first += 1


def _runs(text: str, gap: re.Pattern[str]) -> Iterator[list[re.Match[str]]]:
    """Segments of digits that stand together, with at most a gap between them."""
    run: list[re.Match[str]] = []
    for piece in _PIECE.finditer(text):
        if run and gap.fullmatch(text, run[-1].end(), piece.start()) is None:
            yield run
            run = []
        run.append(piece)
    if run:
        yield run


def _windows(run: list[re.Match[str]], first: int) -> Iterator[_Window]:
    """Windows that begin with segment ``first``, the longest first."""
    lengths, last = 0, first
    while last < len(run) and lengths + len(run[last][0]) <= _LONGEST:
        lengths += len(run[last][0])
        last += 1
    for end in range(max(last, first + 1), first, -1):
        pieces = run[first:end]
        places = tuple(place for piece in pieces for place in range(piece.start(), piece.end()))
        groups = tuple(len(piece[0]) for piece in pieces)
        yield _Window("".join(piece[0] for piece in pieces), groups, places)


def _glued(piece: re.Match[str], judge: Callable[[_Window], Guess | None]) -> Iterator[NumberSpan]:
    """Valid resident numbers inside a longer, unbroken row of digits."""
    digits, place = piece[0], 0
    while place + 18 < len(digits) + 1 and len(digits) > 18:
        part = digits[place : place + 18]
        places = tuple(range(piece.start() + place, piece.start() + place + 18))
        if is_resident(part) and judge(_Window(part, (18,), places)) is not None:
            yield NumberSpan("resident", True, places)
            place += 18
        else:
            place += 1


def _strict(text: str, window: _Window, label: str) -> Guess | None:
    """A number whose province, day of birth and check digit are all right."""
    if is_certificate(window.digits):
        return Guess("certificate", certain=True)
    if not is_resident(window.digits):
        return None
    lead = f"{label} {text[max(0, window.places[0] - 10) : window.places[0]]}"
    if is_credit_code(window.digits) and _CREDIT_WORDS.search(lead):
        return None
    kept = context_before(text, window.places[0], label) is Context.KEEP
    return Guess("resident", certain=not kept)


def _loose(text: str, window: _Window, label: str) -> Guess | None:
    context = context_before(text, window.places[0], label)
    before = text[window.places[0] - 1 : window.places[0]]
    after = text[window.places[-1] + 1 : window.places[-1] + 2]
    in_code = any(char.isascii() and char.isalpha() for char in before + after)
    if in_code and context not in _SAYS_PERSONAL:
        return None
    return guess_number(window.digits, window.groups, context)


def _spelt(text: str, window: _Window, read: frozenset[int], label: str) -> Guess | None:
    if not read.intersection(window.places):
        return None
    if is_resident(window.digits) or is_certificate(window.digits):
        return Guess("resident", certain=False)
    if mobile_in(window.digits) and is_written_as_mobile(window.groups):
        return Guess("mobile", certain=False)
    said = context_before(text, window.places[0], label) in _SAYS_PERSONAL
    if len(window.digits) not in _SPELT_OUT or not (said or len(window.groups) == 1):
        return None
    looks = looks_like_resident(window.digits)
    return Guess("resident" if looks else "long_number", certain=False)


def _is_organisation(code: str) -> bool:
    return is_credit_code(code) and not looks_like_resident(code)


def _without(text: str, spans: list[NumberSpan]) -> str:
    for span in spans:
        text = text[: span.start] + _SET_ASIDE * (span.end - span.start) + text[span.end :]
    return text


def _aside(text: str) -> str:
    return _SET_ASIDE * len(text)
