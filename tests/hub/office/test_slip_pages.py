"""The feedback desk: who reads which slips, and answering one."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contract import codec
from contract.feedback import Feedback
from contract.receipt import Receipt
from contract.sealing import seal_for, slip_context
from contract.uplink import Event, EventBatch
from hub.enrol.feedback_key import feedback_key
from hub.feedback.models import SlipAnswer
from hub.ledger import boxes, taking
from hub.ledger.models import Delivery, FeedbackSlip

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.hub.conftest import Desk


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _said(box: str, slip: str, kind: str, outbox: str = "a", **words: str) -> FeedbackSlip:
    public = feedback_key(settings.DATA.keys).public_key().public_bytes_raw()
    said = json.dumps({"phrases": "金额不对", "code": "482913"} | words).encode()
    sealed = base64.b64encode(seal_for(public, said, slip_context(slip, box))).decode()
    feedback = Feedback(slip, kind, box, timezone.now(), sealed)  # type: ignore[arg-type] # a test's shorthand
    event = Event(1, "feedback", codec.encode(feedback))
    taking.take_batch(EventBatch(box, "kiosk", outbox, (event,)))
    return FeedbackSlip.objects.get(sealed_b64=sealed)


@pytest.fixture
def box(people: Desk) -> str:
    boxes.add_box("box-1", people.village.code)
    return "box-1"


def test_a_slip_is_opened_heard_and_answered(people: Desk, box: str) -> None:
    sound = base64.b64encode(b"OggS recording").decode()
    slip = _said(box, "J-4821-001", "correction", phone="13800000000", text="少了五十元",
                 voice_b64=sound, voice_type="audio/ogg")  # fmt: skip
    client = _client(people.committee)
    html = client.get(reverse("desk-slips")).content.decode()
    assert "J-4821-001" in html
    assert json.dumps("群众反映 (1)")[1:-1] in html, "the menu says that one waits"
    html = client.get(reverse("desk-slip", args=[slip.pk])).content.decode()
    for wanted in ("金额不对", "少了五十元", "13800000000", "<audio"):
        assert wanted in html
    answer = client.get(reverse("desk-slip-voice", args=[slip.pk]))
    assert (answer.content, answer["Content-Type"]) == (b"OggS recording", "audio/ogg")
    assert client.post(reverse("desk-slip", args=[slip.pk]), {"text": " "}).status_code == 400
    assert client.post(reverse("desk-slip", args=[slip.pk]), {"text": "已补发"}).status_code == 302
    found = SlipAnswer.objects.get()
    assert (found.text, found.office) == ("已补发", f"{people.village.title} 村务监督委员会")
    assert "已补发".encode() not in bytes(found.body)


def test_receipts_tell_how_far_an_answer_came_and_are_no_delivery(people: Desk, box: str) -> None:
    slip = _said(box, "J-4821-001", "correction")
    _client(people.committee).post(reverse("desk-slip", args=[slip.pk]), {"text": "已补发"})
    for number, (part, stage) in enumerate((("link", "stored"), ("kiosk", "readable"))):
        receipt = Receipt(box, part, stage, "answer:J-4821-001", 1, timezone.now(), True)  # type: ignore[arg-type] # a test's shorthand
        event = Event(1, "receipt", codec.encode(receipt))
        taking.take_batch(EventBatch(box, part, f"r{number}", (event,)))  # type: ignore[arg-type] # as above
    found = SlipAnswer.objects.get()
    assert found.stored_at is not None
    assert found.read_at is not None
    assert not Delivery.objects.exists()


def test_a_complaint_is_read_above_the_village_only(people: Desk, box: str) -> None:
    slip = _said(box, "T-4821-002", "complaint")
    address = reverse("desk-slip", args=[slip.pk])
    for user in (people.clerk, people.committee, people.secretary):
        assert _client(user).get(address).status_code == 403
        assert _client(user).post(address, {"text": "没有的事"}).status_code == 403
    officer, _ = people.county_officers
    assert _client(officer).get(address).status_code == 200
    assert "T-4821-002" not in _client(people.clerk).get(reverse("desk-slips")).content.decode()


def test_another_villages_people_read_nothing(people: Desk, box: str) -> None:
    slip = _said(box, "W-4821-003", "question")
    boxes.add_box("box-2", people.other_village.code)
    stranger = _said("box-2", "W-4821-003", "question")
    assert _client(people.clerk).get(reverse("desk-slip", args=[stranger.pk])).status_code == 403
    assert _client(people.clerk).get(reverse("desk-slip", args=[slip.pk])).status_code == 200


def test_two_slips_under_one_number_stay_two(people: Desk, box: str) -> None:  # noqa: ARG001 - the county
    _said(box, "B-4821-001", "help_find", outbox="a", text="我的低保")
    _said(box, "B-4821-001", "help_find", outbox="b", text="我家的地")
    assert FeedbackSlip.objects.count() == 2


def test_a_slip_for_another_key_says_what_to_do(people: Desk, box: str) -> None:
    slip = _said(box, "W-4821-009", "question")
    FeedbackSlip.objects.filter(pk=slip.pk).update(sealed_b64="AQ==")
    client = _client(people.clerk)
    assert "打不开" in client.get(reverse("desk-slip", args=[slip.pk])).content.decode()
    assert client.post(reverse("desk-slip", args=[slip.pk]), {"text": "好"}).status_code == 400
