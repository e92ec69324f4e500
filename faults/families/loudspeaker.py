"""The row about the loudspeaker: power cut in the middle of a sentence."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge_agent.audio.announcement import Announcement, Kind
from edge_agent.clock import CHINA, ManualClock
from faults.rows import Row, Scene, Seen
from tests.edge_agent.audio.loudspeaker import Village

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2024, 7, 3, 12, 0, tzinfo=CHINA)
PIN = 17
LIFE_S = 60.0


def cut_while_speaking(scene: Scene) -> Seen:
    """Row 8: half the boxes come back in time to go on, half when the alert is over."""
    count, chance = scene.dose(50, 4), random.Random(8)  # noqa: S311 - the same cuts each time
    before = Device.pin_factory
    breaches: list[str] = []
    try:
        for number in range(count):
            folder = scene.folder / str(number)
            folder.mkdir()
            Device.pin_factory = MockFactory()
            away_s = 5.0 if number % 2 else 2 * LIFE_S
            breaches += _one_cut(folder, chance.uniform(0.1, 7.0), away_s)
    finally:
        Device.pin_factory = before
    return Seen(
        f"{count} cuts between the first sample and the last",
        "relay open at once and after the boot, half resumed, none after its end",
        breaches,
    )


def _one_cut(folder: Path, after_s: float, away_s: float) -> list[str]:
    clock = ManualClock(NOON)
    alert = replace(
        Announcement("A-1", Kind.EMERGENCY, NOON, NOON, "山洪来了请马上转移"),
        expires_at=NOON + timedelta(seconds=LIFE_S),
    )
    village = Village(folder, clock)
    village.player.accept(alert)
    village.run(after_s)
    village.cut_power()
    heard = len(village.samples_of("A-1@1 speech"))
    Device.pin_factory.reset()  # without power a pin is an input, and the relay falls open
    Device.pin_factory = MockFactory()
    clock.advance(away_s)
    again = Village(folder, clock)
    breaches = ["the relay is closed after the boot"] if _is_closed() and away_s > LIFE_S else []
    again.player.accept(alert)
    again.run(30)
    more = len(again.samples_of("A-1@1 speech")) - heard
    if _is_closed():
        breaches.append("the relay stayed closed")
    if away_s > LIFE_S and more:
        breaches.append("it was played after its end")
    if away_s < LIFE_S and "finished" not in again.states("A-1")[-1:]:
        breaches.append(f"not played to its end: {again.states('A-1')[-1:]}")
    again.cut_power()
    return breaches


def _is_closed() -> bool:
    return bool(Device.pin_factory.pin(PIN).state)


ROWS = (
    Row(
        "8",
        "power cut while the loudspeaker speaks",
        "relay opens, nothing after its end",
        cut_while_speaking,
    ),
)
