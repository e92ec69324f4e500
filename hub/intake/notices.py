"""Notices in the county's exchange form (JSON), checked field by field.

A file is an object with ``notices``, a list, or one notice. What is wrong with a notice stands
in its ``faults``; a notice with a fault of level *refuse* is not taken, the others are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract import plain_text
from contract.errors import ContractError
from contract.plain_text import Bounds, Level
from hub.intake import json_bytes
from hub.intake.dates import check_order, parse_moment
from hub.intake.faults import Fault, IntakeError, from_text, refused
from hub.intake.tables import check_table
from hub.intake.text_bytes import MAX_BYTES
from hub.intake.uploads import Held, check_attachment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from hub.intake.pictures import CleanPicture

MAX_NOTICES = 1_000
HUB_ONLY = frozenset({"expect", "focus"})
_TEXTS: tuple[tuple[str, Bounds, bool], ...] = (
    ("title", plain_text.TITLE, True),
    ("summary", plain_text.SUMMARY, False),
    ("speech", plain_text.SPEECH, False),
    ("body", plain_text.BODY, False),
)
_KINDS = frozenset({"text", "table", "mixed", "picture", "video", "emergency", "document"})
_CHANNELS = frozenset({"led", "speaker", "kiosk", "poster", "mobile", "wall"})


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """One notice as it came in, in the exchange form, with what is wrong with it.

    ``data`` is ready for the privacy gate: test fields are gone, invisible characters too.
    """

    data: dict[str, Any]
    faults: tuple[Fault, ...] = ()
    publish_at: datetime | None = None
    valid_until: datetime | None = None
    pictures: tuple[CleanPicture, ...] = ()
    held: tuple[Held, ...] = field(default=())

    @property
    def id(self) -> str:
        """The notice's id, or nothing."""
        return str(self.data.get("id") or "")

    @property
    def title(self) -> str:
        """The notice's title, or nothing."""
        return str(self.data.get("title") or "")

    @property
    def refused(self) -> bool:
        """Whether it cannot be taken as it stands."""
        return any(fault.level is Level.REFUSE for fault in self.faults)


def notices_from_json(source: Path | str | bytes) -> list[NoticeDraft]:
    """Read a file (or bytes) of notices.

    Raises:
        IntakeError: no JSON within bounds, or no notices in it.
        OSError: the file cannot be read.
    """
    data = source if isinstance(source, bytes) else _bounded(Path(source))
    content = json_bytes.load(data)
    entries = content.get("notices", [content]) if isinstance(content, Mapping) else content
    if not isinstance(entries, list) or not entries or len(entries) > MAX_NOTICES:
        raise refused(
            "no_notices",
            "JSON",
            f"文件里没有公告，或超过{MAX_NOTICES}条。",
            f"No notices in the file, or more than {MAX_NOTICES}.",
        )
    return [draft_from(entry) for entry in entries]


def draft_from(entry: object) -> NoticeDraft:
    """Check one notice of the exchange form."""
    if not isinstance(entry, Mapping):
        fault = Fault("no_notice", "", Level.REFUSE, "这不是一条公告。", "This is no notice.")
        return NoticeDraft({}, (fault,))
    data = {str(key): value for key, value in entry.items() if key not in HUB_ONLY}
    faults = [*_text_faults(data), *_code_faults(data), *_content_faults(data)]
    moments, found = _moments(data)
    pictures, held, about_files = _attachments(data)
    return NoticeDraft(
        data=data,
        faults=(*faults, *found, *about_files),
        publish_at=moments.get("publish_at"),
        valid_until=moments.get("valid_until"),
        pictures=pictures,
        held=held,
    )


def _bounded(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _text_faults(data: dict[str, Any]) -> Iterator[Fault]:
    for key, bounds, needed in _TEXTS:
        value = data.get(key)
        if value is None and not needed:
            data[key] = ""
        elif not isinstance(value, str):
            yield Fault(
                "no_text", key, Level.REFUSE, f"“{key}”缺失或不是文字。", f"{key} is no text."
            )
        elif value or needed:
            report = plain_text.inspect(value, bounds)
            yield from from_text(report, key)
            if not report.refused and not report.needs_confirm:
                data[key] = report.suggestion


def _code_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    if "id" in data:
        try:
            plain_text.check_code(str(data["id"]))
        except ContractError as error:
            zh, _, en = str(error).partition("。 ")
            yield Fault("bad_id", "id", Level.REFUSE, f"{zh}。", en)
    for key in ("village", "group", "town", "county"):
        value = data.get(key)
        if isinstance(value, str) and value and not plain_text.is_topic_safe(value):
            yield bad_place(key)
    for key, known in (("kind", _KINDS), ("channels", _CHANNELS)):
        values = data.get(key) or []
        strange = set(map(str, values if isinstance(values, list) else [values])) - known
        if strange:
            zh = f"“{key}”里有不认识的内容：{'、'.join(sorted(strange))[:40]}。"
            yield Fault("unknown_word", key, Level.CONFIRM, zh, f"Unknown {key}.")


def bad_place(where: str) -> Fault:
    """The refusal of a place name that could reach another village's topic."""
    return Fault(
        "bad_id",
        where,
        Level.REFUSE,
        f"“{where}”含有 / # + 或控制符，不能作为编号或地名。",
        "An id or a place may not hold / # + or control characters.",
    )


def _content_faults(data: Mapping[str, Any]) -> Iterator[Fault]:
    table = data.get("table")
    if table is not None:
        if isinstance(table, Mapping):
            yield from check_table(table)
        else:
            yield Fault("no_table", "table", Level.REFUSE, "“table”不是表格。", "Not a table.")
    said = any(str(data.get(key) or "").strip() for key in ("body", "summary"))
    if not said and table is None and not data.get("attachments"):
        yield Fault(
            "empty", "body", Level.REFUSE, "公告没有正文，请写明事项。", "The notice says nothing."
        )


def _moments(data: Mapping[str, Any]) -> tuple[dict[str, datetime], list[Fault]]:
    found: dict[str, datetime] = {}
    faults = []
    for key, ends in (("publish_at", False), ("valid_until", True)):
        if data.get(key):
            try:
                found[key] = parse_moment(data[key], key, end_of_day=ends)
            except IntakeError as error:
                faults.append(error.fault)
    emergency = data.get("emergency")
    for key in ("issued", "expires"):
        if isinstance(emergency, Mapping) and emergency.get(key):
            try:
                found[key] = parse_moment(emergency[key], f"emergency.{key}")
            except IntakeError as error:
                faults.append(error.fault)
    for first, last in (("publish_at", "valid_until"), ("issued", "expires")):
        if first in found and last in found:
            try:
                check_order(found[first], found[last], last)
            except IntakeError as error:
                faults.append(error.fault)
    return found, faults


def _attachments(
    data: dict[str, Any],
) -> tuple[tuple[CleanPicture, ...], tuple[Held, ...], list[Fault]]:
    entries = data.get("attachments") or []
    pictures: list[CleanPicture] = []
    held: list[Held] = []
    faults: list[Fault] = []
    for place, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        try:
            file, about = check_attachment(entry, f"attachments[{place}]")
        except IntakeError as error:
            faults.append(error.fault)
            continue
        faults += about
        if isinstance(file, Held):
            held.append(file)
            faults.append(file.fault)
        else:
            pictures.append(file)
    return tuple(pictures), tuple(held), faults
