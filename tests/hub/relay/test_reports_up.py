"""This hub as the one above: a hub below comes in at the real broker and is heard there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from paho.mqtt import publish as mqtt

from contract import codec, topics, wire
from contract.areas import Area
from contract.relay import HubReport, ItemCount
from hub.broker.files import Account
from hub.broker.passwords import hashed
from hub.dispatch import manifests
from hub.dispatch.models import Layer
from hub.relay.models import Child, ChildDelivery

if TYPE_CHECKING:
    from tests.hub.dispatch.conftest import Road

pytestmark = pytest.mark.broker
HUB, TOWN = "hub-530199001", Area("530199001")


def _say(road: Road, topic: str, report: HubReport) -> None:
    auth = {"username": HUB, "password": HUB}
    body = wire.dumps(codec.encode(report))
    mqtt.single(topic, body, 1, True, "127.0.0.1", road.broker.port, HUB, auth=auth)  # type: ignore[arg-type]


def test_a_hub_below_is_heard_at_its_own_place_and_nowhere_else(road: Road) -> None:
    for name in (HUB, "hub-530199002"):
        Child.objects.create(id=name, area=name[4:], name=name, certificate_pem="")
    road.broker.accounts[HUB] = Account(HUB, hashed(HUB), TOWN.path(), is_hub=True)
    road.broker._write()
    road.until(lambda: road.dispatcher.is_up)
    manifests.seal_layer("530199", at_least=(1, 1))
    report = HubReport(HUB, online=True, at=timezone.now(), boxes=400, boxes_online=399,
                       items=(ItemCount("P1", 1, 400, stored=398, shown=397),))  # fmt: skip
    other = HubReport("hub-530199002", online=True, at=timezone.now())
    _say(road, topics.hub_up("hub-530199002", "report"), other)
    _say(road, topics.hub_up(HUB, "report"), report)
    road.until(lambda: Child.objects.get(id=HUB).is_online)
    assert not Child.objects.get(id="hub-530199002").is_online
    found = ChildDelivery.objects.get()
    assert (found.stored, found.boxes) == (398, 400)
    area = Layer.objects.get().area  # it lacks our layer, which is asserted again
    road.until(lambda: road.dispatcher._outlets[0].holds({area: Layer.objects.get().version}))
