"""The structure that CAP 1.2 prescribes, as one table: names, order, how often, of what form.

Facts from the OASIS standard "Common Alerting Protocol Version 1.2" (1 July 2010), written in
our own words. A fault names the line and says what is expected, in Chinese and English. CAP
1.1 has the same elements and passes by the same table; whoever reads it adds a remark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.cap.reading import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml import etree

CAP_12 = "urn:oasis:names:tc:emergency:cap:1.2"
CAP_11 = "urn:oasis:names:tc:emergency:cap:1.1"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
MAX_FAULTS = 20
MANY = 10_000

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d", re.ASCII)
_PLAIN_ID = re.compile(r"[^\s,<&]{1,300}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
_PAIR = re.compile(r"([-+]?\d+(?:\.\d*)?|[-+]?\.\d+),([-+]?\d+(?:\.\d*)?|[-+]?\.\d+)", re.ASCII)
_TRIPLE = re.compile(r"[^\s,]+,[^\s,]+,[^\s,]+")
_LEAST_CORNERS = 4


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where a message is not what CAP prescribes."""

    line: int
    zh: str
    en: str

    def __str__(self) -> str:
        return f"第{self.line}行：{self.zh} / line {self.line}: {self.en}"


@dataclass(frozen=True, slots=True)
class _Member:
    """One element of a sequence. Exactly one of ``words``, ``form``, ``members`` may be set."""

    name: str
    least: int = 0
    most: int = 1
    words: tuple[str, ...] = ()
    form: Callable[[str], bool] | None = None
    members: tuple[_Member, ...] = ()


def is_moment(text: str) -> bool:
    """``2024-07-14T11:12:00+08:00``: seconds and an offset, and no ``Z``."""
    return _MOMENT.fullmatch(text) is not None


def is_corner(text: str) -> bool:
    """``latitude,longitude`` within the globe."""
    found = _PAIR.fullmatch(text)
    return found is not None and abs(float(found[1])) <= 90 and abs(float(found[2])) <= 180


def is_ring(text: str) -> bool:
    """Four or more corners, the last the same as the first."""
    corners = text.split()
    closed = len(corners) >= _LEAST_CORNERS and corners[0] == corners[-1]
    return closed and all(is_corner(each) for each in corners)


def is_disc(text: str) -> bool:
    """A centre and a radius in kilometres."""
    parts = text.split()
    return (
        len(parts) == 2
        and is_corner(parts[0])
        and _NUMBER.fullmatch(parts[1]) is not None
        and float(parts[1]) >= 0
    )


def are_references(text: str) -> bool:
    """``sender,identifier,sent`` triples between blanks."""
    return all(_TRIPLE.fullmatch(each) for each in text.split())


_PAIR_OF_TEXTS = (_Member("valueName", 1), _Member("value", 1))
_RESOURCE = (
    _Member("resourceDesc", 1),
    _Member("mimeType", 1),
    _Member("size", form=lambda text: _WHOLE.fullmatch(text) is not None),
    _Member("uri"),
    _Member("derefUri"),
    _Member("digest"),
)
_AREA = (
    _Member("areaDesc", 1),
    _Member("polygon", 0, MANY, form=is_ring),
    _Member("circle", 0, MANY, form=is_disc),
    _Member("geocode", 0, MANY, members=_PAIR_OF_TEXTS),
    _Member("altitude", form=lambda text: _NUMBER.fullmatch(text) is not None),
    _Member("ceiling", form=lambda text: _NUMBER.fullmatch(text) is not None),
)
_INFO = (
    _Member("language", form=lambda text: _LANGUAGE.fullmatch(text) is not None),
    _Member("category", 1, MANY, words=("Geo", "Met", "Safety", "Security", "Rescue", "Fire",
            "Health", "Env", "Transport", "Infra", "CBRNE", "Other")),
    _Member("event", 1, form=bool),
    _Member("responseType", 0, MANY, words=("Shelter", "Evacuate", "Prepare", "Execute", "Avoid",
            "Monitor", "Assess", "AllClear", "None")),
    _Member("urgency", 1, words=("Immediate", "Expected", "Future", "Past", "Unknown")),
    _Member("severity", 1, words=("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
    _Member("certainty", 1, words=("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
    _Member("audience"),
    _Member("eventCode", 0, MANY, members=_PAIR_OF_TEXTS),
    _Member("effective", form=is_moment),
    _Member("onset", form=is_moment),
    _Member("expires", form=is_moment),
    _Member("senderName"),
    _Member("headline"),
    _Member("description"),
    _Member("instruction"),
    _Member("web"),
    _Member("contact"),
    _Member("parameter", 0, MANY, members=_PAIR_OF_TEXTS),
    _Member("resource", 0, MANY, members=_RESOURCE),
    _Member("area", 0, MANY, members=_AREA),
)  # fmt: skip
_ALERT = (
    _Member("identifier", 1, form=lambda text: _PLAIN_ID.fullmatch(text) is not None),
    _Member("sender", 1, form=lambda text: _PLAIN_ID.fullmatch(text) is not None),
    _Member("sent", 1, form=is_moment),
    _Member("status", 1, words=("Actual", "Exercise", "System", "Test", "Draft")),
    _Member("msgType", 1, words=("Alert", "Update", "Cancel", "Ack", "Error")),
    _Member("source"),
    _Member("scope", 1, words=("Public", "Restricted", "Private")),
    _Member("restriction"),
    _Member("addresses"),
    _Member("code", 0, MANY),
    _Member("note"),
    _Member("references", form=are_references),
    _Member("incidents"),
    _Member("info", 0, MANY, members=_INFO),
)


def faults_of(root: etree._Element) -> list[Fault]:
    """What is wrong with the structure of a message, the first twenty faults."""
    name, space = _name_of(root)
    if name != "alert" or space not in (CAP_12, CAP_11):
        zh = f"不是 CAP 1.2 报文（根元素 {name}，命名空间 {space or '无'}）"
        return [Fault(_line(root), zh, f"not a CAP 1.2 alert: <{name}> in {space or 'none'}")]
    found: list[Fault] = []
    for fault in (*_sequence(root, _ALERT, space, is_top=True), *_rules(root, space)):
        found.append(fault)
        if len(found) == MAX_FAULTS:
            break
    return found


def _sequence(
    parent: etree._Element, members: tuple[_Member, ...], space: str, *, is_top: bool = False
) -> Iterator[Fault]:
    """Children in their order, each as often as it may stand."""
    order = {member.name: place for place, member in enumerate(members)}
    counts = dict.fromkeys(order, 0)
    reached = 0
    yield from _bare(parent, has_children=True)
    for child in parent.iterchildren("*"):
        name, child_space = _name_of(child)
        if is_top and child_space == SIGNATURE:
            reached = len(members)
        elif child_space != space or name not in order:
            yield Fault(_line(child), f"多余的元素 {name}", f"<{name}> does not belong here")
        else:
            if order[name] < reached:
                yield Fault(_line(child), f"元素 {name} 的次序不对", f"<{name}> is out of order")
            reached = max(reached, order[name])
            counts[name] += 1
            yield from _member(child, members[order[name]], counts[name], space)
    for member in members:
        if counts[member.name] < member.least:
            yield Fault(_line(parent), f"缺少 {member.name}", f"<{member.name}> is missing")


def _member(child: etree._Element, member: _Member, count: int, space: str) -> Iterator[Fault]:
    if count > member.most:
        yield Fault(_line(child), f"{member.name} 只能有一个", f"more than one <{member.name}>")
    if member.members:
        yield from _sequence(child, member.members, space)
        return
    yield from _bare(child, has_children=False)
    text = text_of(child)
    if member.words and text not in member.words:
        allowed = " ".join(member.words)
        yield Fault(_line(child), f"{member.name} 不能是“{text[:30]}”",
                    f"<{member.name}> is {text[:30]!r}, allowed: {allowed}")  # fmt: skip
    if member.form is not None and not member.form(text):
        yield Fault(_line(child), f"{member.name} 的写法不对：“{text[:40]}”",
                    f"<{member.name}> has the wrong form: {text[:40]!r}")  # fmt: skip


def _bare(element: etree._Element, *, has_children: bool) -> Iterator[Fault]:
    """No attributes, and either text or elements inside, never both."""
    name, _ = _name_of(element)
    if any(not str(key).startswith(_XSI) for key in element.attrib):
        yield Fault(_line(element), f"{name} 不应有属性", f"<{name}> has attributes")
    mixed = (
        any((child.tail or "").strip() for child in element) or text_of(element)
        if has_children
        else any(True for _ in element.iterchildren("*"))
    )
    if mixed:
        yield Fault(_line(element), f"{name} 里混入了内容", f"<{name}> has mixed content")


def _rules(root: etree._Element, space: str) -> Iterator[Fault]:
    """What the text of the standard adds to its schema."""

    def told(name: str) -> str:
        found = root.find(f"{{{space}}}{name}")
        return "" if found is None else text_of(found)

    needs = (
        (told("scope") == "Restricted", "restriction"),
        (told("scope") == "Private", "addresses"),
        (told("msgType") in ("Update", "Cancel", "Ack", "Error"), "references"),
    )
    for is_needed, name in needs:
        if is_needed and not told(name):
            yield Fault(_line(root), f"这类报文必须有 {name}", f"such a message needs <{name}>")


def _name_of(element: etree._Element) -> tuple[str, str]:
    """Local name and namespace."""
    space, _, name = str(element.tag).rpartition("}")
    return name, space.removeprefix("{")


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 1
