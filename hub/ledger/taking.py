"""Taking batches of events in: each once, in order, and into the line that people read."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from contract import codec
from contract.errors import ContractError
from contract.feedback import Feedback
from contract.receipt import Receipt
from hub.feedback import sending
from hub.ledger import alarms, delivery
from hub.ledger.models import Box, FeedbackSlip, OutboxCursor, ReceiptRow

if TYPE_CHECKING:
    from contract.uplink import Event, EventBatch

_log = logging.getLogger(__name__)


def take_batch(batch: EventBatch) -> int | None:
    """Store a batch inside the caller's transaction.

    A batch that leaves a gap is not taken, so that the box sends what lies between again;
    unless the box says that it holds nothing older (this hub was restored from a backup).

    Returns:
        The number up to which everything is stored; None when the box is not ours.
    """
    if not Box.objects.filter(id=batch.box, revoked_at=None).exists():
        return None
    cursor, is_new = OutboxCursor.objects.get_or_create(
        box_id=batch.box, part=batch.part, outbox=batch.outbox
    )
    if is_new and batch.part == "link":
        sending.send_again(batch.box)
    first = batch.events[0].seq if batch.events else 0
    if not batch.events or (first > cursor.seq + 1 and first != batch.oldest):
        return cursor.seq
    fresh = [event for event in batch.events if event.seq > cursor.seq]
    if not fresh:
        return cursor.seq
    receipts = [found for event in fresh if (found := _receipt(batch, event)) is not None]
    _store(batch, receipts)
    for event in fresh:
        if event.kind == "feedback":
            _take_feedback(batch, event)
    cursor.seq = fresh[-1].seq
    cursor.save(update_fields=["seq"])
    return cursor.seq


def _receipt(batch: EventBatch, event: Event) -> tuple[int, Receipt] | None:
    if event.kind != "receipt":
        return None
    try:
        receipt = codec.decode(Receipt, event.body)
    except ContractError as error:
        _log.warning("receipt %d of %s cannot be read: %s", event.seq, batch.box, error.reason)
        return None
    is_own = receipt.box == batch.box and receipt.part == batch.part
    return (event.seq, receipt) if is_own else None


def _store(batch: EventBatch, receipts: list[tuple[int, Receipt]]) -> None:
    ReceiptRow.objects.bulk_create(
        (
            ReceiptRow(
                box_id=batch.box,
                part=batch.part,
                outbox=batch.outbox,
                seq=seq,
                stage=receipt.stage,
                notice_id=receipt.notice_id,
                revision=receipt.revision,
                at=receipt.at,
                clock_trusted=receipt.clock_trusted,
                reason=receipt.reason.value if receipt.reason else "",
                body=_without_picture(receipt),
            )
            for seq, receipt in receipts
        ),
        ignore_conflicts=True,
    )
    found = sending.take_receipts(batch.box, [receipt for _, receipt in receipts])
    delivery.draw(batch.box, found)
    alarms.raise_for(batch.box, found)


def _without_picture(receipt: Receipt) -> dict[str, object]:
    """The receipt as it came; the snapshot's pixels stand in the delivery line, once."""
    body: dict[str, object] = codec.encode(receipt)
    shown = body.get("shown")
    if isinstance(shown, dict):
        shown.pop("snapshot_png_b64", None)
    return body


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
