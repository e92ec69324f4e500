"""Measure how fast the hub takes receipts in: python bench/receipts.py [--batches 400].

Batches of 50 receipts of 40 boxes, as the dispatcher stores them: 20 batches a transaction, on
a real SQLite file with synchronous=FULL.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import django

from contract import codec
from contract.receipt import Receipt
from contract.uplink import Event, EventBatch
from hub import serve
from hub.broker.passwords import hashed

BOXES, EVENTS, TOGETHER = 40, 50, 20
STAGES = ("received", "stored", "readable", "withdrawn", "purged")


def batches(count: int) -> list[EventBatch]:
    """Receipts of ten notices in five stages, box after box."""
    now = datetime.now(UTC)
    made = []
    for number in range(count):
        box, turn = f"box-{number % BOXES}", number // BOXES
        first = turn * EVENTS + 1
        events = tuple(
            Event(first + n, "receipt", codec.encode(
                Receipt(box, "link", STAGES[n % 5], f"N{turn}-{n // 5}", 1, now, True)))
            for n in range(EVENTS)
        )  # fmt: skip
        made.append(EventBatch(box, "link", "outbox", events))
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=400, help="batches of 50 (default 400)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-receipts-") as name:
        addresses = serve.Addresses()
        os.environ.update(serve.environment(Path(name), addresses))
        serve.migrate(Path(name), addresses)
        django.setup()
        measure(batches(arguments.batches))


def measure(made: list[EventBatch]) -> None:
    from django.db import transaction  # noqa: PLC0415 - needs Django's set-up

    from hub.ledger import taking  # noqa: PLC0415 - needs Django's set-up
    from hub.ledger.models import Box, Delivery, ReceiptRow  # noqa: PLC0415 - as above

    nobody = hashed("bench")
    Box.objects.bulk_create(
        Box(id=f"box-{n}", area="530199001001", password_hash=nobody) for n in range(BOXES)
    )
    started_s, worked_s = time.monotonic(), time.process_time()
    for start in range(0, len(made), TOGETHER):
        with transaction.atomic():
            taking.take_batches(made[start : start + TOGETHER])
    passed_s = time.monotonic() - started_s
    worked_s = time.process_time() - worked_s
    rows = ReceiptRow.objects.count()
    print(f"{rows} receipts into {Delivery.objects.count()} lines in {passed_s:.1f} s "
          f"= {rows / passed_s:.0f} receipts/s; {rows / worked_s:.0f} per CPU second")  # fmt: skip


if __name__ == "__main__":
    main()
