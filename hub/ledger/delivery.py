"""Drawing the one line for each revision and box from its receipts.

Every step is idempotent and does not depend on order: times keep the earliest, seconds the
largest, and a state of speech only the latest, so that a receipt that comes twice changes nothing.
"""

from __future__ import annotations

import base64
import binascii
from operator import itemgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING

from contract import codec
from hub.ledger.models import Delivery
from hub.ledger.rows import insert_or_update

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.receipt import Receipt

SNAPSHOT_BYTES = 64 * 1024
_TIMES = {
    "received": "received_at",
    "stored": "stored_at",
    "readable": "readable_at",
    "expired": "expired_at",
    "withdrawn": "withdrawn_at",
    "purged": "purged_at",
}

_KEY = ("box", "notice_id", "revision")
_FIELDS = {field.name: field for field in Delivery._meta.fields if field.name not in (*_KEY, "id")}  # noqa: SLF001 - _meta is Django's public API
_FACTS = tuple(_FIELDS)
_EMPTY = {name: field.get_default() for name, field in _FIELDS.items()}


class _Line(SimpleNamespace):
    """The facts of one `Delivery`; a model object costs ten times as much to make."""


def draw(receipts: Iterable[Receipt]) -> None:
    """Bring the lines of these receipts, of any boxes, up to date: one query, one statement."""
    found = list(receipts)
    boxes = {receipt.box for receipt in found}
    names = {receipt.notice_id[:64] for receipt in found}
    known = Delivery.objects.filter(box_id__in=boxes, notice_id__in=names)
    lines = {
        row[:3]: _Line(**dict(zip(_FACTS, row[3:], strict=True)))
        for row in known.values_list(*_KEY, *_FACTS)
    }
    touched: dict[tuple[str, str, int], _Line] = {}
    for receipt in found:
        key = (receipt.box, receipt.notice_id[:64], receipt.revision)
        line = lines.get(key)
        if line is None:
            line = lines[key] = _Line(**_EMPTY)
        _apply(line, receipt)
        touched[key] = line
    values = itemgetter(*_FACTS)
    rows = ((*key, *values(vars(line))) for key, line in touched.items())
    insert_or_update(Delivery, _KEY, (*_KEY, *_FACTS), rows)


def _apply(line: _Line, receipt: Receipt) -> None:
    field = _TIMES.get(receipt.stage)
    if field is not None:
        known = getattr(line, field)
        setattr(line, field, min(known, receipt.at) if known else receipt.at)
    if receipt.stage in ("received", "stored"):
        line.clock_trusted = receipt.clock_trusted
    if receipt.stage == "shown" and receipt.shown is not None:
        _apply_shown(line, receipt)
    elif receipt.stage == "spoken" and receipt.spoken is not None:
        _apply_spoken(line, receipt)
    elif receipt.stage == "refused":
        line.refused_at = receipt.at
        line.refused_reason = receipt.reason.value if receipt.reason else ""
    elif receipt.stage == "unshowable":
        line.unshowable = "".join(receipt.characters)[:200]


def _apply_shown(line: _Line, receipt: Receipt) -> None:
    shown = receipt.shown
    if shown is None:
        return
    line.shown_at = min(line.shown_at, shown.first_at) if line.shown_at else shown.first_at
    line.shown_until = max(line.shown_until, receipt.at) if line.shown_until else receipt.at
    line.shown_s = max(line.shown_s, shown.seconds)
    line.shown_pages = max(line.shown_pages, shown.pages)
    line.snapshot_sha256 = shown.snapshot_sha256[:64]
    if shown.snapshot_png_b64 and len(shown.snapshot_png_b64) <= SNAPSHOT_BYTES * 4 // 3:
        line.snapshot_png = _picture(shown.snapshot_png_b64) or line.snapshot_png


def _picture(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return found if found.startswith(b"\x89PNG\r\n") else b""


def _apply_spoken(line: _Line, receipt: Receipt) -> None:
    if receipt.spoken is None or (line.spoken_at is not None and receipt.at < line.spoken_at):
        return
    line.spoken_at = receipt.at
    line.spoken_state = receipt.spoken.state
    line.spoken = codec.encode(receipt.spoken)
