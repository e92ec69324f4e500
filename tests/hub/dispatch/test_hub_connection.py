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
from hub.dispatch.connection import Connection, Incoming
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
