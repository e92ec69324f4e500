"""Brightness by a light sensor: a file with lux becomes levels, slowly."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from edge_agent.led.light import PAUSE_S, READINGS, LightSensor, level_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("lux", "level"), [(0, 4), (10, 4), (316, 10), (10_000, 15), (120_000, 15)]
)
def test_the_level_follows_the_logarithm_of_the_light(lux: float, level: int) -> None:
    assert abs(level_of(lux) - level) <= 1


def test_a_panel_that_is_set_low_never_gets_brighter() -> None:
    assert max(level_of(lux, full=3) for lux in (0, 100, 10_000)) == 3


def test_a_headlight_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "lux"
    sensor = LightSensor(path)
    path.write_text("20\n")
    for second in range(READINGS):
        night = sensor.level(second)
    path.write_text("9000\n")
    assert sensor.level(PAUSE_S + 10) == night


def test_morning_comes_at_most_once_a_minute(tmp_path: Path) -> None:
    path = tmp_path / "lux"
    sensor = LightSensor(path)
    path.write_text("20")
    sensor.level(0)
    path.write_text("9000")
    levels = [sensor.level(second) for second in range(1, 130)]
    changes = [a for a, b in pairwise(levels) if a != b]
    assert levels[-1] == 15
    assert len(changes) <= 2


def test_without_a_sound_reading_there_is_no_level(tmp_path: Path) -> None:
    path = tmp_path / "lux"
    sensor = LightSensor(path)
    assert sensor.level(0) is None
    for spoiled in ("", "bright", "nan", "-5"):
        path.write_text(spoiled)
        assert sensor.level(1) is None
    path.write_text("10000")
    assert sensor.level(2) == 15
