"""Receipts become evidence once, and the one line that people read, in whatever order they come."""

from __future__ import annotations

import base64
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from contract import codec, published
from contract.errors import RefusalReason
from contract.receipt import Receipt, Shown, Spoken
from contract.uplink import Event, EventBatch
from hub.ledger import boxes, taking
from hub.ledger.models import Box, Delivery, FeedbackSlip, FleetAlarm, ReceiptRow
from hub.ledger.summary import delivery_of, snapshot_of
from hub.sealing.models import SealedNotice

if TYPE_CHECKING:
    from tests.hub.conftest import Desk

AT = datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


@pytest.fixture
def box(people: Desk) -> str:
    boxes.add_box("box-1", people.village.code)
    return "box-1"


def receipt(box: str, stage: str, minutes: int = 0, **changes: object) -> Receipt:
    part = {"shown": "led", "spoken": "audio", "readable": "kiosk"}.get(stage, "link")
    made = Receipt(box, part, stage, "N1", 1, AT + timedelta(minutes=minutes), True)  # type: ignore[arg-type] # a test's shorthand
    return replace(made, **changes)  # type: ignore[arg-type] # a test's shorthand


def batch(box: str, *receipts: Receipt, first: int = 1, **changes: object) -> EventBatch:
    events = tuple(
        Event(number, "receipt", codec.encode(each)) for number, each in enumerate(receipts, first)
    )
    part = receipts[0].part if receipts else "link"
    return replace(EventBatch(box, part, "outbox-a", events), **changes)


def shown(box: str, minutes: int, seconds: float, pages: int = 2) -> Receipt:
    facts = Shown(pages, seconds, AT, "ab" * 32, "屏", base64.b64encode(PNG).decode())
    return receipt(box, "shown", minutes, shown=facts)


def test_a_batch_is_taken_once_and_acknowledged_every_time(box: str) -> None:
    found = batch(box, receipt(box, "received"), receipt(box, "stored", 1))
    assert taking.take_batch(found) == 2
    assert taking.take_batch(found) == 2
    assert ReceiptRow.objects.count() == 2
    line = delivery_of("N1", 1).boxes[0]
    assert (line.received_at, line.stored_at) == (AT, AT + timedelta(minutes=1))


def test_a_gap_is_not_taken(box: str) -> None:
    assert taking.take_batch(batch(box, receipt(box, "received"))) == 1
    assert taking.take_batch(batch(box, receipt(box, "stored"), first=5)) == 1
    assert ReceiptRow.objects.count() == 1


def test_a_gap_that_nobody_can_fill_any_more_is_taken(box: str) -> None:
    assert taking.take_batch(batch(box, receipt(box, "stored"), first=500, oldest=500)) == 500


def test_an_overlap_adds_what_is_new(box: str) -> None:
    one, two, three = (receipt(box, "received", n) for n in range(3))
    taking.take_batch(batch(box, one, two))
    assert taking.take_batch(batch(box, two, three, first=2)) == 3
    assert ReceiptRow.objects.count() == 3


def test_a_box_with_a_new_disk_counts_from_one_again(box: str) -> None:
    taking.take_batch(batch(box, receipt(box, "received"), receipt(box, "stored")))
    fresh = batch(box, receipt(box, "stored"), outbox="outbox-b")
    assert taking.take_batch(fresh) == 1
    assert ReceiptRow.objects.count() == 3


def test_a_stranger_s_batch_is_not_taken(box: str) -> None:
    assert taking.take_batch(batch("box-2", receipt("box-2", "received"))) is None
    boxes.revoke_box(box)
    assert taking.take_batch(batch(box, receipt(box, "received"))) is None


def test_a_receipt_under_another_s_name_is_dropped_and_the_rest_taken(box: str) -> None:
    foreign = replace(receipt(box, "stored"), box="box-2")
    assert taking.take_batch(batch(box, foreign, receipt(box, "received"))) == 2
    assert [row.stage for row in ReceiptRow.objects.all()] == ["received"]


def test_an_event_that_cannot_be_read_does_not_hold_up_the_rest(box: str) -> None:
    good = batch(box, receipt(box, "received"), first=2)
    events = (Event(1, "receipt", {"stage": ["x"]}), *good.events)
    assert taking.take_batch(replace(good, events=events)) == 2
    assert ReceiptRow.objects.count() == 1


def test_the_line_does_not_depend_on_the_order_of_receipts(box: str) -> None:
    found = [shown(box, 5, 40.0), shown(box, 9, 300.0), shown(box, 1, 8.0, pages=1)]
    lines = set()
    for name, order in enumerate(itertools.permutations(found)):
        Delivery.objects.all().delete()
        taking.take_batch(batch(box, *order, outbox=f"o-{name}"))
        line = delivery_of("N1", 1).boxes[0]
        lines.add((line.shown_at, line.shown_until, line.shown_s, line.shown_pages))
    assert lines == {(AT, AT + timedelta(minutes=9), 300.0, 2)}


def test_the_snapshot_is_kept_once_and_is_a_picture(box: str) -> None:
    taking.take_batch(batch(box, shown(box, 1, 8.0)))
    assert snapshot_of("N1", 1, box) == PNG
    assert b"iVBOR" not in str(ReceiptRow.objects.get().body).encode()
    bad = Shown(1, 1.0, AT, "cd" * 32, "", base64.b64encode(b"<script>").decode())
    taking.take_batch(batch(box, receipt(box, "shown", 2, shown=bad), first=2))
    assert snapshot_of("N1", 1, box) == PNG


def test_speech_says_what_was_played(box: str) -> None:
    states = ("queued", "started", "interrupted", "resumed", "finished")
    found = [
        receipt(box, "spoken", n, spoken=Spoken(state, 9000, {"村东": 9000}, evidence="heard"))
        for n, state in enumerate(states)
    ]
    taking.take_batch(batch(box, *found))
    line = delivery_of("N1", 1).boxes[0]
    assert (line.spoken_state, line.samples_total, line.evidence) == ("finished", 9000, "heard")
    assert delivery_of("N1", 1).spoken == 1


def test_a_refusal_is_told_and_raises_one_alarm(box: str) -> None:
    refused = receipt(box, "refused", reason=RefusalReason.BAD_SIGNATURE, detail="0 of 2")
    taking.take_batch(batch(box, refused, refused))
    assert delivery_of("N1", 1).boxes[0].is_refused
    assert [alarm.kind for alarm in FleetAlarm.objects.all()] == ["bad_signature"]


def test_a_refused_replay_does_not_hide_that_the_first_was_stored(box: str) -> None:
    replayed = receipt(box, "refused", 3, reason=RefusalReason.REPLAYED)
    taking.take_batch(batch(box, receipt(box, "stored"), replayed))
    assert not delivery_of("N1", 1).boxes[0].is_refused


def test_a_slip_is_stored_closed_and_once(box: str) -> None:
    body = dict(published.golden("feedback")) | {"box": box}
    event = Event(1, "feedback", body)
    for name in ("a", "b"):  # the same slip, even from a new outbox
        taking.take_batch(EventBatch(box, "kiosk", name, (event,)))
    slip = FeedbackSlip.objects.get()
    assert (slip.slip, slip.sealed_b64) == ("QS-0712-034", body["sealed_b64"])


def test_the_golden_batch_of_a_box_is_understood(people: Desk) -> None:
    found = codec.decode(EventBatch, published.golden("event_batch"))
    boxes.add_box(found.box, people.village.code)
    assert taking.take_batch(replace(found, oldest=51)) == 52
    assert ReceiptRow.objects.get().stage == "spoken"


def test_a_box_that_never_reported_is_away(box: str) -> None:
    SealedNotice.objects.create(
        notice_id="N1", revision=1, kind="notice", area=Box.objects.get(id=box).area,
        sha256="ab" * 32, body=b"x", publish_at=AT, sealed_at=AT,
    )  # fmt: skip
    found = delivery_of("N1")
    assert (found.away, found.stored, found.boxes[0].since) == (1, 0, None)
