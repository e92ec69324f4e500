"""Receipts taken in by one worker and by several: python -m bench.takers [--workers 1 2].

PostgreSQL and Mosquitto of its own, on this machine, and boxes that keep a number of batches
under way and send on when one is acknowledged. The numbers of workers take turns, so that a busy
machine is as busy for each of them. fsync is off: it is the processors that are measured.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import django
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from contract import codec, topics, wire
from contract.receipt import Receipt
from contract.uplink import Event, EventAck, EventBatch
from hub import serve
from hub.broker.files import EVICTION_SOCKET, HUB_USER
from hub.broker.passwords import hashed
from hub.broker.supervisor import BrokerSupervisor
from tests.with_postgres import running

if TYPE_CHECKING:
    from collections.abc import Iterator

BOXES, EVENTS, UNDER_WAY = 200, 50, 400
STAGES = ("received", "stored", "readable", "withdrawn", "purged")
WITHIN_S = 120.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--turns", type=int, default=3, help="of each number (default 3)")
    parser.add_argument("--batches", type=int, default=1200, help="of 50 in a turn (default 1200)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-takers-") as name:
        (Path(name) / "postgres").mkdir()
        Path(name).chmod(0o755)
        with running(Path(name) / "postgres") as database:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                addresses = serve.Addresses(broker_port=probe.getsockname()[1])
            data = Path(name) / "hub"
            os.environ.update(serve.environment(data, addresses), VILLAGE_HUB_DATABASE=database)
            serve.migrate(data, addresses)
            django.setup()
            measure(arguments.workers, arguments.turns, arguments.batches, addresses.broker_port)


def measure(numbers: list[int], turns: int, count: int, port: int) -> None:
    from hub.accounts import create_upper_hub  # noqa: PLC0415 - needs Django's set-up
    from hub.ledger import boxes  # noqa: PLC0415 - as above
    from hub.ledger.models import Box  # noqa: PLC0415 - as above

    create_upper_hub("530199", name="某县")
    nobody = hashed("bench")
    Box.objects.bulk_create(
        Box(id=f"box-{n}", area="530199001001", password_hash=nobody) for n in range(BOXES)
    )
    boxes.write_accounts()
    broker = BrokerSupervisor(boxes.broker_files(), port)
    while not (broker.process and broker.is_listening()):
        broker.turn()
        time.sleep(0.05)
    rates: dict[int, list[float]] = {number: [] for number in numbers}
    try:
        for turn in range(turns):
            for number in numbers:
                rate, again = one_turn(number, f"{turn}-{number}", count)
                rates[number].append(rate)
                print(f"{number} workers: {rate:.0f} receipts a second, "
                      f"{again} transactions rolled back", flush=True)  # fmt: skip
    finally:
        broker.stop()
    base = statistics.median(rates[numbers[0]])
    for number in numbers:
        rate = statistics.median(rates[number])
        print(f"{number} workers: median {rate:.0f} a second = {rate / base:.2f} x")


def one_turn(number: int, outbox: str, count: int) -> tuple[float, int]:
    """Receipts a second, and how many transactions were rolled back meanwhile."""
    from hub.leases.models import Lease  # noqa: PLC0415 - needs Django's set-up
    from hub.ledger import boxes  # noqa: PLC0415 - as above

    Lease.objects.all().delete()
    names = [f"{outbox}-{n}" for n in range(number)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "hub.dispatch"],
            env={**os.environ, "VILLAGE_HUB_WORKER": name},
            stderr=subprocess.DEVNULL,
        )
        for name in names
    ]
    feeder = Feeder(boxes.broker_files().folder, boxes.hub_password())
    try:
        _wait(lambda: set(Lease.objects.values_list("worker", flat=True)) == set(names))
        time.sleep(5.0)  # every share connected and subscribed
        before = _rolled_back()
        started_s = time.monotonic()
        feeder.feed(outbox, count)
        passed_s = time.monotonic() - started_s
        return count * EVENTS / passed_s, _rolled_back() - before
    finally:
        feeder.close()
        for each in workers:
            each.terminate()
        for each in workers:
            each.wait()


class Feeder:
    """All the boxes, as one client that comes in by the hub's own door."""

    def __init__(self, folder: Path, password: str) -> None:
        self._acknowledged: deque[tuple[str, int]] = deque()
        self._outbox = ""
        self._client = Client(
            CallbackAPIVersion.VERSION2, "feeder", protocol=MQTTv5, transport="unix"
        )
        self._client.username_pw_set(HUB_USER, password)
        self._client.max_inflight_messages_set(UNDER_WAY)
        self._client.on_message = self._heard
        self._here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._client.connect(f"/proc/self/fd/{self._here}/{EVICTION_SOCKET}")
        self._client.subscribe(topics.acknowledgements(), 0)
        self._client.loop_start()

    def _heard(self, _client: object, _user: object, message: MQTTMessage) -> None:
        ack = codec.decode(EventAck, wire.loads(bytes(message.payload)))
        if ack.outbox == self._outbox:
            self._acknowledged.append((message.topic.split("/")[2], ack.seq))

    def feed(self, outbox: str, count: int) -> None:
        """Send all; return when all is stored. What nobody took is sent again after 10 s."""
        self._outbox = outbox
        made = list(bodies(outbox, count))
        waiting = deque(made)
        under_way: dict[tuple[str, int], tuple[bytes, float]] = {}
        deadline_s = time.monotonic() + WITHIN_S
        while waiting or under_way:
            while waiting and len(under_way) < UNDER_WAY:
                box, seq, body = waiting.popleft()
                under_way[box, seq] = (body, time.monotonic())
                self._client.publish(topics.box_up(box, "events"), body, 1)
            while self._acknowledged:
                box, seq = self._acknowledged.popleft()
                for key in [each for each in under_way if each[0] == box and each[1] <= seq]:
                    del under_way[key]
            now_s = time.monotonic()
            for key, (body, sent_s) in list(under_way.items()):
                if now_s - sent_s > 10:
                    under_way[key] = (body, now_s)
                    self._client.publish(topics.box_up(key[0], "events"), body, 1)
            if now_s > deadline_s:
                raise SystemExit(f"{len(under_way)} batches were never acknowledged")
            time.sleep(0.002)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()
        os.close(self._here)


def bodies(outbox: str, count: int) -> Iterator[tuple[str, int, bytes]]:
    """Box, last number and body of each batch: ten notices in five stages."""
    at = datetime.now(UTC)
    for number in range(count):
        box, turn = f"box-{number % BOXES}", number // BOXES
        first = turn * EVENTS + 1
        events = tuple(
            Event(first + n, "receipt", codec.encode(
                Receipt(box, "link", STAGES[n % 5], f"{outbox}-{turn}-{n // 5}", 1, at, True)))  # type: ignore[arg-type] # one of the words
            for n in range(EVENTS)
        )  # fmt: skip
        body = wire.dumps(codec.encode(EventBatch(box, "link", outbox, events)))
        yield box, first + EVENTS - 1, body


def _rolled_back() -> int:
    from django.db import connection  # noqa: PLC0415 - needs Django's set-up

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def _wait(condition: object) -> None:
    started_s = time.monotonic()
    while not condition():  # type: ignore[operator] # a function
        if time.monotonic() - started_s > WITHIN_S:
            raise SystemExit("the workers never shared the work")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
