"""Outboxes on their way: in order, bounded in flight, forgotten only when the hub has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract import codec, wire
from contract.receipt import Receipt
from contract.uplink import EventAck, EventBatch
from edge_agent.link.upload import BATCH_EVENTS, IN_FLIGHT, PATIENCE_S, Upload
from edge_agent.outbox import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_agent.clock import ManualClock
    from tests.edge_agent.link.conftest import Box


@pytest.fixture
def outbox(box: Box) -> Iterator[Outbox]:
    found = Outbox(box.settings.part_folder("led"))
    yield found
    found.close()


@pytest.fixture
def upload(box: Box, outbox: Outbox) -> Iterator[Upload]:
    assert outbox.name
    found = Upload(box.held)
    yield found
    found.close()


def _fill(outbox: Outbox, clock: ManualClock, count: int, detail: str = "") -> None:
    for _ in range(count):
        now = clock.read().now
        outbox.add_receipt(Receipt("box-1", "led", "stored", "N1", 1, now, True, detail=detail))


def _batches(upload: Upload) -> list[EventBatch]:
    return [codec.decode(EventBatch, wire.loads(each)) for each in upload.batches()]


def _ack(upload: Upload, outbox: Outbox, seq: int) -> None:
    upload.take_ack(wire.dumps(codec.encode(EventAck("led", outbox.name, seq))))


def test_events_go_in_batches_in_order(upload: Upload, outbox: Outbox, clock: ManualClock) -> None:
    _fill(outbox, clock, BATCH_EVENTS + 3)
    first, second = _batches(upload)
    assert [each.seq for each in first.events] == list(range(1, BATCH_EVENTS + 1))
    assert [each.seq for each in second.events] == [51, 52, 53]
    assert (first.part, first.outbox) == ("led", outbox.name)
    assert _batches(upload) == []


def test_no_more_than_a_number_of_batches_is_in_flight(
    upload: Upload, outbox: Outbox, clock: ManualClock
) -> None:
    _fill(outbox, clock, BATCH_EVENTS * (IN_FLIGHT + 2))
    assert len(_batches(upload)) == IN_FLIGHT
    _ack(upload, outbox, BATCH_EVENTS)
    assert len(_batches(upload)) == 1


def test_what_is_acknowledged_is_erased_by_its_owner(
    upload: Upload, outbox: Outbox, clock: ManualClock
) -> None:
    _fill(outbox, clock, 3)
    _batches(upload)
    _ack(upload, outbox, 2)
    assert [each.seq for each in outbox.after(0)] == [1, 2, 3]
    _fill(outbox, clock, 1)
    assert [each.seq for each in outbox.after(0)] == [3, 4]


def test_a_restart_goes_on_behind_what_was_acknowledged(
    box: Box, upload: Upload, outbox: Outbox, clock: ManualClock
) -> None:
    _fill(outbox, clock, 5)
    _batches(upload)
    _ack(upload, outbox, 2)
    again = Upload(box.held)
    assert [each.seq for each in _batches(again)[0].events] == [3, 4, 5]
    again.close()


def test_what_is_not_acknowledged_is_sent_again_ever_more_patiently(
    upload: Upload, outbox: Outbox, clock: ManualClock
) -> None:
    _fill(outbox, clock, 1)
    assert len(_batches(upload)) == 1
    clock.advance(PATIENCE_S)
    assert len(_batches(upload)) == 1
    clock.advance(PATIENCE_S)
    assert _batches(upload) == []
    clock.advance(PATIENCE_S)
    assert len(_batches(upload)) == 1


def test_a_new_connection_sends_what_was_in_flight_again(
    upload: Upload, outbox: Outbox, clock: ManualClock
) -> None:
    _fill(outbox, clock, 2)
    _batches(upload)
    upload.start()
    assert len(_batches(upload)) == 1


def test_a_hub_that_forgot_gets_what_the_box_still_has_and_hears_where_it_begins(
    upload: Upload, outbox: Outbox, clock: ManualClock
) -> None:
    _fill(outbox, clock, 4)
    _batches(upload)
    _ack(upload, outbox, 4)
    _fill(outbox, clock, 2)
    assert [each.seq for each in _batches(upload)[0].events] == [5, 6]
    _ack(upload, outbox, 0)
    batch = _batches(upload)[0]
    assert [each.seq for each in batch.events] == [5, 6]
    assert batch.oldest == 5


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"[" * 3000, b'{"part":"led","outbox":"other","seq":2}',
     b'{"part":"tv","outbox":"x","seq":2}', b'{"part":"led","outbox":"x","seq":"2"}'],
)  # fmt: skip
def test_an_acknowledgement_that_makes_no_sense_changes_nothing(
    upload: Upload, outbox: Outbox, clock: ManualClock, body: bytes
) -> None:
    _fill(outbox, clock, 2)
    _batches(upload)
    upload.take_ack(body)
    upload.start()
    assert [each.seq for each in _batches(upload)[0].events] == [1, 2]


def test_an_acknowledgement_of_what_was_never_sent_is_not_believed(
    upload: Upload, outbox: Outbox, clock: ManualClock
) -> None:
    _fill(outbox, clock, 2)
    _batches(upload)
    _ack(upload, outbox, 999)
    _fill(outbox, clock, 1)
    assert [each.seq for each in outbox.after(0)] == [1, 2, 3]


def test_fat_events_are_split_to_what_the_broker_takes(
    upload: Upload, outbox: Outbox, clock: ManualClock
) -> None:
    _fill(outbox, clock, 20, detail="x" * 20_000)
    sizes = [len(each) for each in upload.batches()]
    assert len(sizes) > 2
    assert max(sizes) < 200 * 1024


def test_a_part_that_never_ran_is_no_obstacle(box: Box) -> None:
    upload = Upload(box.held)
    assert list(upload.batches()) == []
    upload.close()
