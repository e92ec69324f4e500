"""The whole way of a slip: said at a box, answered at the hub, stored on the box."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils import timezone

from contract.feedback import Feedback
from contract.sealing import open_with_code, seal_for, slip_context
from edge_agent.answers import Answers
from edge_agent.outbox import Outbox
from hub.enrol.feedback_key import feedback_key
from hub.feedback import desk, sending
from hub.feedback.models import SlipAnswer
from hub.ledger.models import FeedbackSlip

if TYPE_CHECKING:
    from contract.feedback import Answer
    from tests.hub.dispatch.conftest import BoxOnDesk, Road

pytestmark = pytest.mark.broker
CODE = "482913"


def _say(box: BoxOnDesk, slip: str, kind: str = "question") -> None:
    public = feedback_key(settings.DATA.keys).public_key().public_bytes_raw()
    said = json.dumps({"phrases": "什么时候发钱", "code": CODE}).encode()
    name = box.settings.box.id
    sealed = base64.b64encode(seal_for(public, said, slip_context(slip, name))).decode()
    outbox = Outbox(box.settings.part_folder("kiosk"))
    outbox.add_feedback(Feedback(slip, kind, name, timezone.now(), sealed))  # type: ignore[arg-type] # a test's shorthand
    outbox.close()


def _answer(box: BoxOnDesk, number: str) -> Answer | None:
    answers = Answers(box.settings.part_folder("store"), read_only=True)
    try:
        return answers.find(number)
    finally:
        answers.close()


def test_an_answer_comes_back_to_the_box_where_the_slip_was_said(road: Road) -> None:
    box = road.add_box("box-1", road.people.village.code)
    other = road.add_box("box-2", road.people.village.code)
    _say(box, "W-4821-001")
    road.until(FeedbackSlip.objects.exists)
    desk.give_answer(road.people.committee, FeedbackSlip.objects.get(), "七月十五日发。")
    road.until(lambda: SlipAnswer.objects.exclude(stored_at=None).exists())
    found = _answer(box, "4821001")
    assert found is not None
    closed = base64.b64decode(found.closed_b64)
    opened = open_with_code(CODE, closed, slip_context("W-4821-001", "box-1"))
    assert opened.decode() == "七月十五日发。"
    assert "七月十五".encode() not in b"".join(
        path.read_bytes() for path in box.settings.part_folder("store").iterdir()
    )
    assert _answer(other, "4821001") is None


def test_an_answer_waits_for_a_box_that_is_away_and_for_a_new_disk(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "AGAIN_S", 1.0)
    box = road.add_box("box-1", road.people.village.code)
    _say(box, "W-4821-001")
    road.until(FeedbackSlip.objects.exists)
    box.power_cut()
    desk.give_answer(road.people.committee, FeedbackSlip.objects.get(), "七月十五日发。")
    road.for_a_while(1.5)
    assert SlipAnswer.objects.get().stored_at is None
    for part in ("store", "link"):
        for path in box.settings.part_folder(part).glob("*.db*"):
            path.unlink()
    box.boot()
    road.until(lambda: SlipAnswer.objects.get().stored_at is not None)
    assert _answer(box, "4821001") is not None
