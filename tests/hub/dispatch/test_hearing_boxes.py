"""Nonsense costs its reading and one line a minute; what is good beside it is taken."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError
from paho.mqtt import publish

from contract import codec, topics, wire
from contract.uplink import BoxState, EventBatch
from hub.dispatch import hearing
from hub.dispatch.connection import FAIR_SHARE, Connection, Incoming
from tests.conftest import HUB_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.conftest import TestBroker

NONSENSE = (
    b'{"box":"nonsense"}', b"", b"\xff", b"[]", b'{"box":"box-1"}', b'{"box":"box-1","part":7}',
)  # fmt: skip
BOXES = ("loud", "quiet")
GOOD = EventBatch("box-1", "link", "outbox", ())


def said(payload: bytes, topic: str = topics.box_up("box-1", "events")) -> Incoming:
    return Incoming(topic, payload, is_retained=False)


def good() -> Incoming:
    return said(wire.dumps(codec.encode(GOOD)))


@pytest.mark.parametrize("payload", NONSENSE)
@pytest.mark.parametrize("what", ["events", "state", "nonce"])
def test_what_cannot_be_read_leaves_nothing_for_the_database(what: str, payload: bytes) -> None:
    """No test here may reach the database unless it asks for it."""
    heard = hearing.Ear().read([said(payload, topics.box_up("box-1", what))])
    assert not heard.is_to_be_stored
    assert not heard.questions


def test_what_is_good_beside_nonsense_is_read() -> None:
    heard = hearing.Ear().read([*map(said, NONSENSE), good(), *map(said, NONSENSE)])
    assert heard.batches == [GOOD]


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        (topics.box_up("box-2", "events"), codec.encode(GOOD)),
        (
            topics.box_up("box-2", "state"),
            codec.encode(BoxState("box-1", "s", online=True, at=datetime(2024, 7, 1, tzinfo=UTC))),
        ),
        (topics.hub_up("hub-1", "report"), {"hub": "hub-2"}),
        ("vn1/h/../up/report", {"hub": ".."}),
    ],
)
def test_nobody_is_heard_under_anothers_name(topic: str, body: dict[str, object]) -> None:
    assert not hearing.Ear().read([said(json.dumps(body).encode(), topic)]).is_to_be_stored


def test_who_sends_nothing_else_is_named_once_a_minute_with_a_count(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now_s = [0.0]
    ear = hearing.Ear(lambda: now_s[0])
    caplog.set_level(logging.WARNING)
    for second in range(61):
        now_s[0] = float(second)
        ear.read([said(NONSENSE[0])] * 1000)
    other = said(NONSENSE[0].replace(b"nonsense", b"x"), topics.box_up("box-2", "events"))
    ear.read([other])
    lines = [each.getMessage() for each in caplog.records]
    counted = [(line.split()[0], line.split("/")[2]) for line in lines]
    assert counted == [("1", "box-1"), ("60000", "box-1"), ("1", "box-2")]


@pytest.mark.django_db
def test_one_odd_message_does_not_keep_the_others_from_being_stored() -> None:
    stored: list[int] = []

    def take(numbers: Sequence[int]) -> list[hearing.Reply]:
        if 3 in numbers:
            raise ValueError("odd")
        stored.extend(numbers)
        return [(str(each), b"") for each in numbers]

    assert hearing.together(take, [1, 2, 3, 4]) == [("1", b""), ("2", b""), ("4", b"")]
    assert stored == [1, 2, 4]


@pytest.mark.django_db
def test_a_database_that_is_away_makes_nothing_odd() -> None:
    def away(_: Sequence[int]) -> list[hearing.Reply]:
        raise OperationalError("away")

    with pytest.raises(OperationalError):
        hearing.together(away, [1])


class Archive:
    """Notes how much came in each turn."""

    def __init__(self) -> None:
        self.turns: list[list[Incoming]] = []

    def connected(self) -> None:
        """Nothing to assert."""

    def received(self, messages: Sequence[Incoming]) -> None:
        self.turns.append(list(messages))


@pytest.fixture
def waker() -> Iterator[int]:
    near, far = os.pipe()
    yield near
    os.close(near)
    os.close(far)


@pytest.mark.broker
def test_a_flood_of_one_box_takes_no_more_than_its_share_of_a_turn_and_nothing_asked_for_is_lost(
    broker: TestBroker, waker: int
) -> None:
    broker.stop()
    for box in BOXES:
        broker.add_box(box, ())
    broker.start()
    archive = Archive()
    connection = Connection("127.0.0.1", broker.port, HUB_PASSWORD, archive)
    loud, quiet = topics.box_up("loud", "events"), topics.box_up("quiet", "events")
    while not archive.turns:  # until it is subscribed
        _publish(broker, [{"topic": quiet, "payload": b"x", "qos": 1}])
        connection.turn(waker, 0.05)
    flood: list[publish.MessageDict] = [{"topic": loud, "payload": b"x", "qos": 0}] * 200
    asked: list[publish.MessageDict] = [
        {"topic": loud, "payload": b"%d" % n, "qos": 1} for n in range(40)
    ]
    others: list[publish.MessageDict] = [
        {"topic": quiet, "payload": b"%d" % n, "qos": 1} for n in range(40)
    ]
    _publish(broker, [*flood, *asked, *others, *flood])

    def kept(topic: str) -> list[bytes]:
        found = [each for turn in archive.turns for each in turn if each.topic == topic]
        return [each.payload for each in found if each.payload != b"x"]

    while len(kept(loud)) < 40 or len(kept(quiet)) < 40:
        connection.turn(waker, 0.05)
    assert kept(loud) == kept(quiet) == [b"%d" % n for n in range(40)]
    noise = [sum(each.payload == b"x" for each in turn) for turn in archive.turns]
    assert max(noise) <= FAIR_SHARE
    connection.close()


def _publish(broker: TestBroker, messages: list[publish.MessageDict]) -> None:
    """As the boxes themselves, one after the other, each under its own name."""
    of_box = {box: [each for each in messages if f"/{box}/" in each["topic"]] for box in BOXES}
    for box in filter(of_box.get, BOXES):
        publish.multiple(
            list(of_box[box]),
            hostname="127.0.0.1",
            port=broker.port,
            client_id=box,
            auth={"username": box, "password": box},
        )
