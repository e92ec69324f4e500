"""Runs of digits in a folded text, cut into segments and told apart: whose number is this?

A number may be written with blanks and hyphens inside, so every window of neighbouring
segments is tried, the longest first. What a date, a clock time, an amount or an office phone
explains is set aside before the looser rules look.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
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
from contract.personal_shapes import (
    Guess,
    guess_number,
    is_worth_guessing,
    is_written_as_mobile,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LONGEST = 24
_STRICT = frozenset({18, 20, 22})
"""Lengths of a resident number, a certificate, and a certificate after a reissue."""
_LOOSE = frozenset(range(11, _LONGEST + 1))
_SPELT_OUT = range(15, 21)
_SET_ASIDE = "\x00"
_PIECE = re.compile(
    r"[0-9]{17}X[1-7][1-4](?:B[0-9])?|[0-9]{18}[1-7][1-4]B[0-9]|[0-9]{17}X|[0-9]{1,16}X(?![0-9A-Z])|[0-9]+",
    re.ASCII,
)
_CLOSE_GAP = re.compile(r"[ \t\-‐-―−－_.·•/\\~～+=#'’]{1,3}|\*|\)[ \t-]?")
_WIDE_GAP = re.compile(r"[\s\-‐-―−－_.·•/\\~～、,，|:;()]{1,3}")
_ANY_GAP = re.compile(r"(?:[^0-9A-Z\u3400-\u9fff<>*]|\*(?!\*)|</?[A-Z][^<>]{0,80}>){1,8}")
"""Between the parts of a number whose check digit is right: signs, line ends, emoji, markup."""
_EXPLAINED = re.compile(
    r"(?<![0-9\-./])(?:19|20)[0-9]{2}[-/.年]\s?(?:1[0-2]|0?[1-9])[-/.月]\s?"
    r"(?:3[01]|[12][0-9]|0?[1-9])(?![0-9])日?"
    r"|(?<![0-9:])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9])"
    r"|(?<![0-9.])[0-9]{1,13}\.[0-9]{1,3}(?![0-9.])"
    r"|(?<![0-9,.])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])"
    r"|(?<![0-9])[0-9]{1,13}(?=\s?(?:元|[万亿]元))"
    r"|(?<![0-9])[0-9]{1,10}(?=\s?(?:万|亿|亩|公斤|吨|平方|户|株|千瓦|度))"
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
class _Run:
    """Segments of digits that stand together; ``offsets[n]`` is where segment n begins."""

    pieces: tuple[re.Match[str], ...]
    joined: str
    offsets: tuple[int, ...]

    @classmethod
    def of(cls, pieces: list[re.Match[str]]) -> _Run:
        """Join segments."""
        offsets = tuple(accumulate((len(piece[0]) for piece in pieces), initial=0))
        return cls(tuple(pieces), "".join(piece[0] for piece in pieces), offsets)


@dataclass(frozen=True, slots=True)
class _Window:
    """Neighbouring segments of one run, joined."""

    run: _Run
    first: int
    last: int
    digits: str

    @property
    def groups(self) -> tuple[int, ...]:
        """How many digits stood together."""
        return tuple(len(piece[0]) for piece in self.run.pieces[self.first : self.last])

    @property
    def start(self) -> int:
        """Where the window begins in the text."""
        return self.run.pieces[self.first].start()

    @property
    def end(self) -> int:
        """Where it ends in the text."""
        return self.run.pieces[self.last - 1].end()

    @property
    def places(self) -> tuple[int, ...]:
        """The indices of its digits in the text."""
        pieces = self.run.pieces[self.first : self.last]
        return tuple(place for piece in pieces for place in range(*piece.span()))


def number_spans(text: str, label: str = "") -> list[NumberSpan]:
    """Every personal number written in digits; spans do not overlap."""
    found = list(_search(text, _ANY_GAP, _STRICT, lambda window: _strict(text, window, label)))
    text = explain_away(_without(text, found))
    found += _search(text, _CLOSE_GAP, _LOOSE, lambda window: _loose(text, window, label))
    return found


def trick_spans(folded: Folded, label: str, found: list[NumberSpan]) -> list[NumberSpan]:
    """Numbers that appear once numerals, circled digits and O, I, l are read as digits."""
    text = explain_away(_without(folded.text, found))
    tricked, read = fold_tricks(Folded(text, folded.at))
    if not read:
        return []
    return list(
        _search(
            tricked.text,
            _WIDE_GAP,
            _LOOSE,
            lambda window: _spelt(tricked.text, window, read, label),
        )
    )


def explain_away(text: str) -> str:
    """Set aside what dates, times, amounts, office phones and public codes explain."""
    text = _CREDIT.sub(lambda m: _aside(m[0]) if _is_organisation(m[0]) else m[0], text)
    return _EXPLAINED.sub(lambda match: _aside(match[0]), text)


def _search(
    text: str,
    gap: re.Pattern[str],
    lengths: frozenset[int],
    judge: Callable[[_Window], Guess | None],
) -> Iterator[NumberSpan]:
    """Try every window of these lengths; a single segment is tried whatever its length."""
    for run in _runs(text, gap):
        first = 0
        while first < len(run.pieces):
            for window in _windows(run, first, lengths):
                guess = judge(window)
                if guess is not None:
                    places = window.places[-11:] if guess.kind == "mobile" else window.places
                    yield NumberSpan(guess.kind, guess.certain, places)
                    first = window.last
                    break
            else:
                yield from _glued(run.pieces[first])
                first += 1


def _runs(text: str, gap: re.Pattern[str]) -> Iterator[_Run]:
    """Segments of digits with at most a gap between them."""
    run: list[re.Match[str]] = []
    for piece in _PIECE.finditer(text):
        if run and gap.fullmatch(text, run[-1].end(), piece.start()) is None:
            yield _Run.of(run)
            run = []
        run.append(piece)
    if run:
        yield _Run.of(run)


def _windows(run: _Run, first: int, lengths: frozenset[int]) -> Iterator[_Window]:
    """Windows that begin with segment ``first``, the longest first."""
    begin = run.offsets[first]
    last = bisect_right(run.offsets, begin + _LONGEST) - 1
    for end in range(max(last, first + 1), first, -1):
        length = run.offsets[end] - begin
        if length in lengths or end == first + 1:
            yield _Window(run, first, end, run.joined[begin : begin + length])


def _glued(piece: re.Match[str]) -> Iterator[NumberSpan]:
    """Valid resident numbers inside a longer, unbroken row of digits."""
    digits, place = piece[0], 0
    while len(digits) > 18 and place + 18 <= len(digits):
        if is_resident(digits[place : place + 18]):
            start = piece.start() + place
            yield NumberSpan("resident", True, tuple(range(start, start + 18)))
            place += 18
        else:
            place += 1


def _strict(text: str, window: _Window, label: str) -> Guess | None:
    """A number whose province, day of birth and check digit are all right."""
    if len(window.digits) not in _STRICT:
        return None
    if is_certificate(window.digits):
        return Guess("certificate", certain=True)
    if not is_resident(window.digits):
        return None
    lead = f"{label} {text[max(0, window.start - 10) : window.start]}"
    if is_credit_code(window.digits) and _CREDIT_WORDS.search(lead):
        return None
    kept = context_before(text, window.start, label) is Context.KEEP
    return Guess("resident", certain=not kept)


def _loose(text: str, window: _Window, label: str) -> Guess | None:
    if len(window.digits) < min(_LOOSE) or not is_worth_guessing(window.digits, window.groups):
        return None
    context = context_before(text, window.start, label)
    before, after = text[window.start - 1 : window.start], text[window.end : window.end + 1]
    in_code = any(char.isascii() and char.isalpha() for char in before + after)
    if in_code and context not in _SAYS_PERSONAL:
        return None
    return guess_number(window.digits, window.groups, context)


def _spelt(text: str, window: _Window, read: frozenset[int], label: str) -> Guess | None:
    if len(window.digits) < min(_LOOSE) or read.isdisjoint(window.places):
        return None
    if is_resident(window.digits) or is_certificate(window.digits):
        return Guess("resident", certain=False)
    if mobile_in(window.digits) and is_written_as_mobile(window.groups):
        return Guess("mobile", certain=False)
    if len(window.digits) not in _SPELT_OUT:
        return None
    whole = len(window.groups) == 1
    if not whole and context_before(text, window.start, label) not in _SAYS_PERSONAL:
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
