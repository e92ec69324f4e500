"""What boxes said waits, unacknowledged, while the database is away, and is stored once."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError
from paho.mqtt import publish

from contract import topics
from hub.broker.files import HUB_USER
from hub.dispatch.connection import TOGETHER_BYTES, Connection, Incoming
from tests.conftest import HUB_PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.conftest import TestBroker

pytestmark = pytest.mark.broker
PATIENCE_S = 30.0


class Archive:
    """Stores what comes once it may."""

    def __init__(self) -> None:
        self.is_away = True
        self.refused = 0
        self.stored: list[bytes] = []

    def connected(self) -> None:
        """Nothing to assert."""

    def received(self, messages: Sequence[Incoming]) -> None:
        if self.is_away:
            self.refused += 1
            raise OperationalError("away")
        self.stored += [each.payload for each in messages]


@pytest.fixture
def waker() -> Iterator[int]:
    near, far = os.pipe()
    yield near
    os.close(near)
    os.close(far)


def until(condition: Callable[[], bool], connection: Connection, waker: int) -> None:
    started_s = time.monotonic()
    while not condition():
        assert time.monotonic() - started_s < PATIENCE_S
        try:
            connection.turn(waker, 0.05)
        except OperationalError:
            continue


def test_a_message_is_kept_until_it_can_be_stored(broker: TestBroker, waker: int) -> None:
    publish.single(
        topics.box_up("box-1", "state"), b"said", 1, retain=True, hostname="127.0.0.1",
        port=broker.port, auth={"username": HUB_USER, "password": HUB_PASSWORD},
    )  # fmt: skip
    archive = Archive()
    connection = Connection("127.0.0.1", broker.port, HUB_PASSWORD, archive)
    until(lambda: archive.refused >= 2, connection, waker)
    archive.is_away = False
    until(lambda: bool(archive.stored), connection, waker)
    for _ in range(5):
        connection.turn(waker, 0.02)
    assert archive.stored == [b"said"]
    connection.close()


class Forgetful(Archive):
    """Its database is away for the first two tries of anything."""

    def __init__(self) -> None:
        super().__init__()
        self.tries: dict[str, int] = {}
        self.is_away = False

    def attempt(self, what: str) -> None:
        self.tries[what] = self.tries.get(what, 0) + 1
        if self.tries[what] <= 2:
            raise OperationalError("away")

    def connected(self) -> None:
        self.attempt("connected")


def test_a_connection_is_given_its_content_though_the_database_was_away_when_it_was_made(
    broker: TestBroker, waker: int
) -> None:
    archive = Forgetful()
    connection = Connection("127.0.0.1", broker.port, HUB_PASSWORD, archive)
    until(lambda: archive.tries.get("connected", 0) >= 3, connection, waker)
    for _ in range(5):
        connection.turn(waker, 0.02)
    assert archive.tries["connected"] == 3
    connection.close()


def test_what_the_broker_acknowledged_is_noted_though_the_database_was_away(
    broker: TestBroker, waker: int
) -> None:
    archive = Forgetful()
    connection = Connection("127.0.0.1", broker.port, HUB_PASSWORD, archive)
    until(lambda: archive.tries.get("connected", 0) >= 3, connection, waker)
    connection.publish(topics.HUB, b"x", done=lambda: archive.attempt("acknowledged"))
    until(lambda: archive.tries.get("acknowledged", 0) >= 3, connection, waker)
    connection.close()


def test_what_was_on_its_way_when_the_hub_left_does_not_count_when_it_comes_back(
    broker: TestBroker, waker: int
) -> None:
    archive = Forgetful()
    connection = Connection("127.0.0.1", broker.port, HUB_PASSWORD, archive)
    until(lambda: connection.has_room and archive.tries.get("connected", 0) >= 3, connection, waker)
    while connection.has_room:
        connection.publish(topics.HUB, b"x")
    connection.close()  # another dispatcher holds the lease now
    until(lambda: connection.is_up, connection, waker)
    assert connection.has_room
    connection.close()


def test_however_much_is_asserted_an_emergency_does_not_wait_in_a_queue(
    broker: TestBroker, waker: int
) -> None:
    archive = Forgetful()
    connection = Connection("127.0.0.1", broker.port, HUB_PASSWORD, archive)
    until(lambda: connection.has_room and archive.tries.get("connected", 0) >= 3, connection, waker)
    while connection.has_room:
        connection.publish(topics.HUB, b"x")
    assert connection._client is not None
    assert connection._client._inflight_messages < connection._client.max_inflight_messages
    connection.close()


def test_however_many_boxes_are_answered_there_is_room_for_an_emergency(
    broker: TestBroker, waker: int
) -> None:
    archive = Archive()
    connection = Connection("127.0.0.1", broker.port, HUB_PASSWORD, archive)
    until(lambda: connection.has_room, connection, waker)
    for number in range(1000):
        connection.answer(topics.box_down(f"box-{number}", "ack"), b"x" * 100)
    assert connection.has_room
    heard: list[bool] = []
    connection.publish(topics.HUB, b"emergency", done=lambda: heard.append(True))
    until(lambda: bool(heard), connection, waker)
    connection.close()


def test_a_turn_takes_no_more_than_so_many_bytes(broker: TestBroker, waker: int) -> None:
    size = 100 * 1024
    archive = Portions()
    connection = Connection("127.0.0.1", broker.port, HUB_PASSWORD, archive)
    until(lambda: connection.has_room, connection, waker)
    for number in range(40):  # the hub hears itself, too
        connection.answer(topics.box_up(f"box-{number}", "events"), bytes(size))
    until(lambda: sum(archive.portions) == 40 * size, connection, waker)
    assert max(archive.portions) < TOGETHER_BYTES + size
    connection.close()


class Portions(Archive):
    """How many bytes came at once."""

    def __init__(self) -> None:
        super().__init__()
        self.portions: list[int] = []

    def received(self, messages: Sequence[Incoming]) -> None:
        self.portions.append(sum(len(each.payload) for each in messages))
