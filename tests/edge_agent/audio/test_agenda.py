"""From notices and alerts in force to announcements."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from contract.alert import Alert
from contract.areas import Area
from contract.notice import Asset, Cap, Notice, OwnRecording, Sender, Speech
from edge_agent.audio.agenda import Agenda
from edge_agent.audio.announcement import Kind, Level, Severity
from edge_agent.audio.timetable import AirRules, Calendar
from edge_agent.clock import CHINA
from edge_agent.settings import ZoneSettings
from edge_agent.store import HeldAlert, HeldNotice

if TYPE_CHECKING:
    from edge_agent.clock import ManualClock

VILLAGE = Area("530199001001")
NOON = datetime(2024, 7, 3, 12, 0, tzinfo=CHINA)
ZONES = (
    ZoneSettings("北", groups=(1, 2, 3)),
    ZoneSettings("南", groups=(4, 5, 6)),
    ZoneSettings("村委会"),
)
AGENDA = Agenda(VILLAGE, ZONES, AirRules(calendar=Calendar.load()))
NOTICE = Notice(
    id="N001",
    revision=2,
    areas=("530199001001",),
    title="低保公示",
    summary="名单已经公示",
    sender=Sender("青石村", level="town"),
    publish_at=NOON,
    issued_at=NOON,
    valid_until=NOON + timedelta(days=9),
)
FLOOD = Alert(
    id="A-7",
    notice=replace(
        NOTICE,
        id="N004",
        revision=1,
        areas=("530199001001-3", "530199001001-4"),
        sender=Sender("防汛办", level="county"),
        cap=Cap(severity="Extreme"),
        priority="emergency",
    ),
    issued_at=NOON,
    expires_at=NOON + timedelta(hours=6),
    on_crash="drop",
)


def held(notice: Notice) -> HeldNotice:
    return HeldNotice(notice, "0" * 64, VILLAGE, NOON)


def alarm(alert: Alert) -> HeldAlert:
    return HeldAlert(alert, "0" * 64, NOON)


def test_an_ordinary_notice_is_announced_at_once_by_day(clock: ManualClock) -> None:
    (item,) = AGENDA.notices([held(NOTICE)], clock.read())
    said = item.announcement
    assert (said.id, said.revision, said.kind) == ("N001", 2, Kind.ROUTINE)
    assert (said.level, said.due_at, said.zones) == (Level.TOWN, NOON, ())
    assert said.expires_at == NOTICE.valid_until
    assert item.notice is NOTICE


def test_at_night_it_waits_for_the_next_slot(clock: ManualClock) -> None:
    clock.set(datetime(2024, 7, 3, 23, 0, tzinfo=CHINA))
    (item,) = AGENDA.notices([held(NOTICE)], clock.read())
    assert item.announcement.due_at == datetime(2024, 7, 4, 7, 0, tzinfo=CHINA)


def test_old_notices_are_no_news_to_a_new_box_and_will_be_reported_as_missed(
    clock: ManualClock,
) -> None:
    clock.advance(86_401)
    (item,) = AGENDA.notices([held(NOTICE)], clock.read())
    assert item.announcement.due_at == NOON
    late = replace(NOTICE, publish_at=NOON + timedelta(days=1))
    (item,) = AGENDA.notices([held(late)], clock.read())
    assert item.announcement.due_at == clock.read().now


def test_a_scheduled_notice_is_announced_in_as_many_slots_as_it_has_repeats(
    clock: ManualClock,
) -> None:
    scheduled = replace(NOTICE, priority="scheduled", speech=Speech("", repeats=3))
    items = list(AGENDA.notices([held(scheduled)], clock.read()))
    assert [item.announcement.due_at for item in items] == [
        datetime(2024, 7, 3, 18, 30, tzinfo=CHINA),
        datetime(2024, 7, 4, 7, 0, tzinfo=CHINA),
        datetime(2024, 7, 4, 12, 0, tzinfo=CHINA),
    ]
    assert len({item.announcement.key for item in items}) == 3
    assert {item.announcement.repeats for item in items} == {1}


def test_the_slots_of_a_scheduled_notice_do_not_move_with_the_clock(clock: ManualClock) -> None:
    scheduled = replace(NOTICE, priority="scheduled")
    before = [item.announcement.key for item in AGENDA.notices([held(scheduled)], clock.read())]
    clock.advance(86_400)
    after = [item.announcement.key for item in AGENDA.notices([held(scheduled)], clock.read())]
    assert before == after


def test_repeats_are_readings_and_the_second_one_is_slower(clock: ManualClock) -> None:
    twice = replace(NOTICE, speech=Speech("名单已经公示", repeats=2))
    (item,) = AGENDA.notices([held(twice)], clock.read())
    assert (item.announcement.repeats, item.announcement.slower_repeat) == (2, True)


def test_the_recording_of_the_hub_is_named_by_its_hash(clock: ManualClock) -> None:
    recording = Asset("ab" * 32, 17_000, "audio/ogg")
    spoken = replace(NOTICE, speech=Speech("名单已经公示", recording))
    (item,) = AGENDA.notices([held(spoken)], clock.read())
    assert item.announcement.recording_sha256 == "ab" * 32


def test_peoples_own_recording_of_the_nearest_area_goes_before_the_rendered_one(
    clock: ManualClock,
) -> None:
    rendered = Asset("ab" * 32, 17_000, "audio/ogg")
    own = tuple(
        OwnRecording(area, Asset(f"{n}" * 64, 9_000, "audio/ogg"), "白族话")
        for n, area in enumerate(("530199", "530199001", "530199001002", "530199001001"))
    )
    for heard, found in ((own, "3"), (own[:3], "1"), (own[2:3], "ab")):
        spoken = replace(NOTICE, speech=Speech("名单已经公示", rendered, own=heard))
        (item,) = AGENDA.notices([held(spoken)], clock.read())
        assert item.announcement.recording_sha256 == (found * 64)[:64]


def test_a_notice_that_calls_itself_an_emergency_is_none(clock: ManualClock) -> None:
    forged = replace(NOTICE, priority="emergency", cap=Cap(severity="Extreme"))
    (item,) = AGENDA.notices([held(forged)], clock.read())
    assert item.announcement.kind is Kind.SCHEDULED


def test_an_alert_is_an_emergency_for_the_zones_of_its_groups(clock: ManualClock) -> None:
    (item,) = AGENDA.alerts([alarm(FLOOD)], clock.read(), lambda _: False)
    said = item.announcement
    assert (said.id, said.notice_id, said.kind) == ("A-7", "N004", Kind.EMERGENCY)
    assert (said.level, said.severity) == (Level.COUNTY, Severity.EXTREME)
    assert said.zones == ("北", "南")
    assert (said.repeats, said.after_power_cut, said.siren) == (3, "drop", True)


@pytest.mark.parametrize(
    ("areas", "zones"),
    [
        (("530199",), ()),
        (("530199001001",), ()),
        (("530199001001-2",), ("北",)),
        (("530199001001-2", "530199001001"), ()),
        (("530199001001-9",), ()),
        (("530199001001-2", "530199001001-9"), ()),
        (("530199001002-5", "530199001001-5"), ("南",)),
    ],
)
def test_a_group_without_a_zone_is_heard_by_the_whole_village(
    areas: tuple[str, ...], zones: tuple[str, ...]
) -> None:
    assert AGENDA.zones_of(areas) == zones


def test_an_expired_alert_is_not_announced(clock: ManualClock) -> None:
    clock.advance(6 * 3600)
    assert list(AGENDA.alerts([alarm(FLOOD)], clock.read(), lambda _: True)) == []


def test_an_exercise_is_no_emergency(clock: ManualClock) -> None:
    drill = replace(FLOOD, notice=replace(FLOOD.notice, cap=Cap(status="Exercise")))
    (item,) = AGENDA.alerts([alarm(drill)], clock.read(), lambda _: False)
    assert item.announcement.kind is Kind.EXERCISE


@pytest.mark.parametrize(("text", "is_used"), [("演练，请转移。", True), ("请转移。", False)])
def test_a_recording_of_an_exercise_is_used_only_where_its_words_say_that_it_is_one(
    clock: ManualClock, text: str, *, is_used: bool
) -> None:
    speech = Speech(text, Asset("ab" * 32, 9, "audio/ogg"))
    drill = replace(FLOOD, notice=replace(FLOOD.notice, cap=Cap(status="Exercise"), speech=speech))
    (item,) = AGENDA.alerts([alarm(drill)], clock.read(), lambda _: False)
    assert bool(item.announcement.recording_sha256) is is_used


def test_an_update_replaces_what_it_names(clock: ManualClock) -> None:
    update = replace(
        FLOOD,
        id="A-8",
        notice=replace(FLOOD.notice, cap=Cap("Actual", "Update", references=("A-7",))),
    )
    (item,) = AGENDA.alerts([alarm(update)], clock.read(), lambda _: False)
    assert item.announcement.replaces == ("A-7",)


@pytest.mark.parametrize("heard", [True, False])
def test_the_all_clear_sounds_without_siren_and_only_where_the_alert_was_heard(
    clock: ManualClock, *, heard: bool
) -> None:
    clear = replace(
        FLOOD,
        id="A-9",
        repeats=0,
        notice=replace(FLOOD.notice, cap=Cap("Actual", "Cancel", references=("A-7",))),
    )
    items = list(AGENDA.alerts([alarm(clear)], clock.read(), lambda one: heard and one == "A-7"))
    assert len(items) == heard
    if items:
        assert not items[0].announcement.siren
        assert items[0].announcement.repeats == 1
