"""Rows about the hub: killed at any line of its work, and put back from an older backup."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from django.db import connections, transaction
from django.utils import timezone

from contract import codec
from contract.receipt import Receipt
from contract.uplink import Event, EventBatch
from faults.county import HEAL_S
from faults.mortal import Mortal
from faults.rows import Row, RowFailed, Scene, Seen
from hub.dispatch import manifests
from hub.dispatch.sealer import Sealer
from hub.ledger import taking
from hub.ledger.models import FleetAlarm, ReceiptRow
from hub.notices.models import NoticePage
from hub.sealing.models import OutboxKind, OutboxRow, SealedNotice

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVENTS = 20


def killed(scene: Scene) -> Seen:
    """Row 5: each round publishes, seals and takes receipts, and dies in all three."""
    county, rounds = scene.county, scene.dose(68, 2)
    chance = random.Random(5)  # noqa: S311 - the same points in every run
    breaches: list[str] = []
    longest: dict[str, int] = {}
    with county.villages(scene.folder, 1) as boxes:
        for number in range(rounds):
            county.publish()  # there is always something to seal
            batch = _batch(boxes[0].name, number)
            for name, act in (
                ("publish", county.publish),
                ("seal", _seal),
                ("receipts", lambda batch=batch: _take(batch)),
            ):
                known = longest.get(name, 0)
                at_line = chance.randrange(1, known) if known else 0
                ran = live_and_die(act, scene.folder / "lines", at_line)
                longest[name] = max(known, ran)
                county._made += 1
            county.kill_dispatcher()  # a hub that is killed takes its dispatcher with it
            _take(batch)  # not acknowledged, so the box sends it again
            county.until_right()
            breaches += [*_stored_once(batch), *_forgotten()]
        breaches += county.foreign()
    return Seen(
        f"{3 * (rounds - 1)} points of {sum(longest.values())} lines: publish, seal, receipts",
        "every signed notice in force once, every receipt stored once",
        breaches,
    )


def live_and_die(act: Callable[[], object], counted: Path, at_line: int) -> int:
    """Run an act in a child that kills itself at one line of the hub's code; lines it ran."""
    connections.close_all()
    return Mortal(act, counted, "/hub/", at_line).wait()


def _seal() -> None:
    for act in Sealer().others(time.monotonic()):
        for area in act.areas:
            manifests.seal_layer(area)


def _batch(box: str, number: int) -> EventBatch:
    now, name = timezone.now(), f"kill-{number}"
    events = tuple(
        Event(
            n + 1,
            "receipt",
            codec.encode(
                Receipt(box, "kiosk", "readable", f"K{number}-{n}", 1, now, clock_trusted=True)
            ),
        )
        for n in range(EVENTS)
    )
    return EventBatch(box, "kiosk", name, events)


def _take(batch: EventBatch) -> None:
    """As the dispatcher does: the acknowledgement goes out after the commit."""
    with transaction.atomic():
        if taking.take_batch(batch) != EVENTS:
            raise RowFailed("the hub does not take a batch that it did not acknowledge")


def _stored_once(batch: EventBatch) -> list[str]:
    wanted = {str(event.body["notice_id"]) for event in batch.events}
    rows = ReceiptRow.objects.filter(box_id=batch.box, notice_id__in=wanted)
    found = [row.notice_id for row in rows]
    return [] if sorted(found) == sorted(wanted) else [f"{len(found)} of {EVENTS} receipts"]


def _forgotten() -> list[str]:
    """Signed pages without an outbox row, and notices that were sealed twice."""
    sent = set(OutboxRow.objects.filter(kind=OutboxKind.PUBLISH).values_list("page_id", flat=True))
    signed = NoticePage.objects.filter(live=True).values_list("pk", flat=True)
    breaches = [f"page {each} was signed and forgotten" for each in signed if each not in sent]
    names = list(SealedNotice.objects.values_list("notice_id", "revision", "area"))
    if len(names) != len(set(names)):
        breaches.append("a notice was sealed twice")
    return breaches


def restored(scene: Scene) -> Seen:
    """Row 6."""
    county, worst_s, breaches = scene.county, 0.0, []
    with county.villages(scene.folder, scene.dose(60, 3)):
        for number in range(scene.dose(5, 1)):
            backup = scene.folder / f"backup-{number}"
            backup.mkdir()
            county.publish()
            county.until_right()
            county.backup(backup)
            for _ in range(2):
                county.publish()
                county.until_right()
            county.restore(backup)
            county.publish()
            worst_s = max(worst_s, county.until_right())
            if not FleetAlarm.objects.filter(kind="hub_restored").exists():
                breaches.append("no alarm was raised")  # the backup knows of none
    if worst_s > HEAL_S:
        breaches.append(f"{worst_s:.1f} s")
    return Seen(
        f"{scene.dose(5, 1)} times, 2 generations older, {scene.dose(60, 3)} boxes",
        f"right after {worst_s:.1f} s at worst, alarm shown",
        breaches,
    )


ROWS = (
    Row("5", "hub kill -9 in publishing, sealing, receipts", "none lost, none double", killed),
    Row("6", "hub restored from an older backup", "all right in 60 s, alarm shown", restored),
)
