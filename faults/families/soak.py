"""Rows about time that passes: an hour with a fault a minute, and a million turns.

The full form is the fleet's own soak (``bench.fleet``): two thousand boxes of the real protocol
against the real hub and broker, in processes of their own. The stand turns hub and boxes in one
process, which no hour of two thousand boxes fits into.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.clock import ManualClock
from faults.county import HEAL_S
from faults.rows import Row, Scene, Seen
from tests.edge_agent.link.conftest import NOW, Box, County

if TYPE_CHECKING:
    from faults.county import County as Stand
    from faults.village import VillageBox

KILOBYTE = 1024
RSS_GROWTH_BYTES = 8 * 1024 * KILOBYTE
BOXES, HOUR_S, EVERY_S = 2000, 3600, 60


def soak(scene: Scene) -> Seen:
    """Row 25."""
    return on_the_stand(scene) if scene.short else of_the_fleet(scene)


def of_the_fleet(scene: Scene) -> Seen:
    """The hour of the fleet; its table lies in the row's folder and is printed as it grows."""
    scene.folder.mkdir(parents=True, exist_ok=True)
    path = scene.folder / "soak.md"
    words = {"boxes": BOXES, "soak-s": HOUR_S, "every-s": EVERY_S, "limit-s": HEAL_S, "table": path}
    options = [part for name, value in words.items() for part in (f"--{name}", str(value))]
    ended = subprocess.run(
        [sys.executable, "-m", "bench.fleet", "--soak-only", *options], check=False
    )
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    seen = [each for each in lines if each and not each.startswith("|")]
    breaches = [] if ended.returncode == 0 else ["see the table of the soak"]
    dose = f"{BOXES} boxes, {HOUR_S // 60} minutes, a fault every {EVERY_S} s"
    return Seen(dose, " ".join(seen) or "no table", breaches)


def on_the_stand(scene: Scene) -> Seen:
    """A fault again and again, whichever comes, and the memory it takes."""
    county, faults, count = scene.county, 3, 3
    chance = random.Random(25)  # noqa: S311 - the same faults in every run
    with county.villages(scene.folder, count) as boxes:
        county.until(lambda: all(each.clock.trusted for each in boxes))
        alarms, settled = len(county.alarms), 0
        for number in range(faults):
            _one_fault(county, boxes, chance)
            county.publish()
            if number % 10 == 0:
                county.alarm()
            county.until_right()
            if number == faults // 3:
                settled = _rss_bytes()
        county.until(lambda: not county.unheard(alarms))
        grown = _rss_bytes() - settled
        breaches = [*county.foreign(), *county.unheard(alarms), *county.wrong()]
    if grown > RSS_GROWTH_BYTES:
        breaches.append(f"{grown // KILOBYTE} KB more memory")
    return Seen(
        f"{count} boxes, {faults} faults, one after the other",
        f"I1–I3 held, {grown / KILOBYTE / 1024:.1f} MB more memory after the first third",
        breaches,
    )


def _one_fault(county: Stand, boxes: list[VillageBox], chance: random.Random) -> None:
    box = chance.choice(boxes)

    def power() -> None:
        box.power_cut()
        box.boot()

    def network() -> None:
        box.wire.cut()
        county.for_a_while(0.2)
        box.wire.heal()

    def wipe() -> None:
        county.kill_broker()
        county.broker.files.database.unlink(missing_ok=True)

    chance.choice((power, network, wipe, county.kill_broker, county.kill_dispatcher))()


def _rss_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4 * KILOBYTE


def many_turns(scene: Scene) -> Seen:
    """Row R11 for link: a day's turns one after another, and what they leave behind."""
    county, clock = County(), ManualClock(NOW)
    box = Box(scene.folder, county, clock)
    count = scene.dose(1_000_000, 4_000)
    rss = files = 0
    for number in range(count):
        box.alarms.turn()
        box.sync.turn()
        clock.advance(0.1)
        if number == count // 4:
            rss, files = _rss_bytes(), _open_files()
    grown, opened = _rss_bytes() - rss, _open_files() - files
    box.held.close()
    breaches = [f"{grown // KILOBYTE} KB"] if grown > 2 * 1024 * KILOBYTE else []
    if opened > 0:
        breaches.append(f"{opened} more open files")
    return Seen(
        f"{count} turns",
        f"{grown / KILOBYTE:.0f} KB more memory, {opened} more open files",
        breaches,
    )


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


ROWS = (
    Row("25", "soak, a fault a minute", "I1–I3 in 60 s, I5, memory < 1 MB/h", soak),
    Row("R11", "soak, compressed", "2 MB, open files flat", many_turns),
)
