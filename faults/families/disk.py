"""Rows about full and read-only disks, at hub and village, and about wearing them out."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent import unkept
from edge_agent.store import Store
from faults.county import HEAL_S
from faults.families.clock import with_content as clocked_box
from faults.invariants import never_blank
from faults.panel import ServedCard, on_a_thread, until
from faults.rows import Row, Scene, Seen
from faults.small_disk import fill, read_only, small_disk
from hub.ledger.models import Box as BoxRow
from hub.ledger.models import FleetAlarm

if TYPE_CHECKING:
    from faults.county import County as Stand
    from faults.village import VillageBox

BROKER_BYTES = 300 * 1024
BOX_BYTES = 64 * 1024 * 1024
MEGABYTE = 1_000_000
STEP_S, CHECK_EVERY_S = 10, 600


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
            if scene.short:
                county.dispatcher._looked_s = float("-inf")  # else it looks round once a minute
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
    return Seen(
        "a full tmpfs of 300 KB, then kill -9",
        f"right {took_s:.1f} s after the kill, operator's alarm after {alarm_s:.0f} s",
        breaches,
    )


def box_disk(scene: Scene) -> Seen:
    """Row 22: the village's disk is full; then it is mounted read-only at a boot."""
    county, card, looks = scene.county, ServedCard(scene.folder), []
    with (
        small_disk(scene.folder / "disk", BOX_BYTES) as disk,
        county.villages(disk, 1) as (box,),
    ):
        county.publish()
        county.until_right()
        with on_a_thread(replace(box.settings, panel=(card.settings,))):
            until(lambda: card.lit() > 0)
            looks += _full(county, box, card, disk)
            full_s = county.until_right()
        looks += _read_only(scene, county, box)
        read_only_s = county.until_right()
        breaches = [*never_blank(looks), *county.foreign()]
        box.close()
    card.unplug()
    if max(full_s, read_only_s) > HEAL_S:
        breaches.append(f"right only after {max(full_s, read_only_s):.0f} s")
    return Seen(
        "full while all run; read-only at a boot; a notice published each time",
        f"text on the panel at {len(looks)} looks, hub told disk_low, right "
        f"{full_s:.1f} s and {read_only_s:.1f} s after",
        breaches,
    )


def _full(county: Stand, box: VillageBox, card: ServedCard, disk: Path) -> list[int]:
    """Nothing more can be written while a notice comes; the panel goes on."""
    had, looks, filling = box.shown(), [], fill(disk)
    county.publish()
    for _ in range(30):
        box.clock.pass_by(20.0)  # pauses and the next report go by
        county.turn()
        looks.append(card.lit() if had <= box.shown() else 0)
    try:
        county.until(lambda: _is_told(box), HEAL_S)
    finally:
        filling.unlink()
    return looks


def _is_told(box: VillageBox) -> bool:
    state = BoxRow.objects.get(id=box.name).state or {}
    return "disk_low" in state.get("faults", ())


def _read_only(scene: Scene, county: Stand, box: VillageBox) -> list[int]:
    """A boot on such a disk: link waits, and the led program fills a card that knows nothing."""
    box.power_cut()
    box._store.close()
    card = ServedCard(scene.folder)
    with read_only(box.settings.state):  # a run folder lies in memory
        county.publish()
        with on_a_thread(replace(box.settings, panel=(card.settings,))):
            until(lambda: card.lit() > 0)
            looks = [card.lit() for _ in range(3)]
    card.unplug()
    unkept.forget(box.settings.run)  # as link does, once the disk is whole
    box.boot()
    box._store = Store(box.settings.part_folder("store"), read_only=True)
    return looks


def emergency_on_full_disk(scene: Scene) -> Seen:
    """Row R4: the room that was kept goes to the emergency; ordinary text waits."""
    county = scene.county
    with (
        small_disk(scene.folder / "disk", BOX_BYTES) as disk,
        county.villages(disk, 1) as (box,),
    ):
        county.until(lambda: box.clock.trusted)
        kept = box.settings.part_folder("store") / "ballast"
        breaches = [] if kept.exists() else ["no room is kept"]
        alarms, filling = len(county.alarms), fill(disk)
        try:
            county.publish()
            county.alarm()
            took_s = county.until(lambda: not county.unheard(alarms))
            county.until(lambda: _is_told(box), 2 * HEAL_S)
        finally:
            filling.unlink()
        box.clock.pass_by(2 * HEAL_S)
        county.until_right()
        breaches += [*county.foreign(), *county.unheard(alarms)]
        box.close()
    if took_s > HEAL_S:
        breaches.append(f"the emergency came after {took_s:.0f} s")
    return Seen(
        "not a byte left, then an emergency",
        f"accepted after {took_s:.1f} s, hub told disk_low, text right after there was room",
        breaches,
    )


def written_in_a_day(scene: Scene) -> Seen:
    """Row R15: link's own writes of a day without news, by the kernel's count of this process."""
    box = clocked_box(scene.folder)
    hours = scene.dose(24, 1)
    before = _written_bytes()
    for second in range(0, hours * 3600, STEP_S):
        box.alarms.turn()
        box.sync.turn()
        if second % CHECK_EVERY_S == 0:  # as link does: look at everything, write down the time
            box.sync.check()
            box.clock.store_trust(datetime.now(UTC))
    written = (_written_bytes() - before) * 24 / hours
    box.held.close()
    breaches = [f"{written / MEGABYTE:.1f} MB"] if written > 5 * MEGABYTE else []
    return Seen(
        f"{hours} h of link's turns, the time written down every 10 min",
        f"{written / MEGABYTE:.2f} MB a day",
        breaches,
    )


def _written_bytes() -> int:
    for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines():
        if line.startswith("write_bytes:"):
            return int(line.split()[1])
    return 0


ROWS = (
    Row("4", "broker's disk full", "I1, operator's alarm in 60 s", broker_disk),
    Row("22", "box's disk full, then read-only", "text shown, I4, alarm", box_disk),
    Row(
        "R4", "full disk and an emergency", "accepted by the ballast, alarm", emergency_on_full_disk
    ),
    Row("R15", "writes of an idle day", "5 MB a day", written_in_a_day),
)
