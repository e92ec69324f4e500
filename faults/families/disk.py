"""Rows about full and read-only disks, at the hub and in the village, and about wearing them out."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.clock import ManualClock
from faults.county import HEAL_S
from faults.families.content import deliver_retained
from faults.invariants import never_blank
from faults.panel import ServedCard, on_a_thread, until
from faults.rows import Row, Scene, Seen
from faults.small_disk import fill, make_read_only, small_disk
from hub.ledger.models import Box as BoxRow
from hub.ledger.models import FleetAlarm
from tests.edge_agent.link.conftest import NOW, Box, County

if TYPE_CHECKING:
    from faults.county import County as Stand
    from faults.village import VillageBox

BROKER_BYTES = 300 * 1024
BOX_BYTES = 64 * 1024 * 1024
MEGABYTE = 1_000_000
DAY_S, STEP_S = 86_400, 10


def broker_disk(scene: Scene) -> Seen:
    """Row 4: the broker acknowledges and keeps nothing; the hub must notice and stay right."""
    county = scene.county
    files = county.broker.files
    with county.villages(scene.folder, 2):
        FleetAlarm.objects.filter(kind="hub_disk_low").delete()
        county.broker.stop()
        kept = scene.folder / "kept"
        shutil.copytree(files.folder, kept)
        with small_disk(files.folder, BROKER_BYTES):
            shutil.copytree(kept, files.folder, dirs_exist_ok=True)
            county.start_broker()
            fill(files.folder)
            for _ in range(scene.dose(40, 3)):
                county.publish()
            county.until_right()
            alarm_s = county.until(FleetAlarm.objects.filter(kind="hub_disk_low").exists, 90.0)
            county.kill_broker()
            county.publish()
            took_s = county.until_right()
            county.broker.stop()
        county.start_broker()
        county.until_right()
        breaches = list(county.foreign())
    if alarm_s > HEAL_S:
        breaches.append(f"alarm only after {alarm_s:.0f} s")
    if took_s > HEAL_S:
        breaches.append(f"right only after {took_s:.0f} s")
    return Seen("a full tmpfs of 300 KB, then kill -9", f"right {took_s:.1f} s after the kill, "
                f"operator's alarm after {alarm_s:.0f} s", breaches)  # fmt: skip


def box_disk(scene: Scene) -> Seen:
    """Row 22: the village's disk is full, then read-only, then well again."""
    county, card, looks = scene.county, ServedCard(scene.folder), []
    seen: list[str] = []
    with small_disk(scene.folder / "disk", BOX_BYTES) as disk:
        with county.villages(disk, 1) as boxes:
            box = boxes[0]
            county.publish()
            county.until_right()
            with on_a_thread(replace(box.settings, panel=(card.settings,))):
                until(lambda: card.lit() > 0)
                for fault in ("full", "read-only"):
                    looks += _suffer(county, box, card, disk, fault)
                    took_s = county.until_right(PATIENT_S)
                    seen.append(f"{fault}: right {took_s:.1f} s after")
            told = BoxRow.objects.get(id=box.name).state or {}
            breaches = [*never_blank(looks), *county.foreign()]
            if "disk_low" not in told.get("faults", ()):
                breaches.append("the hub was not told")
            box.close()
    card.unplug()
    return Seen("full, then read-only, a notice published meanwhile", f"text shown at {len(looks)} "
                f"looks, hub told disk_low; {', '.join(seen)}", breaches)  # fmt: skip


PATIENT_S = 120.0


def _suffer(
    county: Stand, box: VillageBox, card: ServedCard, disk: Path, fault: str
) -> list[int]:
    """The fault, a notice that cannot be kept, a report, and the end of the fault."""
    had, looks = box.shown(), []
    filling = fill(disk) if fault == "full" else None
    if filling is None:
        make_read_only(disk, read_only=True)
    county.publish()
    for _ in range(30):
        box.clock.pass_by(20.0)
        county.turn()
        looks.append(card.lit() if had <= box.shown() else 0)
    if filling is None:
        make_read_only(disk, read_only=False)
    else:
        filling.unlink()
    return looks


def written_in_a_day(scene: Scene) -> Seen:
    """Row R15: link's own writes of a day without news, by the kernel's count of this process."""
    county, clock = County(), ManualClock(NOW)
    box = Box(scene.folder, county, clock)
    text = county.seal(county.notice("N1", valid_until=NOW + timedelta(days=90)))
    deliver_retained(box, county.manifest(1, ("N1", 1, text)), {})
    steps = DAY_S // STEP_S // scene.dose(1, 24)
    before = _written_bytes()
    for _ in range(steps):
        clock.advance(STEP_S)
        box.alarms.turn()
        box.sync.turn()
        if random.random() < STEP_S / 600:  # noqa: S311 - now and then, as link's own check
            box.sync.check()
            clock.store_trust(clock.read().now)
    written = (_written_bytes() - before) * (DAY_S // STEP_S) / steps
    box.held.close()
    breaches = [f"{written / MEGABYTE:.1f} MB"] if written > 5 * MEGABYTE else []
    return Seen(f"{steps * STEP_S / 3600:.0f} h of link's turns",
                f"{written / MEGABYTE:.2f} MB a day", breaches)  # fmt: skip


def _written_bytes() -> int:
    for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


ROWS = (
    Row("4", "broker's disk full", "I1, operator's alarm in 60 s", broker_disk),
    Row("22", "box's disk full, then read-only", "text shown, I4, alarm", box_disk),
    Row("R15", "writes of an idle day", "5 MB a day", written_in_a_day),
)  # fmt: skip
