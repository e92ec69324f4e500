"""Emergencies: two signatures, played once, never late, and silent after their cancellation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contract.algorithms import ALGORITHMS
from contract.areas import Area
from contract.messages import seal_message, sha256_hex
from contract.notice import Asset, Speech
from edge_agent.link.alarms import ANSWER_WITHIN_S, KEPT_FOR

if TYPE_CHECKING:
    from contract.alert import Alert
    from edge_agent.clock import ManualClock
    from tests.edge_agent.link.conftest import Box, County

pytestmark = pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))


def test_an_alert_with_two_signatures_is_handed_over(box: Box, county: County) -> None:
    box.alarms.take_message(box.area, county.seal_alert(county.alert()))
    assert box.alerts() == {"A1"}
    assert [each[0] for each in box.receipts()] == ["received", "stored"]


@pytest.mark.parametrize("signers", ["one", "twice", "stranger", "content"])
def test_an_alert_without_two_persons_is_refused(box: Box, county: County, signers: str) -> None:
    alert = county.alert()
    officer = county.officers[0]
    body = {
        "one": seal_message(alert, officer),
        "twice": seal_message(alert, officer, officer),
        "stranger": seal_message(alert, officer, county.stranger),
        "content": seal_message(alert, county.content, county.target),
    }[signers]
    box.alarms.take_message(box.area, body)
    assert box.alerts() == set()
    assert [reason for _, reason in box.refusals()] in (["bad_signature"], ["wrong_role"])


def test_an_altered_alert_is_refused(box: Box, county: County) -> None:
    body = county.seal_alert(county.alert())
    for place in range(10, len(body), 97):
        altered = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        box.alarms.take_message(box.area, altered)
    assert box.alerts() == set()
    assert len(box.refusals()) == len(range(10, len(body), 97))


def test_an_alert_that_comes_too_late_is_not_handed_over(
    box: Box, county: County, clock: ManualClock
) -> None:
    clock.advance(31 * 60)
    box.alarms.take_message(box.area, county.seal_alert(county.alert()))
    assert box.alerts() == set()
    assert box.refusals() == [("N-A1", "expired")]


def test_a_replayed_alert_is_reported_and_not_handed_over_again(box: Box, county: County) -> None:
    body = county.seal_alert(county.alert())
    box.alarms.take_message(box.area, body)
    change = box.held.store.change()
    for _ in range(3):
        box.alarms.take_message(box.area, body)
    assert box.held.store.change() == change
    assert box.refusals() == [("N-A1", "replayed")]


def test_a_redelivery_by_the_broker_is_no_replay(box: Box, county: County) -> None:
    body = county.seal_alert(county.alert())
    box.alarms.take_message(box.area, body)
    box.alarms.take_message(box.area, body, is_repeated=True)
    assert box.refusals() == []


def _recorded(alert: Alert) -> Alert:
    speech = Speech("请立即转移", Asset("ab" * 32, 9, "audio/ogg"), "kokoro", 3.0)
    return replace(alert, notice=replace(alert.notice, speech=speech))


@pytest.mark.parametrize("recorded_first", [False, True])
def test_the_recorded_edition_of_an_alert_is_kept_whichever_comes_first(
    box: Box, county: County, *, recorded_first: bool
) -> None:
    recorded = _recorded(county.alert())
    editions = [recorded.unrecorded, recorded]
    for each in reversed(editions) if recorded_first else editions:
        box.alarms.take_message(box.area, county.seal_alert(each))
    (held,) = box.held.store.in_force().alerts
    assert held.alert == recorded
    assert [each[0] for each in box.receipts()] == ["received", "stored"]


def test_a_recorded_edition_needs_two_persons_and_the_very_same_words(
    box: Box, county: County
) -> None:
    recorded = _recorded(county.alert())
    box.alarms.take_message(box.area, county.seal_alert(recorded.unrecorded))
    box.alarms.take_message(box.area, seal_message(recorded, county.officers[0]))
    box.alarms.take_message(box.area, seal_message(recorded, county.content, county.target))
    other = replace(recorded, notice=replace(recorded.notice, title="别的话"))
    box.alarms.take_message(box.area, county.seal_alert(other))
    (held,) = box.held.store.in_force().alerts
    assert held.alert == recorded.unrecorded
    assert len(box.refusals()) == 3


def test_another_alert_under_a_used_id_is_refused(box: Box, county: County) -> None:
    box.alarms.take_message(box.area, county.seal_alert(county.alert()))
    box.alarms.take_message(box.area, county.seal_alert(county.alert(repeats=9)))
    assert box.refusals() == [("N-A1", "replayed")]


def test_a_cancelled_alert_is_over_and_stays_over(box: Box, county: County) -> None:
    body = county.seal_alert(county.alert())
    box.alarms.take_message(box.area, body)
    box.alarms.take_message(box.area, county.seal_alert(county.cancel("C1", "A1")))
    assert box.alerts() == {"C1"}


def test_a_cancellation_that_comes_before_its_alert_keeps_it_silent(
    box: Box, county: County
) -> None:
    box.alarms.take_message(box.area, county.seal_alert(county.cancel("C1", "A1")))
    box.restart()
    box.alarms.take_message(box.area, county.seal_alert(county.alert()))
    assert "A1" not in box.alerts()
    assert box.refusals() == [("N-A1", "cancelled")]


def test_an_alert_in_a_manifest_is_handed_over_once(box: Box, county: County) -> None:
    body = county.seal_alert(county.alert())
    box.take(county.manifest(1, ("A1", 1, body), kind="alert"), body)
    assert box.alerts() == {"A1"}
    change = box.held.store.change()
    box.alarms.take_message(box.area, body)
    box.take(county.manifest(2, ("A1", 1, body), kind="alert"), body)
    assert box.alerts() == {"A1"}
    assert box.held.store.change() == change + 1  # the second manifest, not the alert
    assert box.refusals() == []


def test_an_alert_for_another_village_is_refused(box: Box, county: County) -> None:
    alert = county.alert()
    far = replace(alert, notice=replace(alert.notice, areas=("530199001002",)))
    body = county.seal_alert(far)
    box.alarms.take_message(Area.parse("530199001002"), body)
    box.alarms.take_message(box.area, body)
    assert box.alerts() == set()
    assert [reason for _, reason in box.refusals()] == ["wrong_area"]


def test_without_a_trusted_clock_an_alert_waits_and_is_judged_by_the_answer(
    box: Box, county: County, clock: ManualClock
) -> None:
    clock.trusted = False
    box.alarms.take_message(box.area, county.seal_alert(county.alert()))
    assert box.alarms.asks_time
    assert box.alerts() == set()
    box.restart()

    clock.store_trust(clock.read().now + timedelta(minutes=5))
    box.alarms.turn()
    assert box.alerts() == {"A1"}
    assert not box.alarms.asks_time


def test_an_alert_recorded_before_a_power_cut_is_not_played_after_it(
    box: Box, county: County, clock: ManualClock
) -> None:
    clock.trusted = False
    clock.set(clock.read().now - timedelta(days=3))
    box.alarms.take_message(box.area, county.seal_alert(county.alert()))
    clock.store_trust(clock.read().now + timedelta(days=4))
    box.alarms.turn()
    assert box.alerts() == set()
    assert box.refusals() == [("N-A1", "expired")]


def test_an_alert_that_nobody_gives_the_time_for_is_reported(
    box: Box, county: County, clock: ManualClock
) -> None:
    clock.trusted = False
    box.alarms.take_message(box.area, county.seal_alert(county.alert()))
    clock.advance(ANSWER_WITHIN_S - 1)
    box.alarms.turn()
    assert box.refusals() == []
    clock.advance(1)
    box.alarms.turn()
    box.alarms.turn()
    assert box.refusals() == [("N-A1", "clock_untrusted")]


def test_old_alerts_are_erased_and_their_ids_stay_known(
    box: Box, county: County, clock: ManualClock
) -> None:
    body = county.seal_alert(county.alert())
    box.alarms.take_message(box.area, body)
    clock.advance((KEPT_FOR + timedelta(days=1)).total_seconds())
    box.alarms.forget_old()
    assert box.held.store.alert_sha256("A1") is None
    box.alarms.take_message(box.area, body)
    assert box.alerts() == set()


def test_a_hash_names_the_alert_in_the_store(box: Box, county: County) -> None:
    body = county.seal_alert(county.alert())
    box.alarms.take_message(box.area, body)
    assert box.held.store.alert_sha256("A1") == sha256_hex(body)
