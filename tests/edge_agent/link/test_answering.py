"""Answers to slips: only the hub's, only this box's, kept until the villager comes."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contract.feedback import Answer
from contract.keys import PrivateKey
from contract.messages import seal_message
from edge_agent.answers import KEPT, Answers
from edge_agent.link.answering import Answering
from tests.edge_agent.link.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.edge_agent.link.conftest import Box, County

ANSWER = Answer("B-4821-034", "", "青石村村务监督委员会", NOW, box="box-1", closed_b64="AAAA")


@pytest.fixture
def answering(box: Box) -> Iterator[Answering]:
    made = Answering(box.held)
    yield made
    made.close()


def _stored(box: Box, number: str) -> Answer | None:
    answers = Answers(box.settings.part_folder("store"), read_only=True)
    try:
        return answers.find(number)
    finally:
        answers.close()


def test_a_signed_answer_is_kept_and_acknowledged_each_time_it_comes(
    answering: Answering, box: Box, county: County
) -> None:
    body = seal_message(ANSWER, county.target)
    answering.take(body)
    answering.take(body)
    assert _stored(box, "4821034") == ANSWER
    assert _stored(box, "b-4821-034") == ANSWER
    assert _stored(box, "4821035") is None
    assert box.receipts() == [("stored", "answer:B-4821-034", "")] * 2


def test_a_later_answer_takes_the_place_of_the_earlier_and_never_the_other_way(
    answering: Answering, box: Box, county: County
) -> None:
    later = replace(ANSWER, closed_b64="BBBB", at=NOW + timedelta(hours=1))
    answering.take(seal_message(later, county.target))
    answering.take(seal_message(ANSWER, county.target))
    assert _stored(box, "4821034") == later


@pytest.mark.parametrize("fault", ["signer", "box", "type", "altered", "rubbish"])
def test_every_other_answer_is_refused(
    answering: Answering, box: Box, county: County, fault: str
) -> None:
    answer = replace(ANSWER, box="box-2") if fault == "box" else ANSWER
    body = seal_message(answer, county.stranger if fault == "signer" else county.target)
    if fault == "type":
        body = county.seal(county.notice())
    elif fault == "altered":
        at = body.index(b'"p":"') + 30
        body = body[:at] + (b"A" if body[at : at + 1] != b"A" else b"B") + body[at + 1 :]
    elif fault == "rubbish":
        body = b"\xff" * 40
    answering.take(body)
    assert _stored(box, "4821034") is None
    assert [name for name, _ in box.refusals()] == ["answer"]


def test_a_rotten_answer_is_not_shown_and_only_the_newest_are_kept(box: Box) -> None:
    folder = box.settings.part_folder("store")
    answers, signer = Answers(folder), PrivateKey.generate()
    for number in range(KEPT + 3):
        slip = f"B-1000-{number:03d}"
        answer = replace(ANSWER, slip=slip)
        answers.put(answer, seal_message(answer, signer), NOW)
    assert answers.find("1000002") is None
    assert answers.find("1000003") is not None
    raw = sqlite3.connect(folder / "answers.db")
    raw.execute("UPDATE answer SET body = ? WHERE digits = '1000010'", (b"rotten",))
    raw.commit()
    raw.close()
    assert answers.find("1000010") is None
    answers.close()
