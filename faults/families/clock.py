"""Rows about time: a wrong clock drops nothing, doubles nothing and plays nothing that is over.

The box's own clock is used; its system clock is set wrong as the desk page does it, and each
boot gets a name of its own, as a kernel would give it.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from contract.messages import sha256_hex
from edge_agent.clock import DESK_BOOT, BoxClock
from edge_agent.plan import plan
from faults.families.content import deliver_retained
from faults.invariants import each_alert_once, nothing_foreign
from faults.rows import Row, Scene, Seen
from tests.edge_agent.link.conftest import Box, County

if TYPE_CHECKING:
    from pathlib import Path

    from contract.alert import Alert
    from edge_agent.plan import Plan

YEARS, DAY, SECOND = timedelta(days=3653), timedelta(days=1), timedelta(seconds=1)
WRONG = {
    "1970": datetime(1970, 1, 1, tzinfo=UTC),
    "+10 years": datetime.now(UTC) + YEARS,
    "-1 day": datetime.now(UTC) - DAY,
    "no clock at boot": datetime(2025, 9, 1, tzinfo=UTC),
}


class ClockedBox(Box):
    """Link's rooms with the box's real clock; `boot` with a system clock as wrong as wished."""

    def __init__(self, folder: Path, county: County) -> None:
        self.county = county
        self._clock_folder = folder / "s" / "clock"
        self._clock_folder.mkdir(parents=True)
        super().__init__(folder, county, self._new_clock(timedelta()))  # type: ignore[arg-type]
        self.clock.store_trust(datetime.now(UTC))

    def _new_clock(self, wrong_by: timedelta) -> BoxClock:
        (self._clock_folder / DESK_BOOT).write_text(secrets.token_hex(8))
        (self._clock_folder / "skew_s").write_text(str(wrong_by.total_seconds()))
        return BoxClock(self._clock_folder)

    def boot(self, wrong_by: timedelta) -> None:
        """Power was away, and the system clock is wrong by so much."""
        self.clock = self._new_clock(wrong_by)  # type: ignore[assignment]
        self.restart()

    def plan(self) -> Plan:
        """What the parts would do now."""
        return plan(self.held.store.in_force(), self.clock.read())

    def shown(self) -> set[str]:
        """Names on panel and query screen."""
        current = self.plan()
        return {each.notice.name for each in (*current.panel, *current.readable)}

    def alert(self, key: str, *, ended: bool = False) -> Alert:
        """An alert of half an hour that runs now, or that is over."""
        issued = datetime.now(UTC) - (2 if ended else 0) * timedelta(hours=1) - SECOND
        return self.county.alert(key, issued_at=issued, expires_at=issued + timedelta(minutes=30))


def with_content(folder: Path) -> ClockedBox:
    """A box with one notice in force."""
    county = County()
    box = ClockedBox(folder, county)
    text = county.seal(county.notice("N1", valid_until=datetime.now(UTC) + 30 * DAY))
    deliver_retained(box, county.manifest(1, ("N1", 1, text)), {sha256_hex(text): text})
    return box


def wrong(scene: Scene) -> Seen:
    """Row 17: boots with a wrong clock, hears an alert, earns its clock."""
    breaches = [
        f"{name}: {each}"
        for name, told in WRONG.items()
        for each in _with_clock(scene.folder / name, told - datetime.now(UTC))
    ]
    return Seen(
        ", ".join(WRONG),
        "content shown throughout, no alert before the clock is "
        "trusted, each once after, none that is over",
        breaches,
    )


def _with_clock(folder: Path, wrong_by: timedelta) -> list[str]:
    box = with_content(folder)
    box.boot(wrong_by)
    for each in (box.alert("LIVE"), box.alert("OVER", ended=True)):
        box.alarms.take_message(box.area, box.county.seal_alert(each))
    breaches = list(nothing_foreign(box.alerts(), ()))
    if box.shown() != {"N1@1"}:
        breaches.append("content was dropped")
    box.clock.store_trust(datetime.now(UTC))
    box.alarms.turn()
    stored = [key.removeprefix("N-") for stage, key, _ in box.receipts() if stage == "stored"]
    breaches += each_alert_once(["LIVE"], [key for key in stored if key in ("LIVE", "OVER")])
    breaches += nothing_foreign(box.alerts(), {"LIVE"})
    if ("N-OVER", "expired") not in box.refusals():
        breaches.append("the alert that is over was not reported")
    if box.shown() != {"N1@1"}:
        breaches.append("content was dropped after the clock was right")
    box.held.close()
    return breaches


def jumping(scene: Scene) -> Seen:
    """Row R6: power cuts and a clock that jumps while an alert is in force."""
    box, count = with_content(scene.folder), scene.dose(100, 10)
    alarm = box.county.seal_alert(box.alert("A1"))
    box.alarms.take_message(box.area, alarm)
    jumps = (-DAY, SECOND, -SECOND, YEARS, -2 * YEARS)
    breaches = []
    for number in range(count):
        box.boot(jumps[number % len(jumps)])
        box.alarms.take_message(box.area, alarm, is_repeated=True)
        box.alarms.turn()
        if box.plan().speech:
            breaches.append("a programme was due without a trusted clock")
        if box.shown() != {"N1@1"} or box.alerts() != {"A1"}:
            breaches.append("content was dropped")
        box.clock.store_trust(datetime.now(UTC))
    stored = [key for stage, key, _ in box.receipts() if (stage, key) == ("stored", "N-A1")]
    breaches += each_alert_once(["N-A1"], stored)
    box.held.close()
    return Seen(
        f"{count} boots: -1 day, ±1 s, +10 years, -20 years",
        "nothing dropped, doubled or due",
        breaches,
    )


ROWS = (
    Row("17", "clock 1970, +10 years, -1 day, none at boot", "I2, content shown", wrong),
    Row("R6", "clock jumps during a broadcast", "nothing dropped, nothing doubled", jumping),
)
