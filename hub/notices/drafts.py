"""A notice in the exchange form (see ``docs/reference/notices-form.md``) as a draft of the desk.

The form is the JSON object of one notice: id, title, item, summary, speech, body, table,
publish_at, valid_until, village … Restricted columns come in as they are: the draft is where
the gate shows them to the clerk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from contract import plain_text
from contract.errors import ContractError, VillageError
from hub.catalogue.models import Item
from hub.notices.blocks import OPEN_TYPES, RESTRICTED_TYPES
from hub.notices.models import DEFAULT_CHANNELS, NoticePage
from hub.notices.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_ZONE = ZoneInfo("Asia/Shanghai")
_TYPE_OF = {
    "enum": "text", "office_phone": "text", "daterange": "text", "qr": "text", "file": "text",
    "area": "number", "num": "number", "seq": "int",
}  # fmt: skip
_RELATIONS = {"withdraws", "replaces", "interprets"}
MAX_ROWS = 2000
MAX_COLUMNS = 40


class ImportRefusedError(VillageError, ValueError):
    """A notice cannot be taken in; the sentence says where and what to do."""


@dataclass(frozen=True, slots=True)
class Moments:
    """When a notice goes out and until when it holds."""

    publish_at: datetime
    valid_until: datetime | None

    def moved_to(self, now: datetime) -> Moments:
        """The same span, beginning now; for showing old notices as if they were today's."""
        if self.valid_until is None:
            return Moments(now, None)
        return Moments(now, now + (self.valid_until - self.publish_at))


def fill(page: NoticePage, form: Mapping[str, Any], *, now: datetime | None = None) -> NoticePage:
    """Write the form's content into a page that is not saved yet.

    Args:
        page: a new page, or the draft that is to be replaced.
        form: one notice of the exchange form.
        now: if given, the notice is dated as if it were published now.

    Raises:
        ImportRefusedError: something in the form cannot be read; nothing was changed.
    """
    moments = read_moments(form)
    blocks = body_blocks(form)
    page.title = _text(form, "title", plain_text.TITLE)
    page.summary = _text(form, "summary", plain_text.SUMMARY) or page.title
    page.speech = _text(form, "speech", plain_text.SPEECH)
    page.item = item_of(str(form.get("item", "")))
    page.stage = str(form.get("stage", ""))[:20]
    page.channels = list(form.get("channels", DEFAULT_CHANNELS)) or ["kiosk"]
    page.notice_days = int(form.get("notice_days") or 0)
    page.in_workdays = bool(form.get("workdays"))
    if now is not None:
        moments = moments.moved_to(now)
    page.publish_at, page.valid_until = moments.publish_at, moments.valid_until
    page.body = page._meta.get_field("body").stream_block.to_python(blocks)  # noqa: SLF001 - public API of Django
    page.links = page._meta.get_field("links").stream_block.to_python(_links(form))  # noqa: SLF001 - as above
    return page


def _text(form: Mapping[str, Any], key: str, bounds: plain_text.Bounds) -> str:
    value = form.get(key) or ""
    if not isinstance(value, str):
        raise ImportRefusedError(f"“{key}”应为文字 / {key} must be text")
    report = plain_text.inspect(value, bounds) if value else None
    if report is not None and report.refused:
        reasons = " ".join(f"{fault.zh} {fault.en}" for fault in report.faults)
        raise ImportRefusedError(f"“{key}”:{reasons}")
    return value if report is None or not report.faults else report.suggestion


def item_of(code: str) -> Item | None:
    """The catalogue item of a code.

    Raises:
        ImportRefusedError: the catalogue has no such item.
    """
    if not code:
        return None
    found = Item.objects.filter(code=code).first()
    if found is None:
        raise ImportRefusedError(f"目录里没有事项“{code[:10]}” / no such item in the catalogue")
    return found


def read_moments(form: Mapping[str, Any]) -> Moments:
    """Publishing and ending; a plain day begins at 0:00 and ends at 24:00 in China.

    Raises:
        ImportRefusedError: a date that does not exist, or the end before the beginning.
    """
    publish_at = moment(str(form.get("publish_at") or ""), "publish_at")
    valid_until = moment(str(form.get("valid_until") or ""), "valid_until", ends=True)
    publish_at = publish_at or datetime.now(_ZONE)
    if valid_until is not None and valid_until <= publish_at:
        raise ImportRefusedError("“有效期至”早于公开时间 / valid_until lies before publish_at")
    return Moments(publish_at, valid_until)


def moment(text: str, name: str, *, ends: bool = False) -> datetime | None:
    """One moment written as day, or day and time, with or without an offset.

    Raises:
        ImportRefusedError: not a moment of the calendar.
    """
    text = text.strip()
    if not text:
        return None
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            start = datetime.combine(day, time(), _ZONE)
            return start + timedelta(days=1) if ends else start
        if text[11:16] == "24:00":
            start = datetime.combine(date.fromisoformat(text[:10]), time(), _ZONE)
            return start + timedelta(days=1)
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ImportRefusedError(
            f"“{name}”的日期“{text[:30]}”不存在或写法不对,请写成 2024-07-03 或 2024-07-03 17:30"
            f" / {name} is not a date of the calendar"
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=_ZONE)


def body_blocks(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The blocks of the body: text first, then the table.

    Raises:
        ImportRefusedError: a table whose rows do not fit its head.
    """
    body = form.get("body") or ""
    if not isinstance(body, str):
        raise ImportRefusedError("“body”应为文字 / body must be text")
    report = plain_text.inspect(body, plain_text.BODY) if body else None
    if report is not None and report.refused:
        reasons = " ".join(f"{fault.zh} {fault.en}" for fault in report.faults)
        raise ImportRefusedError(f"正文:{reasons}")
    found = read_text(body if report is None or not report.faults else report.suggestion)
    table = form.get("table")
    if table:
        found.append({"type": "table", "value": table_value(table)})
    return found


def table_value(table: Mapping[str, Any]) -> dict[str, Any]:
    """The value of a table block from ``{"columns", "rows", "total"}``.

    Raises:
        ImportRefusedError: with the row and what it lacks.
    """
    columns = [_column(each) for each in table.get("columns", [])]
    rows = list(table.get("rows", []))
    if not columns or len(columns) > MAX_COLUMNS or len(rows) > MAX_ROWS:
        raise ImportRefusedError(
            f"表格应有1到{MAX_COLUMNS}列、不超过{MAX_ROWS}行"
            f" / a table has 1 to {MAX_COLUMNS} columns and at most {MAX_ROWS} rows"
        )
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(columns):
            cells = len(row) if isinstance(row, list) else 0
            raise ImportRefusedError(
                f"第{number}行有{cells}格,表头有{len(columns)}列"
                f" / row {number} has {cells} cell{'' if cells == 1 else 's'},"
                f" header has {len(columns)}"
            )
    total = table.get("total") or {}
    if total:
        rows.append(_total_row(columns, total))
    fractions = [_has_fraction(rows, place) for place in range(len(columns))]
    values = [
        {"values": [_cell(cell, columns[n]["type"], fractions[n]) for n, cell in enumerate(row)]}
        for row in rows
    ]
    heads = [{"type": column["type"], "heading": column["label"]} for column in columns]
    return {
        "table": {"columns": heads, "rows": values, "caption": ""},
        "has_total": bool(total),
    }


def _column(column: Mapping[str, Any]) -> dict[str, str]:
    kind = str(column.get("type", "text"))
    kind = _TYPE_OF.get(kind, kind)
    if kind not in OPEN_TYPES and kind not in RESTRICTED_TYPES:
        kind = "text"
    if column.get("restricted") and kind not in RESTRICTED_TYPES:
        kind = "complainant"
    return {
        "key": str(column.get("key", "")),
        "label": str(column.get("label", ""))[:60],
        "type": kind,
    }


def _total_row(columns: list[dict[str, str]], total: Mapping[str, Any]) -> list[Any]:
    row = [total.get(column["key"], "") for column in columns]
    if row[0] in ("", None):
        row[0] = "合计"
    elif len(row) > 1 and row[1] in ("", None):
        row[1] = "合计"
    return row


def _has_fraction(rows: list[list[Any]], place: int) -> bool:
    return any(isinstance(row[place], float) for row in rows)


def _cell(value: object, kind: str, in_cents: bool) -> str:  # noqa: FBT001 - private, one caller
    """Display text of a cell; money in a column with fractions always has two places."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ImportRefusedError("表格里只能有文字和数字 / cells are text or numbers")
    if isinstance(value, str):
        report = plain_text.inspect(value, plain_text.CELL) if value else None
        if report is not None and report.refused:
            raise ImportRefusedError(f"单元格“{value[:12]}”含有不能显示的字符 / unsafe characters")
        return value if report is None or not report.faults else report.suggestion
    number = Decimal(str(value))
    if not number.is_finite():
        raise ImportRefusedError("表格里有不是数的数 / a number that is none")
    if kind == "money" and in_cents:
        return f"{number:.2f}"
    return f"{number:f}"


def _links(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for relation, target in (form.get("links") or {}).items():
        if relation in _RELATIONS and isinstance(target, str):
            try:
                plain_text.check_code(target)
            except ContractError:
                continue
            value = {"relation": relation, "notice_id": target}
            found.append({"type": "link", "value": value})
    return found
