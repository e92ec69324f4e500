"""A notice for one box of a village on the whole road: that box alone holds it, and lets it go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.dispatch import manifests
from hub.dispatch.models import Layer, RetainedBlob
from hub.ledger import boxes
from hub.ledger.models import FleetAlarm, ReceiptRow
from hub.ledger.summary import delivery_of
from hub.sealing.models import OutboxRow

if TYPE_CHECKING:
    from tests.hub.dispatch.conftest import BoxOnDesk, Road

Forms = dict[str, dict[str, Any]]
pytestmark = pytest.mark.broker


@pytest.fixture
def box(road: Road) -> BoxOnDesk:
    return road.add_box("box-1", road.people.village.code)


@pytest.fixture
def neighbour(road: Road) -> BoxOnDesk:
    return road.add_box("box-2", road.people.village.code)


def _all_sent() -> bool:
    return not OutboxRow.objects.filter(done_at=None).exists()


def test_one_box_holds_it_beside_the_village_s_and_its_neighbour_does_not(
    road: Road, box: BoxOnDesk, neighbour: BoxOnDesk, notices: Forms
) -> None:
    page = road.publish(notices["N003"], only_box="box-1")
    road.publish(notices["N006"])
    road.until(lambda: box.names() == {"N003@1", "N006@1"})
    road.until(lambda: neighbour.names() == {"N006@1"})
    road.until(lambda: _all_sent() and delivery_of("N003").stored == 1)
    assert [each.box for each in delivery_of("N003").boxes] == ["box-1"]
    assert {each.box for each in delivery_of("N006").boxes} == {"box-1", "box-2"}
    assert not ReceiptRow.objects.filter(box="box-2", notice_id="N003").exists()

    road.withdraw(page)
    road.until(lambda: box.names() == {"N006@1"})
    assert box.told_withdrawn() == [("N003", "重复发布")]
    assert neighbour.told_withdrawn() == []
    road.until(lambda: delivery_of("N003").boxes[0].purged_at is not None)


def test_a_correction_may_widen_it_to_the_village(
    road: Road, box: BoxOnDesk, neighbour: BoxOnDesk, notices: Forms
) -> None:
    page = road.publish(notices["N003"], only_box="box-1")
    road.until(lambda: box.names() == {"N003@1"})
    road.correct(page, only_box="")
    road.until(lambda: box.names() == neighbour.names() == {"N003@2"})
    road.until(_all_sent)
    assert {each.box for each in delivery_of("N003", 2).boxes} == {"box-1", "box-2"}


def test_a_restored_hub_moves_on_past_what_the_box_has_seen(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    area = f"{road.people.village.code}@box-1"
    road.publish(notices["N003"], only_box="box-1")
    road.until(lambda: box.names() == {"N003@1"})
    Layer.objects.filter(area=area).update(generation=0)  # the backup knew nothing yet
    road.dispatcher._outlets[0].connection._lose("the hub is restored")
    road.until(lambda: FleetAlarm.objects.filter(kind="hub_restored", box_id="box-1").exists())
    assert Layer.objects.get(area=area).generation > 1
    road.until(lambda: _all_sent() and box.names() == {"N003@1"})


def test_the_layer_of_a_revoked_box_is_emptied_and_its_content_leaves_the_broker(
    road: Road, box: BoxOnDesk, notices: Forms
) -> None:
    area = f"{road.people.village.code}@box-1"
    road.publish(notices["N003"], only_box="box-1")
    road.until(lambda: box.names() == {"N003@1"})
    road.until(_all_sent)
    assert RetainedBlob.objects.filter(area=area, is_listed=True).exists()
    boxes.revoke_box("box-1")
    road.dispatcher._look_round()
    road.until(lambda: not RetainedBlob.objects.filter(area=area).exists())

    boxes.add_box("box-1", road.people.village.code)  # the same id, let in again
    assert manifests.seal_layer(area)
    assert RetainedBlob.objects.filter(area=area, is_listed=True).exists()
