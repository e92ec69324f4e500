"""The pattern scan for personal data that hub and box both run before anything is shown or spoken.

``scan`` finds, ``mask`` removes, ``leaks`` is the box's fail-closed question. Standard library
only. The hub's rules about columns, health and children stand in ``hub.privacy``.

Masks keep the length: a resident number or certificate its first 6 and last 2, a card its last
4, a mobile 3 + **** + 4. An address ends behind the village group, a birth keeps its year.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from contract.folding import Folded, fold
from contract.personal_phrases import phrase_spans
from contract.personal_runs import NumberSpan, number_spans, trick_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

_PASSES = 4
_KEEP_ENDS = {"resident": (6, 2), "certificate": (6, 2), "bank": (0, 4), "mobile": (3, 4)}


class Kind(StrEnum):
    """What was found."""

    RESIDENT = "resident"
    CERTIFICATE = "certificate"
    BANK = "bank"
    MOBILE = "mobile"
    LONG_NUMBER = "long_number"
    OTHER_PAPER = "other_paper"
    ADDRESS = "address"
    BIRTH = "birth"
    AGE = "age"


KIND_NAMES: dict[Kind, str] = {
    Kind.RESIDENT: "身份证号",
    Kind.CERTIFICATE: "残疾证号",
    Kind.BANK: "银行账号",
    Kind.MOBILE: "手机号码",
    Kind.LONG_NUMBER: "可疑长号码",
    Kind.OTHER_PAPER: "证件号码",
    Kind.ADDRESS: "详细住址",
    Kind.BIRTH: "出生日期",
    Kind.AGE: "个人年龄",
}


class Level(StrEnum):
    """What a finding asks for."""

    BLOCK = "block"
    """Nothing may be published with it."""
    MASK = "mask"
    """Masked, unless a named person clears it with a reason."""
    CONFIRM = "confirm"
    """A suspicion: masked too, and a person is asked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One find: ``text[start:end]`` of the original, and what to put in its place."""

    kind: Kind
    level: Level
    start: int
    end: int
    masked: str
    fingerprint: str
    """Names the number without saying it; a clearance refers to it."""


def scan(text: str, label: str = "", cleared: frozenset[str] = frozenset()) -> list[Finding]:
    """Find personal data in one text or cell.

    Args:
        text: as written; what is found is placed in this very string.
        label: the column's heading, if the text is a table cell.
        cleared: fingerprints that a named person declared not personal.

    Returns:
        Findings that do not overlap, in order of their place.
    """
    folded = fold(text)
    numbers = number_spans(folded.text, label)
    numbers += trick_spans(folded, label, numbers)
    found = [_number_finding(text, folded, span) for span in numbers]
    for phrase in phrase_spans(folded.text, label):
        if all(phrase.end <= span.start or span.end <= phrase.start for span in numbers):
            start, end = folded.span(phrase.start, phrase.end)
            found.append(
                Finding(
                    Kind(phrase.kind),
                    Level.MASK if phrase.certain else Level.CONFIRM,
                    start,
                    end,
                    phrase.masked,
                    fingerprint(text[start:end]),
                )
            )
    found.sort(key=lambda finding: finding.start)
    return [finding for finding in found if finding.fingerprint not in cleared]


def mask(text: str, label: str = "", cleared: frozenset[str] = frozenset()) -> str:
    """The text with every finding masked, until a new scan finds nothing."""
    for _ in range(_PASSES):
        findings = scan(text, label, cleared)
        if not findings:
            break
        text = replace_findings(text, findings)
    return text


def replace_findings(text: str, findings: Iterable[Finding]) -> str:
    """Put each finding's mask in its place."""
    for finding in sorted(findings, key=lambda found: found.start, reverse=True):
        text = text[: finding.start] + finding.masked + text[finding.end :]
    return text


def leaks(texts: Iterable[str], cleared: frozenset[str] = frozenset()) -> list[Finding]:
    """What would leave unmasked if these texts were shown: the box's fail-closed question.

    Suspicions (``Level.CONFIRM``) are the hub's affair and do not count here.
    """
    return [
        finding
        for text in texts
        for finding in scan(text, cleared=cleared)
        if finding.level is not Level.CONFIRM
    ]


def fingerprint(found: str) -> str:
    """A short name for a found text that does not show it; the spelling does not matter."""
    plain = "".join(char for char in fold(found).text if char.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()[:16]


def masked_number(kind: str, digits: str) -> str:
    """The masked form of a number of this kind, as long as the number."""
    head, tail = _KEEP_ENDS.get(kind, (0, 4))
    hidden = len(digits) - head - tail
    if hidden <= 0:
        return "*" * len(digits)
    return digits[:head] + "*" * hidden + digits[len(digits) - tail :]


def _number_finding(text: str, folded: Folded, span: NumberSpan) -> Finding:
    start, end = folded.span(span.start, span.end)
    written = "".join(
        fold(text[folded.at[place]]).text or "*" for place in span.places
    )  # Chinese numerals stay as written, full-width digits become plain ones
    return Finding(
        Kind(span.kind),
        Level.MASK if span.certain else Level.CONFIRM,
        start,
        end,
        masked_number(span.kind, written),
        fingerprint(text[start:end]),
    )
