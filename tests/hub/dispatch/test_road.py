"""One notice from outbox to box through a real Mosquitto, and what goes wrong on the way."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from paho.mqtt import publish

from contract import topics
from contract.algorithms import ALGORITHMS
from contract.areas import Area
from hub.dispatch.models import Layer, RetainedBlob
from hub.ledger.models import Box, Delivery, FleetAlarm, OutboxCursor, ReceiptRow
from hub.ledger.summary import delivery_of
from hub.sealing.models import OutboxRow, SealedNotice
from tests.conftest import HUB_PASSWORD

if TYPE_CHECKING:
    from tests.hub.dispatch.conftest import BoxOnDesk, Road

Forms = dict[str, dict[str, Any]]
pytestmark = pytest.mark.broker
with_every_algorithm = pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))


@pytest.fixture
def box(road: Road) -> BoxOnDesk:
    return road.add_box("box-1", road.people.village.code)


@pytest.fixture
def other(road: Road) -> BoxOnDesk:
    return road.add_box("box-2", road.people.village.code)


def _all_sent() -> bool:
    return not OutboxRow.objects.filter(done_at=None).exists()


def test_a_notice_reaches_its_village_and_no_other(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    stranger = road.add_box("box-9", road.people.other_village.code)
    road.publish(notices["N001"])
    road.until(lambda: box.names() == {"N001@1"})
    road.until(_all_sent)
    road.for_a_while(0.3)
    assert stranger.names() == set()


@with_every_algorithm
def test_a_correction_and_a_withdrawal_follow(road: Road, box: BoxOnDesk, notices: Forms) -> None:
    page = road.publish(notices["N003"])
    road.until(lambda: box.names() == {"N003@1"})
    road.correct(page, summary="更正后的摘要")
    road.until(lambda: box.names() == {"N003@2"})
    road.withdraw(page)
    road.until(lambda: box.names() == set())
    assert box.told_withdrawn() == [("N003", "重复发布")]
    road.until(lambda: not RetainedBlob.objects.exists())
    road.until(lambda: delivery_of("N003", 2).boxes[0].purged_at is not None)
    assert delivery_of("N003").is_withdrawn


def test_a_village_whose_network_was_cut_catches_up_after_healing(
    road: Road, box: BoxOnDesk, other: BoxOnDesk, notices: Forms
) -> None:
    page = road.publish(notices["N003"])
    gone = road.publish(notices["N006"])
    road.until(lambda: box.names() == other.names() == {"N003@1", "N006@1"})
    other.wire.cut()
    road.correct(page, summary="更正后的摘要")
    road.withdraw(gone)
    road.until(lambda: box.names() == {"N003@2"})
    assert other.names() == {"N003@1", "N006@1"}
    other.power_cut()
    other.boot()
    road.until(lambda: not Box.objects.get(id="box-2").is_online)
    assert other.names() == {"N003@1", "N006@1"}

    other.wire.heal()
    road.until(lambda: other.names() == {"N003@2"}, patience_s=10)
    road.until(lambda: Box.objects.get(id="box-2").is_online)


def test_the_ledger_says_who_received_and_who_was_away_since_when(
    road: Road, box: BoxOnDesk, other: BoxOnDesk, notices: Forms
) -> None:
    road.until(lambda: Box.objects.filter(is_online=True).count() == 2)
    other.wire.cut()
    road.until(lambda: not Box.objects.get(id="box-2").is_online)
    road.publish(notices["N003"])
    road.until(lambda: delivery_of("N003").stored == 1)
    found = {each.box: each for each in delivery_of("N003").boxes}
    assert found["box-1"].is_online
    assert found["box-1"].received_at is not None
    assert not found["box-2"].is_online
    assert found["box-2"].since is not None
    assert found["box-2"].stored_at is None
    assert box.names() == {"N003@1"}


def test_a_broker_that_lost_its_disk_is_filled_again(
    road: Road, box: BoxOnDesk, other: BoxOnDesk, notices: Forms
) -> None:
    road.publish(notices["N001"])
    road.until(lambda: box.names() == {"N001@1"})
    other.power_cut()
    road.broker.wipe()
    road.publish(notices["N003"])
    other.boot()
    road.until(lambda: box.names() == other.names() == {"N001@1", "N003@1"})


def test_a_broker_that_was_killed_loses_nothing(road: Road, box: BoxOnDesk, notices: Forms) -> None:
    for key in ("N001", "N003", "N006"):
        road.publish(notices[key])
        road.until(road.broker.is_up)
        road.broker.kill()
    road.until(lambda: box.names() == {"N001@1", "N003@1", "N006@1"})
    road.until(_all_sent)


def test_a_dispatcher_that_was_killed_goes_on_where_it_was(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    road.publish(notices["N001"])
    for _ in range(4):
        road.turn()
        road.dispatcher._outlets[0].connection._lose("killed")
        road.dispatcher = road.new_dispatcher()
    road.until(lambda: box.names() == {"N001@1"})
    road.until(_all_sent)


def test_a_hub_restored_from_a_backup_moves_on_past_its_boxes(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    area = road.people.village.code
    road.publish(notices["N001"])
    road.until(lambda: box.names() == {"N001@1"})
    Layer.objects.filter(area=area).update(generation=90)
    road.publish(notices["N003"])
    road.until(lambda: box.names() == {"N001@1", "N003@1"})
    Layer.objects.filter(area=area).update(generation=2)  # an older backup is put back
    road.publish(notices["N006"])
    road.until(lambda: "N006@1" in box.names())
    assert Layer.objects.get(area=area).generation > 91
    assert FleetAlarm.objects.filter(kind="hub_restored").exists()


def test_a_restored_hub_that_gives_a_known_number_to_something_else_is_noticed(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    area = road.people.village.code
    road.publish(notices["N001"])
    road.until(lambda: box.names() == {"N001@1"})
    backup = Layer.objects.get(area=area)
    road.publish(notices["N003"])
    road.until(lambda: box.names() == {"N001@1", "N003@1"})
    SealedNotice.objects.filter(notice_id="N003").delete()  # the backup does not know of it
    backup.save()
    road.publish(notices["N006"])
    road.until(lambda: box.names() == {"N001@1", "N006@1"})


def test_a_box_cannot_drive_the_versions_out_of_bounds(road: Road, box: BoxOnDesk) -> None:
    area = road.people.village.code
    link = box.link
    assert link is not None
    road.until(lambda: link.is_up)
    forged = (
        b'{"at":"2024-07-01T00:00:00Z","box":"box-1","online":true,"session":"x",'
        b'"layers":{"%s":{"epoch":1,"generation":4000000000,"complete":true}}}' % area.encode()
    )
    link._session.publish(topics.box_up("box-1", "state"), forged, retain=True)
    road.until(lambda: FleetAlarm.objects.filter(kind="version_jump").exists())
    assert not Layer.objects.filter(area=area).exists()


@with_every_algorithm
def test_an_emergency_comes_by_its_own_topic_and_is_over_when_cancelled(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    road.until(lambda: Box.objects.get(id="box-1").clock_trusted)
    group = Area(road.people.village.code, 3)
    form = copy.deepcopy(notices["N004"])
    form["emergency"].pop("groups", None)
    road.alarm(form)
    road.until(lambda: len(box.alerts()) == 1)
    road.until(lambda: delivery_of("N004").stored == 1)
    road.until(_all_sent)
    assert str(group) not in delivery_of("N004").areas
    assert not any(row.stage == "refused" for row in ReceiptRow.objects.all())


def test_an_emergency_sent_while_the_box_was_away_comes_with_the_manifest(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    road.until(lambda: Box.objects.get(id="box-1").clock_trusted)
    box.power_cut()
    form = copy.deepcopy(notices["N004"])
    form["emergency"].pop("groups", None)
    road.alarm(form)
    road.until(_all_sent)
    road.broker.wipe()
    box.boot()
    road.until(lambda: len(box.alerts()) == 1)


@with_every_algorithm
def test_forged_messages_on_a_taken_broker_change_nothing_and_raise_an_alarm(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    road.publish(notices["N001"])
    road.until(lambda: box.names() == {"N001@1"})
    road.dispatcher._outlets[0].connection.close()
    area = Area.parse(road.people.village.code)
    old = bytes(Layer.objects.get(area=str(area)).body)
    messages = [
        (topics.area_manifest(area), old[:-3] + b'"}]', 1, True),
        (topics.area_manifest(area), b"[" * 100_000, 1, True),
        (topics.area_manifest(area), b"\xff\xfe" * 100, 1, True),
        (topics.area_alert(area), old, 1, False),
        (topics.KEYS, old, 1, True),
    ]
    publish.multiple(
        messages,
        port=road.broker.port,
        client_id="hub",
        auth={"username": "hub", "password": HUB_PASSWORD},
    )
    road.dispatcher = road.new_dispatcher()
    road.until(lambda: FleetAlarm.objects.filter(box_id="box-1").exists())
    assert box.names() == {"N001@1"}


def test_events_are_stored_once_however_often_they_come(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    road.publish(notices["N001"])
    road.until(lambda: delivery_of("N001").stored == 1)
    count = ReceiptRow.objects.count()
    link = box.link
    assert link is not None
    for stream in link._upload._streams.values():
        stream.acknowledged = stream.sent = 0  # as if every acknowledgement was lost
    road.for_a_while(0.5)
    assert ReceiptRow.objects.count() == count


def test_a_hub_that_lost_its_receipts_gets_what_the_box_still_has(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    road.publish(notices["N001"])
    road.until(lambda: delivery_of("N001").stored == 1)
    road.for_a_while(0.2)
    for table in (ReceiptRow, OutboxCursor, Delivery):
        table.objects.all().delete()
    road.publish(notices["N003"])
    road.until(lambda: delivery_of("N003").stored == 1)
    assert box.names() == {"N001@1", "N003@1"}


def test_a_half_open_link_is_noticed(road: Road, box: BoxOnDesk, notices: Forms) -> None:
    link = box.link
    assert link is not None
    road.until(lambda: link.is_up)
    link._session._keepalive_s = 2  # 30 s in the field; the rule is 1.5 times whatever it is
    box.wire.stall()
    road.until(lambda: not link.is_up, patience_s=10)
    box.wire.heal()
    road.publish(notices["N003"])
    road.until(lambda: box.names() == {"N003@1"}, patience_s=20)


def test_a_village_with_a_long_list_goes_by_deltas(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    link = box.link
    assert link is not None
    link._sync.by_delta_above_bytes = 0
    road.publish(notices["N001"])
    road.until(lambda: box.names() == {"N001@1"})
    area = Area.parse(road.people.village.code)
    assert area in link._sync._by_delta
    road.publish(notices["N003"])
    road.until(lambda: box.names() == {"N001@1", "N003@1"})
    road.dispatcher._outlets[0].connection._lose("cut")  # the delta may be lost, not the notice
    road.publish(notices["N006"])
    road.until(lambda: box.names() == {"N001@1", "N003@1", "N006@1"})
    assert area in link._sync._by_delta
