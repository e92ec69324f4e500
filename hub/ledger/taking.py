"""Taking batches of events in: each once, in order, and into the line that people read."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from contract import codec
from contract.errors import ContractError
from contract.feedback import Feedback
from contract.receipt import Receipt
from hub.feedback import sending
from hub.ledger import alarms, delivery
from hub.ledger.models import Box, FeedbackSlip, OutboxCursor, ReceiptRow
from hub.ledger.rows import insert_new, insert_or_update

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contract.uplink import Event, EventBatch
    from hub.ledger.rows import Row

_log = logging.getLogger(__name__)
Outbox = tuple[str, str, str]
"""Box, part, and the name of its outbox file."""
_OUTBOX = ("box", "part", "outbox")
_ROW = (
    *_OUTBOX, "seq", "stage", "notice_id", "revision", "at", "clock_trusted", "reason", "body",
    "taken_at",
)  # fmt: skip


@dataclass
class _Taken:
    """What a number of batches bring, before anything is written."""

    cursors: dict[Outbox, int]
    rows: list[Row] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    feedback: list[tuple[EventBatch, Event]] = field(default_factory=list)
    moved: set[Outbox] = field(default_factory=set)


def take_batch(batch: EventBatch) -> int | None:
    """Store one batch inside the caller's transaction; see `take_batches`."""
    return take_batches([batch])[0]


def take_batches(batches: Sequence[EventBatch]) -> list[int | None]:
    """Store batches inside the caller's transaction, with a handful of statements for all.

    A batch that leaves a gap is not taken, so that the box sends what lies between again;
    unless the box says that it holds nothing older (this hub was restored from a backup).

    Returns:
        For each batch the number up to which everything of its outbox is stored; None when the
        box is not ours.
    """
    names = {batch.box for batch in batches}
    rows = Box.objects.filter(id__in=names, revoked_at=None).order_by("id")
    # One at a time for each box, in one order for all: a stick may bring the same receipts.
    ours = set(rows.select_for_update(no_key=True).values_list("id", flat=True))
    known = OutboxCursor.objects.filter(box_id__in=ours)
    taken = _Taken(
        {
            (box, part, outbox): seq
            for box, part, outbox, seq in known.values_list("box_id", "part", "outbox", "seq")
        }
    )
    reached = [_sort(batch, taken) if batch.box in ours else None for batch in batches]
    _write(taken)
    return reached


def _sort(batch: EventBatch, taken: _Taken) -> int:
    """Put what is new in a batch where it belongs; returns how far its outbox has come."""
    outbox = (batch.box, batch.part, batch.outbox)
    if outbox not in taken.cursors and batch.part == "link":
        sending.send_again(batch.box)
    seq = taken.cursors.setdefault(outbox, 0)
    first = batch.events[0].seq if batch.events else 0
    if not batch.events or (first > seq + 1 and first != batch.oldest):
        return seq
    for event in batch.events:
        if event.seq <= seq:
            continue
        if event.kind == "feedback":
            taken.feedback.append((batch, event))
        else:
            _sort_receipt(batch, event, taken)
    taken.cursors[outbox] = max(seq, batch.events[-1].seq)
    taken.moved.add(outbox)
    return taken.cursors[outbox]


def _sort_receipt(batch: EventBatch, event: Event, taken: _Taken) -> None:
    try:
        receipt = codec.decode(Receipt, event.body)
    except ContractError as error:
        _log.warning("receipt %d of %s cannot be read: %s", event.seq, batch.box, error.reason)
        return
    if receipt.box != batch.box or receipt.part != batch.part:
        return
    taken.receipts.append(receipt)
    taken.rows.append(
        (
            batch.box, batch.part, batch.outbox, event.seq, receipt.stage, receipt.notice_id,
            receipt.revision, receipt.at, receipt.clock_trusted,
            receipt.reason.value if receipt.reason else "", _without_picture(event.body),
        )
    )  # fmt: skip


def _write(taken: _Taken) -> None:
    now = timezone.now()
    insert_new(ReceiptRow, _ROW, ((*row, now) for row in taken.rows))
    insert_or_update(
        OutboxCursor,
        _OUTBOX,
        (*_OUTBOX, "seq"),
        ((*each, taken.cursors[each]) for each in taken.moved),
    )
    of_box: dict[str, list[Receipt]] = {}
    for receipt in taken.receipts:
        of_box.setdefault(receipt.box, []).append(receipt)
    found = {box: sending.take_receipts(box, receipts) for box, receipts in of_box.items()}
    delivery.draw([receipt for receipts in found.values() for receipt in receipts])
    for box, receipts in found.items():
        alarms.raise_for(box, receipts)
    for batch, event in taken.feedback:
        _take_feedback(batch, event)


def _without_picture(body: dict[str, Any]) -> dict[str, Any]:
    """The receipt as it came; the snapshot's pixels stand in the delivery line, once."""
    shown = body.get("shown")
    if not isinstance(shown, dict) or "snapshot_png_b64" not in shown:
        return body
    facts = {name: value for name, value in shown.items() if name != "snapshot_png_b64"}
    return {**body, "shown": facts}


def _take_feedback(batch: EventBatch, event: Event) -> None:
    try:
        slip = codec.decode(Feedback, event.body)
    except ContractError as error:
        _log.warning("slip %d of %s cannot be read: %s", event.seq, batch.box, error.reason)
        return
    FeedbackSlip.objects.get_or_create(
        box_id=batch.box,
        slip=slip.slip[:40],
        sealed_sha256=hashlib.sha256(slip.sealed_b64.encode("ascii", "replace")).hexdigest(),
        defaults={
            "kind": slip.kind,
            "notice_id": slip.notice_id[:64],
            "at": slip.at,
            "sealed_b64": slip.sealed_b64,
        },
    )
