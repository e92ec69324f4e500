"""A CAP message as frozen values, read from a tree that has passed the schema."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hub.cap.errors import CapRefusedError
from hub.cap.reading import text_of
from hub.cap.schema import CAP_11, faults_of

if TYPE_CHECKING:
    from lxml import etree

DEFAULT_LANGUAGE = "en-US"
"""What a message speaks that names no language (CAP 1.2, 3.2.2)."""
Corner = tuple[float, float]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reference:
    """What names a message everywhere: who sent it, under which id, when."""

    sender: str
    identifier: str
    sent: datetime

    @property
    def alert_id(self) -> str:
        """The id of our own alert that this message becomes; the same wherever it is computed."""
        text = f"{self.sender}\n{self.identifier}\n{self.sent.astimezone(UTC).isoformat()}"
        return "CAP-" + hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class CapArea:
    """One area: in words, as rings and discs of WGS-84 degrees, as codes."""

    description: str
    rings: tuple[tuple[Corner, ...], ...] = ()
    discs: tuple[tuple[Corner, float], ...] = ()
    """Centre and radius in kilometres."""
    geocodes: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True)
class CapInfo:
    """One description of the event, in one language."""

    language: str
    event: str
    response_types: tuple[str, ...]
    urgency: str
    severity: str
    certainty: str
    effective: datetime | None
    expires: datetime | None
    sender_name: str
    headline: str
    description: str
    instruction: str
    contact: str
    codes: tuple[Pair, ...]
    """``eventCode`` and ``parameter`` together."""
    areas: tuple[CapArea, ...]


@dataclass(frozen=True, slots=True)
class CapAlert:
    """A whole message."""

    own: Reference
    status: str
    msg_type: str
    scope: str
    references: tuple[Reference, ...]
    infos: tuple[CapInfo, ...]
    is_old_version: bool = False


def read_alert(root: etree._Element) -> CapAlert:
    """The message in a tree.

    Raises:
        CapRefusedError: it is not what CAP prescribes; the message lists the faults.
    """
    faults = faults_of(root)
    if faults:
        zh = "；".join(f"第{each.line}行：{each.zh}" for each in faults)
        en = "; ".join(f"line {each.line}: {each.en}" for each in faults)
        raise CapRefusedError("schema", zh, en)
    space = str(root.tag).partition("}")[0] + "}"
    reader = _Reader(space)
    own = Reference(
        reader.text(root, "sender"),
        reader.text(root, "identifier"),
        _moment(reader.text(root, "sent")),
    )
    return CapAlert(
        own=own,
        status=reader.text(root, "status"),
        msg_type=reader.text(root, "msgType"),
        scope=reader.text(root, "scope"),
        references=_references(reader.text(root, "references")),
        infos=tuple(reader.info(each) for each in root.iterchildren(f"{space}info")),
        is_old_version=CAP_11 in space,
    )


class _Reader:
    """Reads elements of one namespace."""

    def __init__(self, space: str) -> None:
        self._space = space

    def text(self, parent: etree._Element, name: str) -> str:
        found = parent.find(f"{self._space}{name}")
        return "" if found is None else text_of(found)

    def texts(self, parent: etree._Element, name: str) -> tuple[str, ...]:
        return tuple(text_of(each) for each in parent.iterchildren(f"{self._space}{name}"))

    def pairs(self, parent: etree._Element, name: str) -> tuple[Pair, ...]:
        return tuple(
            (self.text(each, "valueName"), self.text(each, "value"))
            for each in parent.iterchildren(f"{self._space}{name}")
        )

    def when(self, parent: etree._Element, name: str) -> datetime | None:
        found = self.text(parent, name)
        return _moment(found) if found else None

    def info(self, element: etree._Element) -> CapInfo:
        return CapInfo(
            language=self.text(element, "language") or DEFAULT_LANGUAGE,
            event=self.text(element, "event"),
            response_types=self.texts(element, "responseType"),
            urgency=self.text(element, "urgency"),
            severity=self.text(element, "severity"),
            certainty=self.text(element, "certainty"),
            effective=self.when(element, "effective"),
            expires=self.when(element, "expires"),
            sender_name=self.text(element, "senderName"),
            headline=self.text(element, "headline"),
            description=self.text(element, "description"),
            instruction=self.text(element, "instruction"),
            contact=self.text(element, "contact"),
            codes=self.pairs(element, "eventCode") + self.pairs(element, "parameter"),
            areas=tuple(self.area(each) for each in element.iterchildren(f"{self._space}area")),
        )

    def area(self, element: etree._Element) -> CapArea:
        return CapArea(
            self.text(element, "areaDesc"),
            tuple(
                tuple(_corner(each) for each in ring.split())
                for ring in self.texts(element, "polygon")
            ),
            tuple(
                (_corner(disc.split()[0]), float(disc.split()[1]))
                for disc in self.texts(element, "circle")
            ),
            self.pairs(element, "geocode"),
        )


def _corner(text: str) -> Corner:
    latitude, _, longitude = text.partition(",")
    return float(latitude), float(longitude)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise CapRefusedError(
            "schema", f"没有这样的时间：{text[:40]}", f"there is no such time: {text[:40]}"
        ) from error


def _references(text: str) -> tuple[Reference, ...]:
    found = []
    for triple in text.split():
        sender, identifier, sent = triple.split(",")
        found.append(Reference(sender, identifier, _moment(sent)))
    return tuple(dict.fromkeys(found))
