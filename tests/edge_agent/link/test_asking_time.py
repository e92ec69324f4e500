"""The clock is trusted after a signed answer to the box's own question, and not otherwise."""

from __future__ import annotations

import errno
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contract.messages import seal_message
from contract.uplink import TimeAnswer
from edge_agent.link.asking_time import ANSWER_WITHIN_S, REFRESH_AFTER_S, STORE_EVERY_S, AskingTime

if TYPE_CHECKING:
    from datetime import datetime

    from edge_agent.clock import ManualClock
    from tests.edge_agent.link.conftest import Box, County


@pytest.fixture
def asking(box: Box, clock: ManualClock) -> AskingTime:
    clock.trusted = False
    return AskingTime(box.held)


def _nonce(asking: AskingTime) -> str:
    question = asking.question(urgent=True)
    assert question is not None
    return str(json.loads(question)["nonce"])


def _later(clock: ManualClock) -> datetime:
    return clock.read().now + timedelta(hours=5)


def test_a_signed_answer_to_the_own_question_is_believed(
    asking: AskingTime, county: County, clock: ManualClock
) -> None:
    now = _later(clock)
    answer = TimeAnswer("box-1", _nonce(asking), now)
    assert asking.take_answer(seal_message(answer, county.target))
    assert clock.read().trusted
    assert clock.read().now == now


@pytest.mark.parametrize("fault", ["nonce", "box", "signer", "late", "again"])
def test_every_other_answer_is_refused(
    asking: AskingTime, box: Box, county: County, clock: ManualClock, fault: str
) -> None:
    nonce = _nonce(asking)
    signer = county.stranger if fault == "signer" else county.target
    answer = TimeAnswer(
        "box-2" if fault == "box" else "box-1",
        "0" * 32 if fault == "nonce" else nonce,
        _later(clock),
    )
    if fault == "late":
        clock.advance(ANSWER_WITHIN_S + 1)
    body = seal_message(answer, signer)
    if fault == "again":
        assert asking.take_answer(body)
        clock.trusted = False
    assert not asking.take_answer(body)
    assert not clock.read().trusted
    assert len(box.refusals()) == (fault in ("box", "signer", "late"))


def test_it_asks_again_after_a_while_and_once_a_day(
    asking: AskingTime, county: County, clock: ManualClock
) -> None:
    nonce = _nonce(asking)
    assert asking.question() is None
    clock.advance(31)
    assert asking.question() is not None
    clock.advance(31)
    nonce = _nonce(asking)
    answer = TimeAnswer("box-1", nonce, _later(clock))
    assert asking.take_answer(seal_message(answer, county.target))
    clock.advance(REFRESH_AFTER_S - 1)
    assert asking.question() is None
    clock.advance(1)
    assert asking.question() is not None


def test_a_disk_that_does_not_take_the_time_stops_nothing_else(
    asking: AskingTime, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_now: datetime) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    clock.trusted = True
    monkeypatch.setattr(clock, "store_trust", full)
    clock.advance(STORE_EVERY_S)
    asking.turn()
    assert clock.read().trusted
