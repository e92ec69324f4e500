"""What a hub above signs reaches the county's boxes as it was signed, and is counted for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from paho.mqtt import subscribe as mqtt

from contract import topics
from contract.areas import Area
from contract.errors import RefusalReason
from contract.keys import PrivateKey
from contract.manifest import Manifest
from contract.messages import seal_message, sha256_hex
from hub.dispatch.models import Layer, RetainedBlob
from hub.ledger.models import Box, Delivery, FleetAlarm
from hub.relay import joining, reporting
from hub.relay.models import HeardLayer, Parent
from hub.sealing.models import SealedNotice
from hub.sealing.seal import keyring
from tests.conftest import HUB_PASSWORD
from tests.hub.relay.conftest import COUNTY, HUB, HubAbove

if TYPE_CHECKING:
    from tests.hub.dispatch.conftest import BoxOnDesk
    from tests.hub.relay.conftest import Tree

pytestmark = pytest.mark.broker
PROVINCE, CITY = Area("53"), Area("5301")


@pytest.fixture
def box(tree: Tree) -> BoxOnDesk:
    tree.join()
    return tree.add_box("box-1", tree.people.village.code)


def _retained(tree: Tree, topic: str) -> bytes:
    auth = {"username": "hub", "password": HUB_PASSWORD}
    found = mqtt.simple(topic, 1, hostname="127.0.0.1", port=tree.above.broker.port,
                        client_id="hub", auth=auth)  # type: ignore[arg-type] # paho's own  # fmt: skip
    return bytes(found.payload)


def _reasons() -> set[str]:
    return set(FleetAlarm.objects.filter(detail__startswith="上级").values_list("kind", flat=True))


def test_notices_and_alerts_from_above_come_go_and_are_counted(
    tree: Tree, box: BoxOnDesk, notices: dict[str, dict[str, Any]]
) -> None:
    other = tree.add_box("box-2", tree.people.other_village.code)
    tree.until(lambda: Parent.objects.get().is_up)
    body = tree.above.put("P1", "53")
    tree.above.put("P2", "53")
    tree.publish(notices["N001"])
    tree.until(
        lambda: box.names() == {"P1@1", "P2@1", "N001@1"} and other.names() == {"P1@1", "P2@1"}
    )
    assert bytes(SealedNotice.objects.get(notice_id="P1").body) == body
    assert bytes(Layer.objects.get(area="53").body) == tree.above.manifests["53"]

    tree.above.put("P1", "53", revision=2)
    tree.above.drop("P2", "53")
    tree.until(lambda: box.names() == {"P1@2", "N001@1"} and other.names() == {"P1@2"})
    assert bytes(SealedNotice.objects.get(notice_id="P2").body) == b""

    tree.above.alert("A1", "53")
    tree.until(lambda: box.alerts() == other.alerts() == {"A1"})
    tree.above.alert("A2", "53", cancels="A1")
    tree.until(lambda: box.alerts() == other.alerts() == {"A2"})

    tree.until(lambda: Delivery.objects.filter(notice_id="P1", revision=2).count() == 2)
    tree.until(lambda: _counted(tree, "P1", 2) == (2, 2))
    tree.until(lambda: _counted(tree, "A2", 1) == (2, 2))
    assert _reasons() == set()
    assert not FleetAlarm.objects.exists()


def _counted(tree: Tree, name: str, revision: int) -> tuple[int, int]:
    """Boxes addressed, and boxes that have it, as the hub above reads in the retained report."""
    tree.turn()
    report = json.loads(_retained(tree, topics.hub_up(HUB, "report")))
    found = [
        each
        for each in report.get("items", ())
        if (each["id"], each["revision"]) == (name, revision)
    ]
    return (found[0]["boxes"], found[0]["stored"]) if found else (0, 0)


def test_what_is_said_above_for_the_county_becomes_items_of_its_own_layer(
    tree: Tree, box: BoxOnDesk, notices: dict[str, dict[str, Any]]
) -> None:
    county = str(COUNTY)
    tree.until(lambda: Parent.objects.get().is_up)
    body = tree.above.put("P1", county)
    tree.until(lambda: box.names() == {"P1@1"})
    assert bytes(SealedNotice.objects.get(notice_id="P1").body) == body
    assert bytes(Layer.objects.get(area=county).body) != tree.above.manifests[county]
    tree.above.alert("A1", county)
    tree.until(lambda: box.alerts() == {"A1"})
    tree.above.drop("P1", county)
    tree.until(lambda: box.names() == set())
    assert box.alerts() == {"A1"}
    tree.publish(notices["N001"])
    tree.until(lambda: box.names() == {"N001@1"})


def test_boxes_go_on_without_the_hub_above_and_a_wiped_broker_is_filled_again(
    tree: Tree, box: BoxOnDesk
) -> None:
    tree.above.put("P1", "53")
    tree.until(lambda: box.names() == {"P1@1"})
    tree.above.broker.kill()
    tree.above.broker.supervisor.process = None
    tree.above.broker.supervisor._due_s = float("inf")
    tree.until(lambda: not Parent.objects.get().is_up)
    box.power_cut()
    tree.broker.wipe()
    late = tree.add_box("box-2", tree.people.other_village.code)
    box.boot()
    tree.until(lambda: box.names() == late.names() == {"P1@1"})

    tree.above.broker.supervisor._due_s = 0.0
    tree.until(tree.above.broker.is_up)
    tree.above.put("P2", "53")
    tree.until(lambda: box.names() == late.names() == {"P1@1", "P2@1"})
    assert _reasons() == set()


def test_a_county_restored_from_a_backup_takes_up_what_its_boxes_have(
    tree: Tree, box: BoxOnDesk
) -> None:
    tree.above.put("P1", "53")
    tree.until(lambda: box.names() == {"P1@1"})
    Layer.objects.filter(area="53").delete()
    HeardLayer.objects.all().delete()
    SealedNotice.objects.all().delete()
    RetainedBlob.objects.all().delete()
    tree.restart_relay()
    tree.until(lambda: Layer.objects.filter(area="53").exists())
    late = tree.add_box("box-2", tree.people.other_village.code)
    tree.until(lambda: late.names() == box.names() == {"P1@1"})
    assert not FleetAlarm.objects.filter(kind="hub_restored").exists()


def test_nothing_that_the_key_set_does_not_vouch_for_is_passed_on(
    tree: Tree, box: BoxOnDesk
) -> None:
    above, stranger = tree.above, HubAbove("53", tree.above.broker)
    other_province = HubAbove("51", tree.above.broker)
    tree.until(lambda: Parent.objects.get().is_up)
    old = above.publish("53")
    above.put("P1", "53")
    first = above.alert("A1", "53")
    tree.until(lambda: box.names() == {"P1@1"} and box.alerts() == {"A1"})
    right = above.manifests["53"]

    man, alarm = topics.area_manifest(PROVINCE), topics.area_alert(PROVINCE)
    bad = [
        (man, stranger.publish("53", stranger.target), RefusalReason.UNKNOWN_KEY),
        (man, old, RefusalReason.ROLLED_BACK),
        (man, right[:-20] + b"x" * 20, RefusalReason.MALFORMED),
        (man, above.publish("53", above.content), RefusalReason.WRONG_ROLE),
        (alarm, first, RefusalReason.REPLAYED),
        (alarm, above.sealed_alert("A2", "53", (above.first,)), RefusalReason.BAD_SIGNATURE),
        (alarm, above.sealed_alert("A3", "53", life_s=-10), RefusalReason.EXPIRED),
        (alarm, above.sealed_alert("A4", "5301"), RefusalReason.WRONG_AREA),
        (topics.area_alert(CITY), above.sealed_alert("A5", "51"), RefusalReason.WRONG_AREA),
        (alarm, other_province.sealed_alert("A6", "53"), RefusalReason.UNKNOWN_KEY),
    ]
    for topic, body, _ in bad:
        above.say(topic, body)
    tree.until(lambda: {reason.value for _, _, reason in bad} <= _reasons(), patience_s=60)
    assert box.names() == {"P1@1"}
    assert box.alerts() == {"A1"}
    assert bytes(Layer.objects.get(area="53").body) == right
    tree.until(lambda: set(reporting.made(online=True).faults) == _reasons())


def test_the_county_cannot_sign_as_the_hub_above_nor_be_spoken_for_by_its_own_keys(
    tree: Tree,
) -> None:
    tree.join()
    tree.until(lambda: Parent.objects.get().is_up)
    forged = seal_message(Manifest("53", 9, 9, timezone.now()), keyring().target)
    tree.above.say(topics.area_manifest(PROVINCE), forged)
    own = seal_message(Manifest(str(COUNTY), 9, 9, timezone.now()), keyring().target)
    tree.above.say(topics.area_manifest(COUNTY), own)
    tree.until(lambda: FleetAlarm.objects.filter(kind="unknown_key").count() == 2)
    assert not HeardLayer.objects.exists()


def test_new_keys_above_are_followed_along_their_chain(tree: Tree, box: BoxOnDesk) -> None:
    tree.above.put("P1", "53")
    tree.until(lambda: box.names() == {"P1@1"})
    tree.above.renew(target=PrivateKey.generate())
    tree.above.renew(content=PrivateKey.generate())
    late = tree.above.key_set
    tree.above.put("P1", "53", revision=2)
    tree.until(lambda: "unknown_key" in _reasons())
    tree.above.say_keys()
    tree.until(lambda: box.names() == {"P1@2"})
    assert joining.AncestorKeys.objects.filter(body=late).exists()

    thief = HubAbove("53", tree.above.broker)
    thief.version = tree.above.version
    tree.above.say(topics.key_set(thief.version + 1), thief.renew(), retain=True)
    tree.until(lambda: FleetAlarm.objects.filter(detail__contains="keys.53").exists())
    assert joining.AncestorKeys.objects.count() == 2


def test_boxes_that_live_by_deltas_hear_of_changes_above(tree: Tree, box: BoxOnDesk) -> None:
    assert box.link is not None
    box.link._sync.by_delta_above_bytes = 10
    tree.above.put("P1", "53")
    tree.until(lambda: box.names() == {"P1@1"})
    tree.above.put("P2", "53")
    tree.until(lambda: box.names() == {"P1@1", "P2@1"})
    tree.until(lambda: bool(Layer.objects.get(area="53").delta))
    assert _reasons() == set()


def test_a_hub_above_that_is_left_has_nothing_in_force_any_more(tree: Tree, box: BoxOnDesk) -> None:
    tree.above.put("P1", "53")
    tree.above.put("P2", str(COUNTY))
    tree.until(lambda: box.names() == {"P1@1", "P2@1"})
    assert tree.relay is not None
    tree.relay.close()
    tree.relay = None
    joining.leave()
    tree.until(lambda: box.names() == set())
    late = tree.add_box("box-2", tree.people.village.code)
    tree.until(lambda: Box.objects.get(id="box-2").is_online)
    tree.for_a_while(0.5)
    assert late.names() == set()
    assert not RetainedBlob.objects.filter(area="53").exists()


def test_three_levels_follow_the_same_rule(tree: Tree, box: BoxOnDesk) -> None:
    """The city between passes the province's layer, alerts and keys on as they are."""
    city, province = HubAbove("5301", tree.above.broker), tree.above
    joining.leave()
    assert tree.relay is not None
    tree.relay.close()
    tree.above = city
    tree.join(province)
    province.put("P1", "53")
    city.put("C1", "5301")
    tree.until(lambda: box.names() == {"P1@1", "C1@1"})
    province.alert("A1", "53")
    city.alert("A2", "5301")
    tree.until(lambda: box.alerts() == {"A1", "A2"})

    province.renew(target=PrivateKey.generate())
    province.say_keys(above="53")
    province.put("P1", "53", revision=2)
    tree.until(lambda: box.names() == {"P1@2", "C1@1"})

    city.say(topics.area_manifest(PROVINCE), city.publish("53", city.target))
    tree.until(lambda: "wrong_area" in _reasons())
    assert box.names() == {"P1@2", "C1@1"}
    assert sha256_hex(bytes(Layer.objects.get(area="53").body)) == sha256_hex(
        province.manifests["53"]
    )
