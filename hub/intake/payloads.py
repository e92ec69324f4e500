"""One hostile or doubtful input of any kind, judged by the same doors as everything else.

The exchange form of such inputs: ``kind`` is text, json, raw_json, bytes_b64, multi or
recipe_python. A recipe is a program and is never run here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract import plain_text
from contract.plain_text import Level
from hub.intake import json_bytes
from hub.intake.dates import check_order, parse_moment, parse_month
from hub.intake.faults import Fault, IntakeError, from_text, refused
from hub.intake.notices import bad_place
from hub.intake.numbers import parse_money
from hub.intake.remarks import remarks_on
from hub.intake.sheets import notice_from_csv, notice_from_sheet
from hub.intake.tables import check_table
from hub.intake.text_bytes import decode
from hub.intake.uploads import Held, check_upload, clean_name, no_address
from hub.privacy import Gate, apply, examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

_NAMES = frozenset(
    {"attachment", "attachments", "filename", "file_name", "file", "files", "picture", "photo"}
)
_ADDRESS = re.compile(r"(?:^|_)(?:ur[li]s?|href|src|webhook|callback)$")
_FILE_LIKE = re.compile(
    r"[^\n]{1,200}\.(?:pdf|docx?|xlsx?|png|jpe?g|webp|gif|svg|txt|zip|mp[34]|wav)", re.IGNORECASE
)
_DATE_LIKE = re.compile(
    r"\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}[日号]?(?:[T\s].{0,20})?"
    r"|[〇零○一二三四五六七八九]{4}年[一二三四五六七八九十]{1,3}月(?:[一二三四五六七八九十]{1,3}[日号])?"
)
_SEARCHES = frozenset({"search", "query", "q", "keyword", "keywords"})
_SEARCH = plain_text.Bounds(max_chars=100, max_lines=1, min_letters=0)
_CODES = frozenset(
    {"village", "group", "client_id", "topic", "area", "box", "device", "id", "code"}
)
_DATES = frozenset(
    {"publish_at", "valid_until", "event", "year", "date", "dates", "notice", "period", "month",
     "issued", "expires", "start", "end", "from", "to", "deadline"}
)  # fmt: skip
_AMOUNTS = frozenset({"cells", "amount", "amounts", "money", "price", "sum"})
_TITLES = frozenset({"title", "name"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an input: faults, the gate's decision, and what would be shown."""

    faults: tuple[Fault, ...] = ()
    gate: Gate | None = None
    shown: Any = None
    values: tuple[str, ...] = field(default=())
    """Numbers and dates that were read for sure, in the order they came."""

    @property
    def refused(self) -> bool:
        """Whether anything in it cannot be taken."""
        return any(fault.level is Level.REFUSE for fault in self.faults)

    @property
    def needs_confirm(self) -> bool:
        """Whether a person has to look."""
        doubt = any(fault.level is Level.CONFIRM for fault in self.faults)
        return doubt or (self.gate is not None and self.gate.needs_confirm)

    @property
    def is_clean(self) -> bool:
        """Whether it may go on as it is; notes do not count."""
        return not self.refused and not self.needs_confirm and (not self.gate or self.gate.is_clean)

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all faults."""
        return frozenset(fault.code for fault in self.faults)


def judge(payload: Mapping[str, Any], now: datetime | None = None) -> Answer:
    """Judge one input.

    Args:
        payload: an object with ``kind`` and its content.
        now: the moment against which alerts expire; the payload's own ``now`` comes first.
    """
    opened = _OPENERS.get(str(payload.get("kind", "")), _not_run)
    try:
        return opened(payload, now)
    except IntakeError as error:
        return Answer((error.fault,))


def judge_bytes(data: bytes, name: str, mime: str = "", now: datetime | None = None) -> Answer:
    """Judge a file by its content: sheet, JSON, text, picture, or something not taken.

    Raises:
        IntakeError: the file cannot be taken.
    """
    safe, faults = clean_name(name)
    ending = safe.rsplit(".", 1)[-1].lower()
    if ending in {"xlsx", "csv"} or "spreadsheetml" in mime:
        draft = (notice_from_csv if ending == "csv" else notice_from_sheet)(data, safe)
        answer = judge_notice(draft.data)
        return Answer((*faults, *draft.faults, *answer.faults), answer.gate, answer.shown)
    if ending == "json" or mime.startswith("application/json"):
        answer = judge_value(json_bytes.load(data, safe), now)
        return Answer((*faults, *answer.faults), answer.gate, answer.shown, answer.values)
    if ending in {"txt", "md"} or mime.startswith("text/"):
        text = decode(data, safe)
        answer = judge_value({"text": text.text}, now)
        return Answer((*faults, *text.faults, *answer.faults), answer.gate, text.text)
    file = check_upload(data, safe, mime)
    if isinstance(file, Held):
        return Answer((*faults, file.fault))
    if file.removed:
        told = "、".join(file.removed)
        zh = f"已去掉图片附带的信息（{told}）。"
        faults.append(Fault("metadata_removed", safe, Level.NOTE, zh, "Metadata was removed."))
    return Answer(tuple(faults), shown=file)


def judge_notice(notice: Mapping[str, Any]) -> Answer:
    """The privacy gate's answer, with remarks on every text."""
    gate = examine(notice)
    notes: list[Fault] = []
    table: Mapping[str, Any] = notice.get("table", notice)
    rows: Sequence[Any] = table.get("rows") or ()
    for place, row in enumerate(rows):
        for index, cell in enumerate(row):
            if isinstance(cell, str):
                notes += remarks_on(cell, f"table.rows[{place}][{index}]", is_cell=True)
    return Answer(tuple(notes), gate, apply(gate, notice))


def judge_value(value: object, now: datetime | None = None) -> Answer:
    """Judge parsed JSON by the names of its fields, the way an import does."""
    if not isinstance(value, Mapping):
        value = {"text": value}
    if "op" in value:
        return _command(value, now)
    if "columns" in value and "rows" in value:
        faults = check_table(value)
        if any(fault.level is Level.REFUSE for fault in faults):
            return Answer(tuple(faults))
        answer = judge_notice(value)
        return Answer((*faults, *answer.faults), answer.gate, answer.shown)
    faults, values = [], []
    for key, entry in value.items():
        found, read = _field(str(key), entry)
        faults += found
        values += read
    faults += _order(value)
    told = {key: str(entry) if type(entry) is int else entry for key, entry in value.items()}
    plain = {key: entry for key, entry in told.items() if _is_scannable(str(key), entry)}
    gate = examine(plain) if plain else None
    return Answer(tuple(faults), gate, apply(gate, plain) if gate else None, tuple(values))


def _field(key: str, entry: object) -> tuple[list[Fault], list[str]]:
    """Judge one field; lists are judged entry by entry."""
    if isinstance(entry, Mapping):
        answer = judge_value(entry)
        return list(answer.faults), list(answer.values)
    entries: Sequence[Any] = (
        entry if isinstance(entry, Sequence) and not isinstance(entry, str) else [entry]
    )
    faults: list[Fault] = []
    values: list[str] = []
    for place, single in enumerate(entries):
        where = key if len(entries) == 1 else f"{key}[{place}]"
        try:
            found, read = _judge_field(key, single, where)
        except IntakeError as error:
            found, read = [error.fault], []
        faults += found
        values += read
    return faults, values


def _judge_field(key: str, entry: object, where: str) -> tuple[list[Fault], list[str]]:
    if _ADDRESS.search(key):
        raise no_address(where)
    if key in _DATES:
        return [], [_moment_or_month(entry, where)]
    if key in _AMOUNTS:
        return [], [str(parse_money(entry, where))]
    if isinstance(entry, Mapping):
        return list(judge_value(entry).faults), []
    return (_text_faults(key, entry, where) if isinstance(entry, str) else []), []


def _text_faults(key: str, text: str, where: str) -> list[Fault]:
    if key in _NAMES or (key in _TITLES and _FILE_LIKE.fullmatch(text)):
        return clean_name(text, where)[1]
    if _DATE_LIKE.fullmatch(text.strip()):
        _moment_or_month(text, where)
    if key in _CODES:
        return [] if plain_text.is_topic_safe(text) else [bad_place(where)]
    bounds = plain_text.TITLE if key in _TITLES else plain_text.BODY
    if key in _SEARCHES:
        bounds = _SEARCH
    return [*from_text(plain_text.inspect(text, bounds), where), *remarks_on(text, where)]


def _moment_or_month(entry: object, where: str) -> str:
    try:
        return parse_moment(entry, where).isoformat()
    except IntakeError:
        return parse_month(entry, where)


def _order(value: Mapping[str, Any]) -> Iterator[Fault]:
    """Periods that end before they begin, in the pairs that occur."""
    pairs = [
        (value.get(first), value.get(last), last)
        for first, last in (
            ("publish_at", "valid_until"), ("start", "end"), ("from", "to"), ("issued", "expires"),
        )
    ]  # fmt: skip
    pairs += [
        (entry[0], entry[1], key)
        for key, entry in value.items()
        if isinstance(entry, list) and len(entry) == 2 and all(isinstance(e, str) for e in entry)
    ]
    for first, last, where in pairs:
        try:
            if first and last:
                check_order(parse_moment(first), parse_moment(last, end_of_day=True), where)
        except IntakeError as error:
            if error.fault.code == "upside_down":
                yield error.fault


def _is_scannable(key: str, entry: object) -> bool:
    numbers = key in _AMOUNTS | _DATES | _CODES or _ADDRESS.search(key)
    return not numbers and isinstance(entry, str | list | Mapping)


def _command(value: Mapping[str, Any], now: datetime | None) -> Answer:
    """A command to a box never comes in by a file; an expired alert is history at most."""
    at = parse_moment(value["now"], "now") if value.get("now") else now
    if at and value.get("expires") and parse_moment(value["expires"], "expires") <= at:
        zh = "该预警已过期，只作为历史显示，不播报。"
        fault = Fault("expired_alert", "expires", Level.CONFIRM, zh, "Expired; shown as history.")
        return Answer((fault,))
    fault = refused(
        "unsigned",
        "sig",
        "指令没有有效签名，不予执行、不予播报；应急指令须由县、镇应急席位双人签发。",
        "Commands are signed; an emergency needs two persons at town or above.",
    ).fault
    return Answer((fault,))


def _text(payload: Mapping[str, Any], now: datetime | None) -> Answer:
    return judge_value({"text": payload.get("text", "")}, now)


def _json(payload: Mapping[str, Any], now: datetime | None) -> Answer:
    return judge_value(payload.get("json"), now)


def _raw_json(payload: Mapping[str, Any], now: datetime | None) -> Answer:
    return judge_value(json_bytes.load(str(payload.get("text", ""))), now)


def _bytes(payload: Mapping[str, Any], now: datetime | None) -> Answer:
    try:
        data = base64.b64decode(str(payload.get("base64", "")), validate=True)
    except (binascii.Error, ValueError):
        raise refused("damaged", "base64", "内容损坏。", "The content is damaged.") from None
    name, mime = str(payload.get("filename") or "文件"), str(payload.get("mime") or "").lower()
    return judge_bytes(data, name, mime, now)


def _several(payload: Mapping[str, Any], now: datetime | None) -> Answer:
    answers = [judge(part, now) for part in payload.get("parts", ()) if isinstance(part, Mapping)]
    return Answer(
        tuple(fault for answer in answers for fault in answer.faults),
        next((answer.gate for answer in answers if answer.gate), None),
        values=tuple(value for answer in answers for value in answer.values),
    )


def _not_run(payload: Mapping[str, Any], _now: datetime | None) -> Answer:
    raise refused(
        "not_run",
        str(payload.get("kind", ""))[:30],
        "这是程序或未知类型，不予运行。",
        "A program or an unknown kind; it is not run.",
    )


_OPENERS: dict[str, Callable[[Mapping[str, Any], datetime | None], Answer]] = {
    "text": _text,
    "json": _json,
    "raw_json": _raw_json,
    "bytes_b64": _bytes,
    "multi": _several,
}
