"""Several workers share what boxes report; any of them may die, and each receipt is stored once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from contract import codec, topics, wire
from contract.receipt import Receipt
from contract.uplink import Event, EventAck, EventBatch
from hub.broker.files import EVICTION_SOCKET, HUB_SECRET, HUB_USER, TAKERS, TAKERS_SECRET
from hub.leases.holding import DISPATCH
from hub.leases.models import Lease, Worker
from hub.ledger import boxes
from hub.ledger.models import OutboxCursor, ReceiptRow
from tests.conftest import HUB_PASSWORD, TAKERS_PASSWORD
from tests.hub.dispatch.conftest import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tests.conftest import TestBroker
    from tests.hub.conftest import Desk

pytestmark = [
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="run by: python -m tests.with_postgres"
    ),
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.broker,
]
PATIENCE_S = 120.0
AGAIN_S = 2.0
TOGETHER = 5
AT = datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
NAMES = tuple(f"box-{number}" for number in range(24))


class Villages:
    """Boxes that send numbered receipts batch by batch, each again until it is acknowledged.

    They come in by the hub's own door, as one client with the rights of all.
    """

    def __init__(self, broker: TestBroker) -> None:
        self.stored: dict[str, int] = {}
        self._sent_s: dict[str, float] = {}
        self._client = Client(
            CallbackAPIVersion.VERSION2, "villages", protocol=MQTTv5, transport="unix"
        )
        self._client.username_pw_set(HUB_USER, HUB_PASSWORD)
        self._client.on_message = self._acknowledged
        self._here = os.open(broker.files.folder, os.O_RDONLY | os.O_DIRECTORY)
        self._client.connect(f"/proc/self/fd/{self._here}/{EVICTION_SOCKET}")
        self._client.subscribe(topics.acknowledgements(), 1)
        self._client.loop_start()

    def _acknowledged(self, _client: object, _user: object, message: MQTTMessage) -> None:
        box = message.topic.split("/")[2]
        ack = codec.decode(EventAck, wire.loads(message.payload))
        self.stored[box] = max(self.stored.get(box, 0), ack.seq)
        self._sent_s.pop(box, None)

    def send(self, names: Collection[str], up_to: int) -> bool:
        """Send what is due; whether each of these boxes was told that all is stored."""
        stored = {each: self.stored.get(each, 0) for each in names}  # more may come meanwhile
        waiting = {box: seq for box, seq in stored.items() if seq < up_to}
        now_s = time.monotonic()
        for box, seq in waiting.items():
            if now_s - self._sent_s.get(box, float("-inf")) >= AGAIN_S:
                self._sent_s[box] = now_s
                body = wire.dumps(codec.encode(batch(box, seq + 1)))
                self._client.publish(topics.box_up(box, "events"), body, 1)
        return not waiting

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        os.close(self._here)


def batch(box: str, first: int) -> EventBatch:
    events = tuple(
        Event(seq, "receipt", codec.encode(Receipt(box, "link", "stored", f"N{seq}", 1, AT, True)))
        for seq in range(first, first + TOGETHER)
    )
    return EventBatch(box, "link", "outbox", events)


class Workers:
    """Processes that may be started, killed, and cut from the broker."""

    def __init__(self, broker: TestBroker) -> None:
        url = os.environ["VILLAGE_HUB_DATABASE"].rsplit("/", 1)[0]
        self._shared = {
            **os.environ,
            "VILLAGE_HUB_DATABASE": f"{url}/{connection.settings_dict['NAME']}",
            "VILLAGE_HUB_DATA": str(settings.DATA.root),
        }
        self._port = broker.port
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, port: int | None = None) -> None:
        told = {
            "VILLAGE_HUB_WORKER": name,
            "VILLAGE_HUB_BROKER": f"mqtt://127.0.0.1:{port or self._port}",
        }
        words = [sys.executable, "-m", "hub.dispatch"]
        self.running[name] = subprocess.Popen(words, env={**self._shared, **told})

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for name in list(self.running):
            self.kill(name)


@pytest.fixture
def workers(broker: TestBroker, people: Desk) -> Iterator[Workers]:
    for name, password in ((HUB_SECRET, HUB_PASSWORD), (TAKERS_SECRET, TAKERS_PASSWORD)):
        (settings.DATA.keys / name).write_text(password, encoding="ascii")
    for each in NAMES:
        boxes.add_box(each, people.village.code)
    found = Workers(broker)
    yield found
    found.stop()


@pytest.fixture
def villages(broker: TestBroker) -> Iterator[Villages]:
    found = Villages(broker)
    yield found
    found.close()


def until(condition: Callable[[], object]) -> None:
    started_s = time.monotonic()
    while not condition():
        assert time.monotonic() - started_s < PATIENCE_S, "this never came true"
        time.sleep(0.05)


def held() -> dict[str, set[str]]:
    """The shares of each worker."""
    found: dict[str, set[str]] = {}
    for share, name in Lease.objects.filter(until__gt=timezone.now()).values_list(
        "share", "worker"
    ):
        found.setdefault(name, set()).add(share)
    return found


def are_shared_by(*names: str) -> bool:
    """Whether all the work is held, by these workers and no other."""
    found = held()
    return set(found) == set(names) and set().union(*found.values()) == {DISPATCH, *TAKERS}


def stored_once_and_in_order(up_to: int) -> None:
    for box in NAMES:
        rows = ReceiptRow.objects.filter(box_id=box).order_by("pk").values_list("seq", flat=True)
        assert list(rows) == list(range(1, up_to + 1)), box
        assert OutboxCursor.objects.get(box_id=box).seq == up_to


def test_two_workers_share_the_boxes_and_each_receipt_is_stored_once(
    workers: Workers, villages: Villages
) -> None:
    workers.start("a")
    workers.start("b")
    until(lambda: are_shared_by("a", "b"))
    assert sorted(map(len, held().values())) == [4, 5]
    until(lambda: villages.send(NAMES, 20))
    stored_once_and_in_order(20)


def test_whoever_is_killed_while_receipts_come_the_others_take_over(
    workers: Workers, villages: Villages
) -> None:
    for name in ("a", "b", "c"):
        workers.start(name)
    until(lambda: are_shared_by("a", "b", "c"))
    for name, up_to in (("a", 20), ("b", 40)):
        assert not villages.send(NAMES, up_to)  # some of it is on its way
        workers.kill(name)
        until(partial(villages.send, NAMES, up_to))
        workers.start(name + name)
    assert {"a", "b"}.isdisjoint(held())
    stored_once_and_in_order(40)


def test_a_box_enrolled_later_is_heard_and_one_that_was_revoked_is_not(
    workers: Workers, villages: Villages, people: Desk
) -> None:
    workers.start("a")
    workers.start("b")
    until(lambda: are_shared_by("a", "b"))
    boxes.add_box("box-new", people.village.code)
    boxes.revoke_box("box-0")
    until(lambda: villages.send(["box-new"], 10))
    villages.send(["box-0"], 10)
    until(lambda: villages.send(["box-1", "box-2", "box-3"], 10))
    assert not ReceiptRow.objects.filter(box_id="box-0").exists()
    assert "box-0" not in villages.stored


def test_a_worker_that_is_cut_from_the_broker_leaves_its_shares_to_who_is_not(
    workers: Workers, villages: Villages, broker: TestBroker
) -> None:
    wire = Wire(broker.port)
    try:
        workers.start("a", wire.network.port)
        until(lambda: are_shared_by("a") and Worker.objects.get().brokers == 1)
        until(lambda: villages.send(NAMES, 10))
        workers.start("b")
        until(lambda: are_shared_by("a", "b"))
        wire.cut()
        until(lambda: are_shared_by("b"))
        until(lambda: villages.send(NAMES, 20))
        stored_once_and_in_order(20)
        wire.heal()
        until(lambda: are_shared_by("a", "b"))
    finally:
        wire.close()
