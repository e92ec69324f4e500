"""The queue: who may interrupt whom, what is played once, what is never played."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from edge_agent.audio.announcement import Announcement, Change, Kind, Level, Severity, State
from edge_agent.audio.queue import Past, Queue
from edge_agent.audio.timetable import AirRules, Calendar
from edge_agent.clock import CHINA

if TYPE_CHECKING:
    from edge_agent.clock import ManualClock

NOON = datetime(2024, 7, 3, 12, 0, tzinfo=CHINA)
RULES = AirRules(calendar=Calendar.load())


def routine(name: str = "N001", **changes: object) -> Announcement:
    item = Announcement(name, Kind.ROUTINE, NOON, NOON, "低保名单已经公示")
    return replace(item, **changes)  # type: ignore[arg-type]


def emergency(name: str = "N004", **changes: object) -> Announcement:
    item = Announcement(
        name, Kind.EMERGENCY, NOON, NOON, "山洪", level=Level.COUNTY, severity=Severity.EXTREME
    )
    return replace(item, **changes)  # type: ignore[arg-type]


@pytest.fixture
def queue() -> Queue:
    return Queue(RULES)


def states(changes: list[Change]) -> list[tuple[str, State]]:
    return [(one.entry.announcement.id, one.state) for one in changes]


def test_an_announcement_that_is_due_gets_the_air(queue: Queue, clock: ManualClock) -> None:
    assert states(queue.offer(routine(), clock.read())) == [("N001", State.QUEUED)]
    assert states(queue.turn(clock.read())) == [("N001", State.PLAYING)]
    assert queue.playing is not None


def test_an_emergency_interrupts_and_the_notice_goes_on_at_the_very_sample(
    queue: Queue, clock: ManualClock
) -> None:
    queue.offer(routine(), clock.read())
    queue.turn(clock.read())
    queue.heard("N001@1", 96_123, clock.read())
    queue.offer(emergency(), clock.read())
    assert states(queue.turn(clock.read())) == [
        ("N001", State.INTERRUPTED),
        ("N004", State.PLAYING),
    ]
    queue.end("N004@1", State.FINISHED, clock.read())
    assert states(queue.turn(clock.read())) == [("N001", State.PLAYING)]
    entry = queue.playing
    assert entry is not None
    assert (entry.offset, entry.interruptions) == (96_123, 1)


def test_two_alerts_of_one_rank_never_interrupt_each_other_and_both_finish(
    queue: Queue, clock: ManualClock
) -> None:
    queue.offer(emergency("fire"), clock.read())
    queue.turn(clock.read())
    queue.offer(emergency("flood"), clock.read())
    for _ in range(1000):
        clock.advance(0.02)
        assert queue.turn(clock.read()) == []
    queue.end("fire@1", State.FINISHED, clock.read())
    assert states(queue.turn(clock.read())) == [("flood", State.PLAYING)]
    queue.end("flood@1", State.FINISHED, clock.read())
    assert queue.entries == ()


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        (routine("a", level=Level.NATION), routine("b", kind=Kind.SCHEDULED)),
        (routine("a", kind=Kind.SCHEDULED, level=Level.CITY), routine("b", kind=Kind.LIVE)),
        (routine("a", kind=Kind.LIVE, level=Level.NATION), emergency("b", level=Level.VILLAGE)),
        (emergency("a", kind=Kind.EXERCISE), emergency("b", severity=Severity.MINOR)),
        (emergency("a", level=Level.TOWN), emergency("b", severity=Severity.MINOR)),
        (emergency("a", severity=Severity.SEVERE), emergency("b")),
        (routine("a"), routine("b", level=Level.TOWN)),
    ],
)
def test_a_strictly_higher_rank_interrupts_and_the_lower_never_does(
    lower: Announcement, higher: Announcement, clock: ManualClock
) -> None:
    for first, second in ((lower, higher), (higher, lower)):
        queue = Queue(RULES)
        queue.offer(first, clock.read())
        queue.turn(clock.read())
        queue.offer(second, clock.read())
        queue.turn(clock.read())
        assert queue.playing is not None
        assert queue.playing.announcement is higher


def test_equals_sound_in_the_order_of_issue_and_the_interrupted_one_before_them(
    queue: Queue, clock: ManualClock
) -> None:
    queue.offer(routine("running", issued_at=NOON), clock.read())
    queue.turn(clock.read())
    queue.heard("running@1", 960, clock.read())
    queue.offer(routine("later", issued_at=NOON - timedelta(minutes=1)), clock.read())
    queue.offer(routine("earlier", issued_at=NOON - timedelta(minutes=2)), clock.read())
    queue.offer(emergency(), clock.read())
    order = []
    for _ in range(4):
        queue.turn(clock.read())
        assert queue.playing is not None
        order.append(queue.playing.announcement.id)
        queue.end(queue.playing.announcement.key, State.FINISHED, clock.read())
    assert order == ["N004", "running", "earlier", "later"]


def test_two_alerts_of_one_rank_alternate_reading_by_reading(
    queue: Queue, clock: ManualClock
) -> None:
    queue.offer(emergency("fire", repeats=2), clock.read())
    queue.offer(emergency("flood", repeats=2), clock.read())
    heard = []
    for _ in range(4):
        queue.turn(clock.read())
        assert queue.playing is not None
        item = queue.playing.announcement
        heard.append(item.id)
        if queue.playing.readings + 1 < item.repeats:
            queue.reading_over(item.key, clock.read())
        else:
            queue.round_over(item.key, clock.read())
    assert heard == ["fire", "flood", "fire", "flood"]
    assert queue.entries == ()


def test_an_alert_that_repeats_until_it_expires_pauses_and_lets_others_speak(
    queue: Queue, clock: ManualClock
) -> None:
    expires = NOON + timedelta(minutes=7)
    queue.offer(emergency(repeats=0, expires_at=expires), clock.read())
    queue.offer(routine(), clock.read())
    queue.turn(clock.read())
    queue.heard("N004@1", 960, clock.read())
    assert states(queue.round_over("N004@1", clock.read())) == [("N004", State.QUEUED)]
    assert queue.next_change(clock.read()) == NOON + timedelta(minutes=5)
    queue.turn(clock.read())
    assert queue.playing is not None
    assert queue.playing.announcement.id == "N001"
    clock.advance(300)
    assert states(queue.turn(clock.read()))[-1] == ("N004", State.PLAYING)
    queue.round_over("N004@1", clock.read())
    clock.advance(120)
    assert ("N004", State.FINISHED) in states(queue.turn(clock.read()))


def test_what_has_no_sound_yet_does_not_take_the_air(queue: Queue, clock: ManualClock) -> None:
    queue.offer(routine(), clock.read())
    assert queue.turn(clock.read(), unready={"N001@1"}) == []
    assert states(queue.turn(clock.read())) == [("N001", State.PLAYING)]


def test_duplicates_and_replays_are_never_played_twice(queue: Queue, clock: ManualClock) -> None:
    queue.offer(emergency(), clock.read())
    assert queue.offer(emergency(), clock.read()) == []
    queue.turn(clock.read())
    queue.end("N004@1", State.FINISHED, clock.read())
    assert queue.offer(emergency(), clock.read()) == []
    assert queue.turn(clock.read()) == []


def test_an_update_takes_the_place_of_what_is_speaking(queue: Queue, clock: ManualClock) -> None:
    queue.offer(emergency(), clock.read())
    queue.turn(clock.read())
    changes = queue.offer(emergency(revision=2, text="山洪更新"), clock.read())
    assert states(changes) == [("N004", State.SUPERSEDED), ("N004", State.QUEUED)]
    queue.turn(clock.read())
    assert queue.playing is not None
    assert queue.playing.announcement.text == "山洪更新"
    assert queue.offer(emergency(), clock.read()) == [], "revision 1 must not come back"


def test_an_update_under_another_id_takes_the_place_of_what_it_names(
    queue: Queue, clock: ManualClock
) -> None:
    queue.offer(emergency("old"), clock.read())
    changes = queue.offer(emergency("new", replaces=("old", "unseen")), clock.read())
    assert states(changes) == [("old", State.SUPERSEDED), ("new", State.QUEUED)]
    late = queue.offer(emergency("unseen"), clock.read())
    assert states(late) == [("unseen", State.CANCELLED)]


def test_a_cancel_stops_the_alert_now_and_one_that_arrives_after_its_cancel(
    queue: Queue, clock: ManualClock
) -> None:
    queue.offer(emergency(), clock.read())
    queue.turn(clock.read())
    assert states(queue.cancel("N004", clock.read())) == [("N004", State.CANCELLED)]
    assert queue.playing is None
    queue.cancel("N777", clock.read())
    assert states(queue.offer(emergency("N777"), clock.read())) == [("N777", State.CANCELLED)]
    assert queue.turn(clock.read()) == []


def test_what_has_expired_is_never_started(queue: Queue, clock: ManualClock) -> None:
    queue.offer(emergency(expires_at=NOON + timedelta(seconds=30)), clock.read())
    clock.advance(30)
    assert states(queue.turn(clock.read())) == [("N004", State.EXPIRED)]
    assert queue.playing is None


def test_a_late_routine_announcement_is_missed_and_not_played_at_three_in_the_morning(
    queue: Queue, clock: ManualClock
) -> None:
    clock.set(datetime(2024, 7, 4, 3, 0, tzinfo=CHINA))
    queue.offer(routine(), clock.read())
    changes = queue.turn(clock.read())
    assert states(changes) == [("N001", State.MISSED)]
    assert "静音时段" in changes[0].reason


def test_an_interrupted_routine_announcement_is_not_taken_up_again_hours_later(
    queue: Queue, clock: ManualClock
) -> None:
    queue.offer(routine(), clock.read())
    queue.turn(clock.read())
    queue.heard("N001@1", 960, clock.read())
    queue.offer(emergency(), clock.read())
    queue.turn(clock.read())
    clock.advance(3600)
    assert states(queue.turn(clock.read())) == [("N001", State.MISSED)]
    assert queue.playing is not None
    assert queue.playing.announcement.id == "N004"


def test_quiet_hours_hold_everything_but_emergencies(queue: Queue, clock: ManualClock) -> None:
    night = datetime(2024, 7, 3, 23, 0, tzinfo=CHINA)
    clock.set(night)
    queue.offer(routine(due_at=night), clock.read())
    queue.offer(emergency("drill", kind=Kind.EXERCISE, due_at=night), clock.read())
    refused = queue.offer(routine("live", kind=Kind.LIVE, due_at=night), clock.read())
    assert states(refused) == [("live", State.MISSED)]
    assert queue.turn(clock.read()) == []
    queue.offer(emergency(), clock.read())
    assert states(queue.turn(clock.read())) == [("N004", State.PLAYING)]


def test_quiet_days_are_quiet_at_noon_too(queue: Queue, clock: ManualClock) -> None:
    exam_day = datetime(2025, 6, 7, 12, 0, tzinfo=CHINA)
    clock.set(exam_day)
    queue.offer(routine(due_at=exam_day), clock.read())
    assert queue.turn(clock.read()) == []
    clock.advance(601)
    changes = queue.turn(clock.read())
    assert states(changes) == [("N001", State.MISSED)]
    assert "高考" in changes[0].reason


def test_the_daily_airtime_holds_ordinary_announcements_only(
    queue: Queue, clock: ManualClock
) -> None:
    queue.offer(routine(), clock.read())
    assert queue.turn(clock.read(), airtime_used_s=3600.0) == []
    queue.offer(emergency(), clock.read())
    assert states(queue.turn(clock.read(), airtime_used_s=3600.0)) == [("N004", State.PLAYING)]


def test_without_a_trusted_clock_only_emergencies_sound_and_nothing_is_dropped(
    queue: Queue, clock: ManualClock
) -> None:
    clock.trusted = False
    clock.set(datetime(1970, 1, 1, tzinfo=UTC))
    queue.offer(routine(), clock.read())
    clock.set(datetime(2035, 1, 1, tzinfo=UTC))
    assert queue.turn(clock.read()) == []
    queue.offer(emergency(), clock.read())
    assert states(queue.turn(clock.read())) == [("N004", State.PLAYING)]


def test_what_is_not_due_waits_and_the_queue_says_when_to_look_again(
    queue: Queue, clock: ManualClock
) -> None:
    due = NOON + timedelta(hours=1)
    queue.offer(routine(due_at=due, expires_at=NOON + timedelta(hours=2)), clock.read())
    assert queue.turn(clock.read()) == []
    assert queue.next_change(clock.read()) == due
    clock.advance(3600)
    assert states(queue.turn(clock.read())) == [("N001", State.PLAYING)]


def test_in_quiet_hours_the_queue_wakes_when_they_end(queue: Queue, clock: ManualClock) -> None:
    early = datetime(2024, 7, 3, 6, 25, tzinfo=CHINA)
    clock.set(early)
    queue.offer(routine(due_at=early), clock.read())
    assert queue.next_change(clock.read()) == datetime(2024, 7, 3, 6, 30, tzinfo=CHINA)
    clock.advance(300)
    assert states(queue.turn(clock.read())) == [("N001", State.PLAYING)]


def test_after_a_power_cut_the_notice_own_rule_decides(clock: ManualClock) -> None:
    before = Queue(RULES)
    before.offer(emergency("resumed"), clock.read())
    before.offer(emergency("dropped", after_power_cut="drop"), clock.read())
    for entry in before.entries:
        entry.state = State.PLAYING
        before.heard(entry.announcement.key, 48_000, clock.read())
    after = Queue(RULES)
    changes = after.restore(before.entries, clock.read())
    assert states(changes) == [("resumed", State.INTERRUPTED), ("dropped", State.FAILED)]
    after.turn(clock.read())
    assert after.playing is not None
    assert (after.playing.announcement.id, after.playing.offset) == ("resumed", 48_000)
    assert after.offer(emergency("dropped", after_power_cut="drop"), clock.read()) == []


def test_what_was_played_before_the_restart_stays_played(clock: ManualClock) -> None:
    queue = Queue(RULES, Past(keys={"N004@1"}, revisions={"N004": 1}))
    assert queue.offer(emergency(), clock.read()) == []


def test_one_notice_may_be_aired_in_several_slots(queue: Queue, clock: ManualClock) -> None:
    for slot in ("07:00", "12:00"):
        assert queue.offer(routine(occurrence=slot), clock.read())
    assert {entry.announcement.key for entry in queue.entries} == {"N001@1#07:00", "N001@1#12:00"}
    assert states(queue.withdraw("N001@1#07:00", clock.read(), "withdrawn")) == [
        ("N001", State.CANCELLED)
    ]
