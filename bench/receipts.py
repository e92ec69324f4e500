"""Measure how fast the hub takes receipts in: python bench/receipts.py [--batches 400].

Batches of 50 receipts of 40 boxes, 20 batches a transaction, on a real SQLite file with
synchronous=FULL: as the dispatcher stores them, and with reading them from the wire before.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import django

from contract import codec, topics, wire
from contract.receipt import Receipt
from contract.uplink import Event, EventBatch
from hub import serve
from hub.broker.passwords import hashed
from hub.demo import prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Said = TypeVar("_Said")
SHELF = Path("var/fleet")
"""Where `bench.fleet` keeps an empty database."""
BOXES, EVENTS, TOGETHER = 40, 50, 20
STAGES = ("received", "stored", "readable", "withdrawn", "purged")


def batches(count: int, outbox: str) -> list[EventBatch]:
    """Receipts of ten notices in five stages, box after box, each at a time of its own."""
    now = datetime.now(UTC)
    made = []
    for number in range(count):
        box, turn = f"box-{number % BOXES}", number // BOXES
        first = turn * EVENTS + 1
        events = tuple(
            Event(first + n, "receipt", codec.encode(
                Receipt(box, "link", STAGES[n % 5], f"N{turn}-{n // 5}", 1,
                        now + timedelta(milliseconds=number * EVENTS + n), True)))
            for n in range(EVENTS)
        )  # fmt: skip
        made.append(EventBatch(box, "link", outbox, events))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=400, help="batches of 50 (default 400)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-receipts-") as name:
        addresses = serve.Addresses()
        os.environ.update(serve.environment(Path(name), addresses))
        if not prepared.take(SHELF, Path(name) / "hub.sqlite3"):
            serve.migrate(Path(name), addresses)
        django.setup()
        measure(arguments.batches)


def measure(count: int) -> None:
    from hub.dispatch import hearing  # noqa: PLC0415 - needs Django's set-up
    from hub.dispatch.connection import Incoming  # noqa: PLC0415 - as above
    from hub.ledger import taking  # noqa: PLC0415 - as above
    from hub.ledger.models import Box  # noqa: PLC0415 - as above

    nobody = hashed("bench")
    Box.objects.bulk_create(
        Box(id=f"box-{n}", area="530199001001", password_hash=nobody) for n in range(BOXES)
    )
    time_it("stored", batches(count, "outbox"), taking.take_batches)
    messages = [
        Incoming(topics.box_up(each.box, "events"), wire.dumps(codec.encode(each)), False)
        for each in batches(count, "second")
    ]
    ear = hearing.Ear()
    time_it(
        "read from the wire, stored, answered",
        messages,
        lambda said: hearing.take_events(ear.read(said).batches),
    )


def time_it(what: str, made: Sequence[_Said], take: Callable[[Sequence[_Said]], object]) -> None:
    """Hand all over, so many at a time, each time in a transaction of its own."""
    from django.db import transaction  # noqa: PLC0415 - needs Django's set-up

    from hub.ledger.models import ReceiptRow  # noqa: PLC0415 - as above

    before = ReceiptRow.objects.count()
    started_s, worked_s = time.monotonic(), time.process_time()
    for start in range(0, len(made), TOGETHER):
        with transaction.atomic():
            take(made[start : start + TOGETHER])
    passed_s = time.monotonic() - started_s
    worked_s = time.process_time() - worked_s
    rows = ReceiptRow.objects.count() - before
    print(f"{rows} receipts {what} in {passed_s:.1f} s = {rows / passed_s:.0f} a second; "
          f"{rows / worked_s:.0f} in a second of the processor")  # fmt: skip


if __name__ == "__main__":
    main()
