"""A notice in the exchange form, checked by `hub.intake`, as a draft of the desk.

The form is the JSON object of one notice: id, title, item, summary, speech, body, table,
attachments, publish_at, valid_until, village … Restricted columns come in as they are: the
draft is where the gate shows them to the clerk.
"""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.files.images import ImageFile
from django.utils import timezone
from wagtail.images import get_image_model
from wagtail.models import Collection

from contract import plain_text
from contract.errors import ContractError, VillageError
from hub.catalogue.models import Item
from hub.intake.notices import NoticeDraft, draft_from
from hub.notices.blocks import OPEN_TYPES, RESTRICTED_TYPES
from hub.notices.models import DEFAULT_CHANNELS, NoticePage
from hub.notices.reading import read_text
from hub.privacy.columns import judge_columns
from hub.privacy.decisions import Action
from hub.privacy.tables import view

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.intake.pictures import CleanPicture
    from hub.places.models import VillagePage

_TYPE_OF = {
    "enum": "text", "office_phone": "text", "daterange": "text", "qr": "text", "file": "text",
    "area": "number", "num": "number", "seq": "int", "age": "birth",
}  # fmt: skip
_RELATIONS = {"withdraws", "replaces", "interprets"}
SHORTEST = timedelta(hours=1)
SUMMARY_CHARACTERS = 60


class ImportRefusedError(VillageError, ValueError):
    """A notice cannot be taken in; the sentence says where and what to do."""


def checked(form: Mapping[str, Any] | NoticeDraft) -> NoticeDraft:
    """The form after the intake's checks.

    Raises:
        ImportRefusedError: with every sentence of what cannot be taken as it stands.
    """
    draft = form if isinstance(form, NoticeDraft) else draft_from(form)
    refusals = [str(each) for each in draft.faults if each.level is plain_text.Level.REFUSE]
    if refusals:
        name = draft.title[:30] or draft.id
        raise ImportRefusedError(f"《{name}》{' '.join(dict.fromkeys(refusals))}")
    return draft


def fill(page: NoticePage, draft: NoticeDraft, *, now: datetime | None = None) -> NoticePage:
    """Write a checked form's content into a page that is not saved yet.

    Args:
        page: a new page, or the draft that is to be replaced.
        draft: a form that passed `checked`.
        now: if given, the notice is dated as if it were published now.

    Raises:
        ImportRefusedError: the catalogue has no such item.
    """
    form = draft.data
    page.title = draft.title
    page.summary = str(form.get("summary") or "") or _summary_of(draft)
    page.speech = str(form.get("speech") or "")
    page.item = item_of(str(form.get("item") or ""))
    page.stage = str(form.get("stage") or "")[:20]
    page.channels = list(form.get("channels") or DEFAULT_CHANNELS)
    page.notice_days = int(form.get("notice_days") or 0)
    page.in_workdays = bool(form.get("workdays"))
    page.publish_at, page.valid_until = _moments(draft, now)
    _set_stream(page, "body", body_blocks(form))
    _set_stream(page, "links", _links(form))
    return page


def _set_stream(page: NoticePage, name: str, blocks: list[dict[str, Any]]) -> None:
    setattr(page, name, getattr(page, name).stream_block.to_python(blocks))


def add_pictures(
    page: NoticePage, village: VillagePage, pictures: tuple[CleanPicture, ...]
) -> None:
    """Put pictures (drawn anew by the intake) into the village's library and behind the text."""
    if not pictures:
        return
    collection = Collection.objects.filter(name=village.code).first()
    blocks = [dict(block) for block in page.body.get_prep_value()]
    for picture in pictures:
        alt = picture.name.rpartition(".")[0] or picture.name
        image = get_image_model()(
            title=alt, file=ImageFile(io.BytesIO(picture.data), name=picture.name)
        )
        if collection is not None:
            image.collection = collection
        image.save()
        blocks.append({"type": "picture", "value": {"image": image.pk, "alt": alt}})
    _set_stream(page, "body", blocks)


def _summary_of(draft: NoticeDraft) -> str:
    """A first summary for the clerk to write better: the body's first sentence, or the title."""
    body = str(draft.data.get("body") or "").strip()
    first = body.split("\n")[0].partition("。")[0]
    return first if 0 < len(first) <= SUMMARY_CHARACTERS else draft.title[:SUMMARY_CHARACTERS]


def _moments(draft: NoticeDraft, now: datetime | None) -> tuple[datetime, datetime | None]:
    begins = draft.publish_at or now or timezone.now()
    ends = draft.valid_until
    if now is None:
        return begins, ends
    return now, None if ends is None else now + max(ends - begins, SHORTEST)


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


def body_blocks(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The blocks of the body: text first, then the table."""
    found = read_text(str(form.get("body") or ""))
    if form.get("table"):
        found.append({"type": "table", "value": table_value(form["table"])})
    return found


def table_value(table: Mapping[str, Any]) -> dict[str, Any]:
    """The value of a table block from ``{"columns", "rows", "total"}``, checked by the intake."""
    columns = _recognised([_column(each) for each in table["columns"]], table)
    rows = [list(row) for row in table["rows"]]
    total = table.get("total") or {}
    if total:
        rows.append(_total_row(columns, total))
    in_cents = [_has_fraction(rows, place) for place in range(len(columns))]
    values = [
        {"values": [_cell(cell, columns[n]["type"], in_cents[n]) for n, cell in enumerate(row)]}
        for row in rows
    ]
    heads = [{"type": column["type"], "heading": column["label"]} for column in columns]
    return {
        "table": {"columns": heads, "rows": values, "caption": ""},
        "has_total": bool(total),
    }


def _recognised(columns: list[dict[str, str]], table: Mapping[str, Any]) -> list[dict[str, str]]:
    """Columns of a plain sheet typed as the gate sees them, so that the clerk sees it too."""
    verdicts = judge_columns(view(table, "table"))
    for column, verdict in zip(columns, verdicts, strict=True):
        is_restricted = verdict.action is Action.DROP_COLUMN and verdict.certain
        if is_restricted and column["type"] not in RESTRICTED_TYPES:
            column["type"] = verdict.type if verdict.type in RESTRICTED_TYPES else "other"
    return columns


def _column(column: Any) -> dict[str, str]:  # noqa: ANN401 - an object, or a bare heading
    if not isinstance(column, dict):
        column = {"label": str(column)}
    kind = str(column.get("type") or "text")
    kind = _TYPE_OF.get(kind, kind)
    if kind not in OPEN_TYPES and kind not in RESTRICTED_TYPES:
        kind = "text"
    if column.get("restricted") and kind not in RESTRICTED_TYPES:
        kind = "other"
    return {
        "key": str(column.get("key") or ""),
        "label": str(column.get("label") or column.get("key") or "")[:60],
        "type": kind,
    }


def _total_row(columns: list[dict[str, str]], total: Any) -> list[Any]:  # noqa: ANN401 - JSON
    if isinstance(total, list):
        return [*total, *[""] * len(columns)][: len(columns)]
    row = [total.get(column["key"], "") for column in columns]
    free = next((place for place, cell in enumerate(row[:2]) if cell in ("", None)), None)
    if free is not None:
        row[free] = "合计"
    return row


def _has_fraction(rows: list[list[Any]], place: int) -> bool:
    return any(isinstance(row[place], float | Decimal) for row in rows)


def _cell(value: object, kind: str, in_cents: bool) -> str:  # noqa: FBT001 - private, one caller
    """Display text of a cell; money in a column with fractions always has two places."""
    if value is None or isinstance(value, bool):
        return "" if value is None else ("是" if value else "否")
    if not isinstance(value, int | float | Decimal):
        return str(value)
    number = Decimal(str(value))
    if kind == "money" and in_cents and number.is_finite():
        return f"{number:.2f}"
    return f"{number:f}"


def _links(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    links = form.get("links")
    for relation, target in (links if isinstance(links, dict) else {}).items():
        if relation in _RELATIONS and isinstance(target, str):
            try:
                plain_text.check_code(target)
            except ContractError:
                continue
            value = {"relation": relation, "notice_id": target}
            found.append({"type": "link", "value": value})
    return found
