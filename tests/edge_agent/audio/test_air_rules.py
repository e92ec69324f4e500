"""The rules of the air, kept by the whole audio part over days of a clock moved by hand."""

from __future__ import annotations

import itertools
import json
import wave
from array import array
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from test_audio_program import NOON, Box, flood, notice

from contract.notice import Cap, Speech
from edge_agent.clock import CHINA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gpiozero.pins.mock import MockFactory

    from contract.notice import Notice
    from edge_agent.clock import ManualClock

HOUR_S = 3600.0
Make = "Callable[..., Box]"


@pytest.fixture
def make(tmp_path: Path, clock: ManualClock, pins: MockFactory) -> Iterator[Callable[..., Box]]:
    """A box whose clock stands at a moment, with more settings."""
    del pins
    made: list[Box] = []

    def new(at: datetime = NOON, more: str = "") -> Box:
        clock.set(at)
        made.append(Box(tmp_path, clock, more))
        return made[-1]

    yield new
    for each in made:
        each.stop()


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=CHINA)


def told(name: str, moment: datetime, **changes: object) -> Notice:
    return notice(name, publish_at=moment, issued_at=moment, **changes)


def wake(box: Box, month: int, day: int, hour: int, minute: int = 0) -> None:
    """Nothing happens until a minute before; then three minutes pass."""
    ahead = at(month, day, hour, minute) - timedelta(minutes=1) - box.clock.read().now
    box.clock.advance(ahead.total_seconds())
    box.live(180)


def reason(box: Box, name: str) -> str:
    return [body["detail"] for body in box.reports() if body["notice_id"] == name][-1]


def test_what_is_signed_at_night_is_spoken_in_the_morning(make: Callable[..., Box]) -> None:
    night = at(7, 3, 23)
    box = make(night)
    box.publish(told("N1", night))
    for hour in (0, 3, 6):
        wake(box, 7, 4, hour)
    assert box.relay_closings() == 0
    wake(box, 7, 4, 7)
    wake(box, 7, 4, 12)
    assert box.aired() == [("07-04 07:00", "N1@1 speech")]
    assert box.states("N1")[-1] == "finished"


def test_working_days_and_holidays_have_their_own_programme(make: Callable[..., Box]) -> None:
    friday = at(7, 5, 12)
    box = make(friday, '[audio]\nslots = ["07:30 workdays", "09:15 holidays"]\n')
    box.publish(told("N1", friday, priority="scheduled", speech=Speech("低保", repeats=4)))
    for day in (6, 7, 8, 9, 10):
        wake(box, 7, day, 7, 30)
        wake(box, 7, day, 9, 15)
    assert [when for when, _ in box.aired()] == [
        "07-06 09:15", "07-07 09:15", "07-08 07:30", "07-09 07:30",
    ]  # fmt: skip


def test_examination_days_are_quiet_and_an_emergency_is_not(make: Callable[..., Box]) -> None:
    before = at(6, 6, 20)
    box = make(before)
    box.publish(told("N1", before, priority="scheduled", speech=Speech("低保", repeats=1)))
    for hour, minute in ((7, 0), (12, 0), (18, 30)):
        wake(box, 6, 7, hour, minute)
    assert box.aired() == []
    now = box.clock.read().now
    box.alert(flood(issued_at=now, expires_at=now + timedelta(hours=1)))
    box.live(60)
    assert {label for _, label in box.aired()} == {"A-1@1 siren", "A-1@1 speech"}
    for day in (8, 9, 10):
        wake(box, 6, day, 7)
    assert box.aired()[-1] == ("06-10 07:00", "N1@1#20240610T0700 speech")
    assert len([label for _, label in box.aired() if label.startswith("N1@1")]) == 1


def test_when_the_daily_airtime_is_used_up_the_rest_is_reported_as_missed(
    make: Callable[..., Box],
) -> None:
    box = make(more="[audio]\nairtime_limit_s = 8\nlate_limit_s = 600\n")
    box.publish(*(told(f"N{n}", NOON + timedelta(seconds=n)) for n in range(4)))
    box.live(30)
    now = box.clock.read().now
    box.alert(flood(issued_at=now, expires_at=now + timedelta(hours=1)))
    box.live(HOUR_S)
    assert [box.states(f"N{n}")[-1] for n in range(4)] == [
        "finished", "finished", "missed", "missed",
    ]  # fmt: skip
    assert "airtime" in reason(box, "N3")
    assert box.states("N004")[-1] == "finished", "an emergency is exempt"


def test_a_slot_that_passed_without_power_is_reported_and_not_made_up_at_night(
    make: Callable[..., Box], clock: ManualClock
) -> None:
    box = make()
    box.publish(told("N1", NOON, priority="scheduled", speech=Speech("低保", repeats=1)))
    box.live(60)
    box.stop()
    clock.advance(15 * HOUR_S)
    box.start()
    box.live(60)
    for hour in (7, 12):
        wake(box, 7, 4, hour)
    assert box.aired() == []
    assert box.states("N1")[-1] == "missed"
    assert box.relay_closings() == 0


def test_what_has_expired_is_never_started(make: Callable[..., Box]) -> None:
    night = at(7, 3, 23)
    box = make(night)
    box.publish(told("N1", night, valid_until=at(7, 4, 6)))
    now = box.clock.read().now
    box.alert(flood("A-9", issued_at=now - timedelta(hours=2), expires_at=now))
    for hour in (0, 6, 7, 12):
        wake(box, 7, 4, hour)
    assert box.aired() == []
    assert box.relay_closings() == 0


def test_an_exercise_keeps_quiet_hours_and_gives_way_to_a_real_alert(
    make: Callable[..., Box],
) -> None:
    box = make()
    words = replace(notice("N9", priority="emergency"), cap=Cap("Exercise", severity="Extreme"))
    box.alert(replace(flood("X-1"), notice=words))
    box.live(4)
    box.alert(flood("A-1"))
    box.live(60)
    assert [label for _, label in box.aired()] == [
        "X-1@1 speech", "A-1@1 siren", "A-1@1 speech", "X-1@1 speech",
    ]  # fmt: skip
    wake(box, 7, 3, 22)
    now = box.clock.read().now
    hour = {"issued_at": now, "expires_at": now + timedelta(hours=1)}
    box.alert(flood("X-2", notice=replace(words, id="N10"), **hour))
    box.live(120)
    wake(box, 7, 4, 7)
    assert "X-2@1" not in {label.split()[0] for _, label in box.aired()}
    assert box.states("N10")[-1] in {"expired", "missed"}


def levels(box: Box, zone: str, name: str) -> set[int]:
    """The different samples that a zone's card got of the words of ``name``."""
    found: set[int] = set()
    for path in (box.folder / "state/audio" / zone).glob("*.wav"):
        index = path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in index]
        with wave.open(str(path)) as sound:
            data = array("h", sound.readframes(sound.getnframes()))
        for row, following in itertools.pairwise([*rows, {"sample": len(data)}]):
            if row["label"] == f"{name} speech":
                found |= set(data[row["sample"] : following["sample"]])
    return found


def test_volume_follows_the_hour_and_the_zone_but_not_in_an_emergency(
    make: Callable[..., Box],
) -> None:
    more = (
        '[[zone]]\nname = "hill"\nsink = "file"\ngain_db = -12.0\n'
        '[audio]\nslots = ["07:00"]\nsoft_hours = ["06:30-08:00 -6 dB"]\n'
    )
    box = make(at(7, 4, 6, 45), more)
    box.publish(told("N1", at(7, 4, 6, 45)))
    box.live(300)
    full = 0x0201
    assert levels(box, "horn", "N1@1") == {int(full * 10 ** (-6 / 20))}
    assert levels(box, "hill", "N1@1") == {int(full * 10 ** (-18 / 20))}
    now = box.clock.read().now
    box.alert(flood(issued_at=now, expires_at=now + timedelta(hours=1)))
    box.live(60)
    assert levels(box, "horn", "A-1@1") == {full}
    assert levels(box, "hill", "A-1@1") == {int(full * 10 ** (-12 / 20))}, "as the zone can bear"


@pytest.mark.parametrize(
    ("rule", "after"), [("drop", ["failed"]), ("resume", ["interrupted", "resumed", "finished"])]
)
def test_a_power_cut_in_the_middle_follows_the_alert_s_own_rule(
    make: Callable[..., Box], rule: str, after: list[str]
) -> None:
    box = make()
    box.alert(flood(on_crash=rule))
    box.live(6)
    before = len(box.aired())
    box.stop()
    box.start()
    box.live(60)
    box.stop()
    box.start()
    box.live(60)
    states = box.states("N004")
    assert states[-len(after) :] == after
    assert (len(box.aired()) > before) == (rule == "resume")


def test_the_self_tests_run_by_themselves_and_the_silent_one_is_silent(
    make: Callable[..., Box],
) -> None:
    box = make(at(7, 1, 9, 58))  # a Monday, and the first of the month
    box.live(300)
    assert box.states("selftest-weekly")[-1] == box.states("selftest-monthly")[-1] == "finished"
    assert [when for when, _ in box.aired()] == ["07-01 10:00", "07-01 10:00"]
    assert box.relay_closings() == 1, "the amplifier is on for the audible one alone"
    assert levels(box, "horn", "selftest-weekly@1#20240701") == {0}
    assert levels(box, "horn", "selftest-monthly@1#20240701") == {0x0201}
    for day in (2, 5, 7):
        wake(box, 7, day, 10)
    assert len(box.aired()) == 2
    wake(box, 7, 8, 10)
    assert [label for _, label in box.aired()[2:]] == ["selftest-weekly@1#20240708 speech"]
