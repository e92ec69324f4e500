"""One text at the hub: the shared pattern scan, and rules that need to know what a name is.

The rules here find a named person beside a disease, a named informant, a named child beside a
school. They are the hub's alone: a box has no list of surnames.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract import plain_text, privacy
from contract.privacy import KIND_NAMES, Level
from hub.privacy.words import NAME, SPECIFIC_DISEASE

if TYPE_CHECKING:
    from collections.abc import Iterator

_PASSES = 4
SOMEBODY = "某某"
_WORDS_BEFORE_NAMES = (
    r"(?:村民|户主|低保户|贫困户|五保户|脱贫户|监测户|老人|姓名[::]?|居民|患者|病人)"
)
_START = r"(?:^|(?<=[\s,，。;；、:：(（“\"]))"
_ILL = re.compile(
    rf"(?:{_WORDS_BEFORE_NAMES}(?P<name1>{NAME})[^。;；\n]{{0,6}}?"
    rf"|{_START}(?P<name2>{NAME})(?:因患?|患|得了|身患|确诊为?|罹患|查出|系|[(（]))"
    rf"(?:有|了|上|的)?(?P<ill>(?:{SPECIFIC_DISEASE.pattern})+)"
)
_INFORMANT = re.compile(
    rf"(?:举报人|投诉人|信访人|反映人|检举人|控告人|上访人|线索提供人)[是为::\s]{{0,2}}(?P<name>{NAME})"
    r"(?=[\s,，。;；、::()（）]|$|反映|举报|投诉|称|来|于|的)"
)
_CHILD = re.compile(
    rf"{_START}(?P<name>{NAME})\s?[(（,，、]\s?(?:[男女]\s?[,，、]?\s?)?(?:\d{{1,2}}岁\s?[,，、]?\s?)?"
    r"(?:[^。;；、,，\n)）]{0,8}(?:小学|中学|初中|幼儿园)|[一二三四五六七八九1-9]年级|监护人)"
)
_AGED = re.compile(
    rf"{_START}(?:{_WORDS_BEFORE_NAMES})?{NAME}\s?[(（,，]\s?(?P<age>\d{{1,3}})周?岁(?=[)）,，。;；])"
)
_Rule = tuple[str, str, Level, str]
"""Kind, its Chinese name, how sure, and what stands there instead."""
_ILLNESS: _Rule = ("health", "病情", Level.CONFIRM, "**")
_SAID_INFORMANT: _Rule = ("complainant", "举报投诉人姓名", Level.CONFIRM, SOMEBODY)
_KNOWN_INFORMANT: _Rule = ("complainant", "举报投诉人姓名", Level.MASK, SOMEBODY)
_AGE_OF_PERSON: _Rule = ("age", "个人年龄", Level.CONFIRM, "**")
_NAMED_CHILD: _Rule = ("minor", "未成年人姓名", Level.BLOCK, SOMEBODY)


@dataclass(frozen=True, slots=True)
class TextFinding:
    """A find in one text; ``kind`` is one of the contract's kinds or a rule's name."""

    kind: str
    name_zh: str
    level: Level
    start: int
    end: int
    masked: str
    fingerprint: str


def scan_text(
    text: str,
    label: str = "",
    cleared: frozenset[str] = frozenset(),
    informants: frozenset[str] = frozenset(),
) -> list[TextFinding]:
    """Everything personal in one text; findings may touch but the first keeps its place.

    Args:
        text: as written.
        label: the heading of the column the text stands in, or nothing.
        cleared: fingerprints that a person declared not personal.
        informants: names that were taken from a column of complainants.
    """
    found = [
        TextFinding(
            finding.kind.value,
            KIND_NAMES[finding.kind],
            finding.level,
            finding.start,
            finding.end,
            finding.masked,
            finding.fingerprint,
        )
        for finding in privacy.scan(text, label, cleared)
    ]
    for finding in _named(text, informants):
        clear = all(finding.end <= other.start or other.end <= finding.start for other in found)
        if clear and finding.fingerprint not in cleared:
            found.append(finding)
    return sorted(found, key=lambda finding: finding.start)


def clean_text(
    text: str,
    label: str = "",
    cleared: frozenset[str] = frozenset(),
    informants: frozenset[str] = frozenset(),
) -> str:
    """The text with everything personal masked and invisible characters gone."""
    text = plain_text.without_unsafe(text)
    for _ in range(_PASSES):
        findings = scan_text(text, label, cleared, informants)
        if not findings:
            break
        for finding in reversed(findings):
            text = text[: finding.start] + finding.masked + text[finding.end :]
    return text


def _named(text: str, informants: frozenset[str]) -> Iterator[TextFinding]:
    for match in _ILL.finditer(text):
        name = match["name1"] or match["name2"]
        if SPECIFIC_DISEASE.search(name) is None:
            yield _finding(match, "ill", _ILLNESS)
    for match in _INFORMANT.finditer(text):
        yield _finding(match, "name", _SAID_INFORMANT)
    for match in _AGED.finditer(text):
        yield _finding(match, "age", _AGE_OF_PERSON)
    for match in _CHILD.finditer(text):
        yield _finding(match, "name", _NAMED_CHILD)
    for name in sorted(informants, key=len, reverse=True):
        for match in re.finditer(f"(?P<name>{re.escape(name)})", text):
            yield _finding(match, "name", _KNOWN_INFORMANT)


def _finding(match: re.Match[str], group: str, rule: _Rule) -> TextFinding:
    return TextFinding(
        *rule[:3],
        match.start(group),
        match.end(group),
        rule[3],
        privacy.fingerprint(match[group]),
    )
