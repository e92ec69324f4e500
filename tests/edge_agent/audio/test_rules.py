"""The rules of the air and the volume, as the settings say them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING

import pytest

from edge_agent.audio.rules import air_rules
from edge_agent.audio.timetable import Slot
from edge_agent.audio.volume import SoftHours, Volume
from edge_agent.clock import CHINA
from edge_agent.errors import SettingsError
from edge_agent.settings import AudioSettings, ZoneSettings

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.clock import ManualClock


def test_the_defaults_are_quiet_nights_three_slots_and_a_calendar() -> None:
    rules = air_rules(AudioSettings())
    assert (rules.quiet_from, rules.quiet_until) == (time(21, 0), time(6, 30))
    assert [slot.at for slot in rules.slots] == [time(7, 0), time(12, 0), time(18, 30)]
    assert rules.calendar.holidays


def test_no_quiet_hours_means_none() -> None:
    rules = air_rules(AudioSettings(quiet_hours=""))
    assert not rules.quiet_reason(datetime(2026, 11, 22, 3, 0, tzinfo=CHINA))
    assert not rules.quiet_reason(datetime(2026, 11, 22, 0, 0, tzinfo=CHINA))


def test_a_slot_may_be_for_working_days_only() -> None:
    rules = air_rules(AudioSettings(slots=("07:00 workdays", "09:30")))
    assert rules.slots == (Slot(time(7, 0), "workdays"), Slot(time(9, 30)))


def test_every_fault_of_the_settings_is_named_at_once(tmp_path: Path) -> None:
    wrong = AudioSettings(
        quiet_hours="nine to five",
        slots=("7 Uhr", "07:00 sometimes"),
        calendar_file=str(tmp_path / "missing.toml"),
    )
    with pytest.raises(SettingsError) as refusal:
        air_rules(wrong)
    assert len(refusal.value.problems) == 4


def test_emergencies_are_as_loud_as_the_technician_allowed_whatever_the_hour(
    clock: ManualClock,
) -> None:
    zones = (ZoneSettings("北"), ZoneSettings("南", gain_db=-6.0))
    volume = Volume(zones, [SoftHours.parse("11:00-13:00 -20 dB")])
    ordinary = volume.gains(("北", "南"), clock.read(), urgent=False)
    urgent = volume.gains(("北", "南"), clock.read(), urgent=True)
    assert ordinary["北"] == pytest.approx(0.1)
    assert ordinary["南"] == pytest.approx(0.05, abs=0.001)
    assert urgent == {"北": 1.0, "南": pytest.approx(0.501, abs=0.001)}


def test_a_gain_above_full_scale_would_clip_and_is_full_scale(clock: ManualClock) -> None:
    volume = Volume([ZoneSettings("北", gain_db=12.0)])
    assert volume.gains(("北",), clock.read(), urgent=True) == {"北": 1.0}


def test_soft_hours_may_run_over_midnight() -> None:
    soft = SoftHours.parse("20:00-07:00 -6 dB")
    assert soft.covers(time(23, 0))
    assert soft.covers(time(6, 59))
    assert not soft.covers(time(7, 0))


@pytest.mark.parametrize("text", ["", "06:30-08:00", "06:30-08:00 +6 dB", "25:00-26:00 -6 dB"])
def test_soft_hours_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        SoftHours.parse(text)


def test_a_calendar_file_of_the_county_is_used(tmp_path: Path) -> None:
    path = tmp_path / "county.toml"
    path.write_text('[[quiet]]\nfirst = "07-03"\nlast = "07-03"\nreason = "农忙"\n')
    rules = air_rules(replace(AudioSettings(), calendar_file=str(path)))
    assert "农忙" in rules.quiet_reason(datetime(2026, 7, 3, 12, 0, tzinfo=CHINA))
