"""Rows about the broker: killed, wiped, its file broken, its disk full, its sockets used up."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from faults.county import HEAL_S
from faults.rows import Row, Scene, Seen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.county import County

BACK_S = 10.0


def _killed(scene: Scene, after: Callable[[County], None], turns: int) -> Seen:
    """Kill the broker again and again with a change while it is down; the worst healing time."""
    county, worst_s = scene.county, 0.0
    every_s = 0.0 if scene.short else 30.0
    with county.villages(scene.folder, scene.dose(200, 3)) as boxes:
        alarms = len(county.alarms)
        for _ in range(turns):
            county.kill_broker()
            county.publish()
            county.publish(only_box=boxes[0].name)
            after(county)
            worst_s = max(worst_s, county.until_right())
            county.for_a_while(every_s)
        county.until(lambda: all(each.clock.trusted for each in boxes))
        county.alarm()
        county.until(lambda: not county.unheard(alarms))
        breaches = [*county.foreign(), *county.unheard(alarms)]
    if worst_s > HEAL_S:
        breaches.append(f"{worst_s:.1f} s")
    dose = f"{turns} times, {scene.dose(200, 3)} boxes, each time a notice, and one for one box"
    return Seen(dose, f"all right after {worst_s:.1f} s at worst", breaches)


def killed(scene: Scene) -> Seen:
    """Row 1."""
    return _killed(scene, lambda _: None, scene.dose(20, 3))


def wiped(scene: Scene) -> Seen:
    """Row 2."""

    def wipe(county: County) -> None:
        county.broker.files.database.unlink(missing_ok=True)

    return _killed(scene, wipe, scene.dose(20, 2))


def _damage(path: Path, how: str) -> None:
    body = path.read_bytes()
    if how == "truncated":
        path.write_bytes(body[: len(body) // 2])
    elif how == "zeroed":
        path.write_bytes(bytes(len(body)))
    else:
        broken = bytearray(body)
        start = len(broken) // 2
        broken[start : start + 64] = random.Random(1).randbytes(64)  # noqa: S311 - the same damage
        path.write_bytes(bytes(broken))


def broken_file(scene: Scene) -> Seen:
    """Row 3."""
    county, worst_back_s, worst_s = scene.county, 0.0, 0.0
    with county.villages(scene.folder, scene.dose(20, 2)):
        for how in ("truncated", "zeroed", "flipped"):
            county.broker.stop()  # saves its file
            _damage(county.broker.files.database, how)
            county.publish()
            worst_back_s = max(worst_back_s, county.start_broker())
            worst_s = max(worst_s, county.until_right())
        breaches = list(county.foreign())
    if worst_back_s > BACK_S:
        breaches.append(f"the broker was away for {worst_back_s:.1f} s")
    if worst_s > HEAL_S:
        breaches.append(f"right only after {worst_s:.1f} s")
    seen = f"broker back after {worst_back_s:.1f} s, boxes right after {worst_s:.1f} s, at worst"
    return Seen("truncated, zeroed, 64 bytes flipped", seen, breaches)


def restarted(scene: Scene) -> Seen:
    """Row R8: what is sent again has no second effect."""
    county, turns = scene.county, scene.dose(100, 2)
    with county.villages(scene.folder, 2) as boxes:
        county.until(lambda: all(each.clock.trusted for each in boxes))
        alarms = len(county.alarms)
        for number in range(turns):
            county.publish()
            if number % 10 == 0:
                county.alarm()
            county.broker.stop() if number % 2 else county.kill_broker()
            county.until_right()
        county.until(lambda: not county.unheard(alarms))
        breaches = [*county.foreign(), *county.unheard(alarms)]
        seen = f"{turns} notices in force once each, {len(county.alarms) - alarms} alerts once each"
    return Seen(f"{turns} restarts, half of them kill -9", seen, breaches)


ROWS = (
    Row("1", "broker kill -9", "all boxes right in 60 s", killed),
    Row("2", "broker loses its data", "all boxes right in 60 s", wiped),
    Row("3", "broker's file truncated, zeroed, flipped", "back in 10 s, all right", broken_file),
    Row("R8", "broker restarted; doubled and replayed deliveries", "every effect once", restarted),
)
