"""The plan: pure, decided once, and it knows when it next changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contract.alert import Alert
from contract.areas import Area
from contract.notice import Cap, Notice, Sender
from edge_agent.clock import Reading
from edge_agent.plan import Plan, plan
from edge_agent.store import HeldAlert, HeldNotice, InForce

NOW = datetime(2024, 7, 3, 2, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
VILLAGE = Area("530199001001")


def _notice(notice_id: str = "N1", **changes: object) -> Notice:
    notice = Notice(
        id=notice_id, revision=1, areas=(str(VILLAGE),), title="停水通知", summary="明天停水",
        sender=Sender("村委会"), publish_at=NOW - HOUR, issued_at=NOW - HOUR,
        valid_until=NOW + 24 * HOUR,
    )  # fmt: skip
    return replace(notice, **changes)  # type: ignore[arg-type] # keyword by keyword


def _held(*notices: Notice) -> InForce:
    held = tuple(HeldNotice(each, "0" * 64, VILLAGE, NOW) for each in notices)
    return InForce(notices=held)


def _alert(alert_id: str = "A1", **changes: object) -> HeldAlert:
    notice = _notice(alert_id, cap=Cap(severity="Extreme"), priority="emergency")
    alert = Alert(alert_id, notice, NOW - HOUR, NOW + HOUR)
    return HeldAlert(replace(alert, **changes), "1" * 64, NOW)  # type: ignore[arg-type] # as above


def _plan(held: InForce, now: datetime = NOW, *, trusted: bool = True) -> Plan:
    return plan(held, Reading(now, trusted))


def test_a_notice_in_force_is_on_every_channel_it_names() -> None:
    found = _plan(_held(_notice(channels=("led", "kiosk"))))
    assert [h.notice.id for h in found.panel] == ["N1"]
    assert [h.notice.id for h in found.readable] == ["N1"]
    assert found.speech == ()


def test_a_notice_waits_for_its_hour_and_the_plan_knows_when() -> None:
    found = _plan(_held(_notice(publish_at=NOW + HOUR)))
    assert found.panel == ()
    assert found.next_change == NOW + HOUR


def test_a_notice_leaves_at_the_very_moment_it_expires() -> None:
    held = _held(_notice(valid_until=NOW + HOUR))
    assert _plan(held, NOW + HOUR - timedelta(microseconds=1)).panel
    assert _plan(held, NOW + HOUR).panel == ()


def test_with_an_untrusted_clock_nothing_expires_and_nothing_timed_is_spoken() -> None:
    found = _plan(_held(_notice()), NOW + 3650 * 24 * HOUR, trusted=False)
    assert [h.notice.id for h in found.panel] == ["N1"]
    assert found.speech == ()
    assert not found.clock_trusted


def test_stronger_notices_come_first_and_newer_before_older() -> None:
    held = _held(
        _notice("OLD", publish_at=NOW - 3 * HOUR),
        _notice("NEW", publish_at=NOW - HOUR),
        _notice("HIGH", publish_at=NOW - 5 * HOUR, priority="scheduled"),
    )
    assert [h.notice.id for h in _plan(held).panel] == ["HIGH", "NEW", "OLD"]


def test_an_actual_alert_comes_before_an_exercise_whatever_its_severity() -> None:
    exercise = _alert("EX", notice=_notice("EX", cap=Cap(status="Exercise", severity="Extreme")))
    actual = _alert("RE", notice=_notice("RE", cap=Cap(severity="Minor")))
    found = _plan(InForce(alerts=(exercise, actual)))
    assert [h.alert.id for h in found.alerts] == ["RE", "EX"]


def test_an_expired_alert_is_gone() -> None:
    found = _plan(InForce(alerts=(_alert(),)), NOW + 2 * HOUR)
    assert found.alerts == ()


def test_a_cancellation_is_not_an_alarm() -> None:
    cancel = _alert(notice=_notice("C", cap=Cap(msg_type="Cancel", references=("A1",))))
    assert _plan(InForce(alerts=(cancel,))).alerts == ()


def test_the_next_change_is_the_earliest_of_all() -> None:
    held = InForce(notices=_held(_notice(valid_until=NOW + 5 * HOUR)).notices, alerts=(_alert(),))
    assert _plan(held).next_change == NOW + HOUR
