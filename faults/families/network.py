"""Rows about the line: cut for days, open at one end only, flapping, lossy, narrow, slow."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from contract.receipt import Receipt
from edge_agent.link.retry import LONG_OUTAGE_S, Retry
from faults.county import HEAL_S
from faults.proxy import Line
from faults.rows import Row, Scene, Seen
from hub.ledger.models import ReceiptRow

if TYPE_CHECKING:
    from faults.county import County
    from faults.village import VillageBox

MONTH_S = 30 * 86_400.0
STEP_S = 0.5
BETWEEN_S = 10.0
"""The hub asserts something again to a box at most so often."""


def healed_in(county: County, box: VillageBox) -> float:
    """Seconds of the box's clock until it is right, its pauses passed over at once."""
    began_s = box.clock.monotonic_s()
    while county.wrong() or not box.is_up:
        if not box.is_up:
            box.clock.pass_by(STEP_S)
        county.turn()
        if box.clock.monotonic_s() - began_s > 4 * HEAL_S:
            break
    return box.clock.monotonic_s() - began_s


def partitioned(scene: Scene) -> Seen:
    """Row 9."""
    county, worst_s, breaches = scene.county, 0.0, []
    with county.villages(scene.folder, scene.dose(20, 2)) as boxes:
        box = boxes[0]
        for away_s in (10.0, 300.0, MONTH_S):
            old = county.publish()
            county.until_right()
            had = box.shown()
            box.wire.cut()
            county.people.withdraw(old, "重复发布")
            county.publish()
            county.until(lambda: not box.is_up)
            for _ in range(20):
                box.clock.pass_by(away_s / 20)
                county.turn()
                if not had <= box.shown():
                    breaches.append(f"content went dark during {away_s:.0f} s")
            box.wire.heal()
            worst_s = max(worst_s, healed_in(county, box))
        breaches += county.foreign()
    if worst_s > scene.limit_s(HEAL_S):
        breaches.append(f"{worst_s:.1f} s")
    return Seen(
        "10 s, 5 min, 30 days of the box's clock; a notice withdrawn, one published",
        f"content shown throughout, right {worst_s:.1f} s after healing at worst",
        breaches,
    )


def half_open(scene: Scene) -> Seen:
    """Row 10, with the keep-alive of the field; the box's clock is moved on in steps."""
    county, worst_s = scene.county, 0.0
    with county.villages(scene.folder, 2) as boxes:
        box = boxes[0]
        for _ in range(scene.dose(10, 2)):
            box.wire.stall()
            began_s = box.clock.monotonic_s()
            while box.is_up and box.clock.monotonic_s() - began_s < 4 * HEAL_S:
                box.clock.pass_by(STEP_S)
                county.turn()
            worst_s = max(worst_s, box.clock.monotonic_s() - began_s)
            box.wire.heal()
            county.publish()
            healed_in(county, box)
        keepalive_s = box.settings.link.keepalive_s
        breaches = list(county.wrong())
    if worst_s > scene.limit_s(45.0 + 2 * STEP_S):
        breaches.append(f"noticed only after {worst_s:.1f} s")
    return Seen(
        f"{scene.dose(10, 2)} times nothing passes and nobody is told, keep-alive {keepalive_s} s",
        f"noticed after {worst_s:.1f} s at worst",
        breaches,
    )


def flapping(scene: Scene) -> Seen:
    """Row 11."""
    county = scene.county
    up_s, down_s, rounds = (0.7, 0.7, 4) if scene.short else (3.0, 7.0, 60)
    with county.villages(scene.folder, 3) as boxes:
        box, before = boxes[0], len(county.repeats)
        for number in range(rounds):
            box.wire.heal()
            county.for_a_while(up_s)
            if number % 2 == 0:
                county.publish()
            box.wire.cut()
            county.for_a_while(down_s)
        box.wire.heal()
        took_s = county.until_right()
        times = [at_s for at_s, area in county.repeats[before:] if area == county.village.code]
        breaches = [
            f"asserted again after {late - early:.1f} s"
            for early, late in pairwise(times)
            if late - early < BETWEEN_S
        ]
        breaches += county.foreign()
    if took_s > HEAL_S:
        breaches.append(f"right only after {took_s:.1f} s")
    return Seen(
        f"up {up_s} s, down {down_s} s, {rounds} times",
        f"right after {took_s:.1f} s, asserted again {len(times)} times, never within 10 s",
        breaches,
    )


_LINES = (
    ("5 % loss", Line(loss=0.05), 5.0),
    ("20 % loss", Line(loss=0.20), 15.0),
    ("40 % loss", Line(loss=0.40), 60.0),
    ("64 kbit/s", Line(bits_per_s=64_000), 15.0),
    ("2 s latency", Line(latency_s=2.0), 15.0),
)


def bad_line(scene: Scene) -> Seen:
    """Row 12: from the second officer's release to the box that has verified the alert."""
    county, seen, breaches = scene.county, [], []
    count = scene.dose(100, 1)
    lines = _LINES if not scene.short else (_LINES[2], _LINES[3], _LINES[4])
    with county.villages(scene.folder, 1) as boxes:
        box = boxes[0]
        county.until(lambda: box.clock.trusted)
        for name, line, limit_s in lines:
            box.wire.make(line)
            times = []
            for _ in range(count):
                began = len(county.alarms)
                county.alarm()
                times.append(county.until(lambda n=began: not county.unheard(n), 120.0))  # type: ignore[misc]
            worst_s = sorted(times)[min(len(times) - 1, round(0.99 * len(times)))]
            seen.append(f"{name} {worst_s:.1f} s")
            if worst_s > scene.limit_s(limit_s):
                breaches.append(f"{name}: {worst_s:.1f} s, limit {limit_s:.0f} s")
            box.wire.heal()
            county.until_right()
    return Seen(
        f"{count} alerts on each line; loss as TCP shows it", "p99 " + ", ".join(seen), breaches
    )


def month_away(scene: Scene) -> Seen:
    """Row R7: everything that waited reaches the hub, and a county does not come back in step."""
    county, count = scene.county, scene.dose(10_000, 120)
    with county.villages(scene.folder, 1) as boxes:
        box = boxes[0]
        box.wire.cut()
        county.until(lambda: not box.is_up)
        outbox = box.link._held.outbox if box.link else None
        at = datetime.now(UTC)
        for number in range(count):
            receipt = Receipt(box.name, "link", "readable", f"M{number}", 1, at, clock_trusted=True)
            if outbox is not None:
                outbox.add_receipt(receipt)
        box.clock.pass_by(MONTH_S)
        box.wire.heal()
        rows = ReceiptRow.objects.filter(box_id=box.name, notice_id__startswith="M")
        healed_in(county, box)
        took_s = county.until(lambda: rows.count() >= count, 300.0)
        held = rows.values("notice_id").distinct().count()
        breaches = [] if held == count == rows.count() else [f"{rows.count()} rows of {held}"]
    spread_s = _spread_of_return(200)
    if spread_s < 40.0:
        breaches.append(f"200 boxes are back within {spread_s:.0f} s")
    return Seen(
        f"{count} receipts queued for 30 days; 200 boxes come back at once",
        f"0 lost, all at the hub {took_s:.1f} s after the connection; the 200 boxes' "
        f"first tries spread over {spread_s:.0f} s",
        breaches,
    )


def _spread_of_return(boxes: int) -> float:
    """Seconds between the first and the last box that tries after a long outage has ended."""
    ended_s, tries = 2 * LONG_OUTAGE_S, []
    for number in range(boxes):
        retry = Retry(random.Random(number))  # noqa: S311 - the same spread in every run
        now_s = number / boxes
        while now_s < ended_s:
            now_s += retry.pause_s(now_s)
        tries.append(now_s - ended_s)
    return max(tries) - min(tries)


ROWS = (
    Row("9", "partition", "content shown throughout, right in 60 s after healing", partitioned),
    Row("10", "half-open link", "noticed in 45 s and a turn", half_open),
    Row("11", "flapping link", "I1, asserted again at most every 10 s", flapping),
    Row(
        "12",
        "loss, 64 kbit/s, latency 2 s",
        "alert p99 5/15/60 s at 5/20/40 %, 15 s else",
        bad_line,
    ),
    Row(
        "R7", "30 days away, 10,000 messages queued, 200 boxes return", "0 lost, spread", month_away
    ),
)
