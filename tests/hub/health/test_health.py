"""The hub says whether it is well, and gives its figures to who may have them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from hub.dispatch.models import Layer
from hub.health.views import TOKEN
from hub.leases.models import Worker
from hub.ledger.models import Box, Delivery, FeedbackSlip, FleetAlarm
from hub.sealing.models import OutboxRow

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
AREA = "530199001001"


def figures(client: Client) -> dict[tuple[str, str], float]:
    """Every sample by its name and its one label's value."""
    token = f"Bearer {settings.DATA.secret(TOKEN)}"
    answer = client.get("/metrics", headers={"Authorization": token})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def test_without_a_dispatcher_the_hub_is_not_well(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["faults"]) == (503, ["no_dispatcher"])


def test_a_dispatcher_that_went_silent_does_not_count(client: Client) -> None:
    silent_since = timezone.now() - timedelta(minutes=1)
    Worker.objects.create(name="w", beat_at=silent_since, brokers=1)
    assert client.get("/healthz").json()["faults"] == ["no_dispatcher"]


def test_a_hub_without_a_broker_is_not_well(client: Client) -> None:
    Worker.objects.create(name="w", beat_at=timezone.now(), brokers=0)
    assert client.get("/healthz").json()["faults"] == ["no_broker"]


def test_a_hub_in_order_is_well(client: Client) -> None:
    Worker.objects.create(name="w", beat_at=timezone.now(), brokers=1)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "faults": []})


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer x", "Basic eA==", "Bearer 密"])
def test_figures_are_for_the_token_alone(client: Client, header: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": header})
    assert answer.status_code == 401
    assert b"village_boxes" not in answer.content


def test_the_figures_say_what_is_in_the_database(client: Client) -> None:
    layers = {AREA: {"epoch": 1, "generation": 4}}
    behind = Box.objects.create(id="b1", area=AREA, is_online=True, state={"layers": layers})
    Box.objects.create(id="b2", area=AREA)
    Box.objects.create(id="b3", area=AREA, revoked_at=timezone.now(), is_online=True)
    Layer.objects.create(area=AREA, generation=5, body=b"", sealed_at=timezone.now())
    OutboxRow.objects.create(kind="publish", notice_id="N1", revision=1)
    Delivery.objects.create(box=behind, notice_id="N1", revision=1, stored_at=timezone.now())
    FleetAlarm.objects.create(kind="replayed", box=behind, detail="张三")
    FeedbackSlip.objects.create(box=behind, slip="1", kind="question", at=timezone.now())
    Worker.objects.create(name="w", beat_at=timezone.now(), brokers=1, waiting=7)
    found = figures(client)
    assert found["village_boxes", "online"] == 1
    assert found["village_boxes", "away"] == 1
    assert found["village_boxes_behind", ""] == 1
    assert found["village_boxes_clock_untrusted", ""] == 1
    assert found["village_outbox_waiting", ""] == 1
    assert found["village_deliveries", "stored"] == 1
    assert found["village_deliveries", "shown"] == 0
    assert found["village_alarms_unseen", "replayed"] == 1
    assert found["village_slips_unanswered", ""] == 1
    assert found["village_worker_messages_waiting", "w"] == 7
    assert found["village_worker_broker_up", "w"] == 1


def test_no_name_and_no_place_stands_in_the_figures(client: Client) -> None:
    box = Box.objects.create(id="b1", area=AREA, is_online=True)
    FleetAlarm.objects.create(kind="replayed", box=box, detail="张三")
    token = f"Bearer {settings.DATA.secret(TOKEN)}"
    text = client.get("/metrics", headers={"Authorization": token}).content.decode()
    assert "张三" not in text
    assert AREA not in text
    assert "b1" not in text
