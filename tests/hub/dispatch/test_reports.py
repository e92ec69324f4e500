"""State reports: who is there, who is behind, and that nobody is helped too often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from contract.uplink import BoxState, LayerState
from hub.dispatch.models import Layer
from hub.dispatch.reports import (
    ANSWER_WITHIN_S,
    REPEAT_S,
    SETTLE_S,
    SILENT_AFTER,
    Reports,
    note_silent,
)
from hub.ledger import boxes
from hub.ledger.models import Box

if TYPE_CHECKING:
    from tests.hub.conftest import Desk


@pytest.fixture
def area(people: Desk) -> str:
    code = people.village.code
    boxes.add_box("box-1", code)
    Layer.objects.create(
        area=code, epoch=1, generation=5, content="x", body=b"x", sealed_at=timezone.now()
    )
    return code


def state(**changes: object) -> BoxState:
    made = BoxState("box-1", "s1", True, timezone.now(), clock_trusted=True)
    return replace(made, **changes)  # type: ignore[arg-type] # a test's shorthand


def layers(area: str, generation: int, *, complete: bool = True) -> dict[str, LayerState]:
    return {area: LayerState(1, generation, complete)}


def box() -> Box:
    return Box.objects.get(id="box-1")


@pytest.mark.usefixtures("area")
def test_an_old_connection_s_will_does_not_darken_a_new_one() -> None:
    reports = Reports()
    reports.take(state(session="old"), 0.0)
    reports.take(state(session="new"), 1.0)
    reports.take(state(session="old", online=False), 2.0)
    assert box().is_online
    reports.take(state(session="new", online=False), 3.0)
    assert not box().is_online


@pytest.mark.usefixtures("area")
def test_since_when_is_the_moment_of_the_change() -> None:
    reports = Reports()
    reports.take(state(), 0.0)
    since = box().online_changed_at
    reports.take(state(), 300.0)
    assert box().online_changed_at == since


def test_a_box_that_stays_behind_is_helped_and_not_too_often(area: str) -> None:
    reports = Reports()
    reports.take(state(layers=layers(area, 4)), 0.0)
    assert not reports.due(SETTLE_S - 0.1)
    assert set(reports.due(SETTLE_S)) == {area}
    helped = 0
    for tenth in range(300):
        now_s = SETTLE_S + tenth / 10
        reports.take(state(layers=layers(area, 4)), now_s)
        helped += len(reports.due(now_s))
    assert helped <= 30 / REPEAT_S


def test_a_box_that_caught_up_in_time_is_not_helped(area: str) -> None:
    reports = Reports()
    reports.take(state(), 0.0)
    reports.take(state(layers=layers(area, 5)), 1.0)
    assert not reports.due(100.0)


def test_a_box_whose_content_is_incomplete_is_helped(area: str) -> None:
    reports = Reports()
    reports.take(state(layers=layers(area, 5, complete=False)), 0.0)
    assert set(reports.due(SETTLE_S)) == {area}


def test_a_box_that_gets_on_while_more_is_changed_is_not_helped(area: str) -> None:
    reports = Reports()
    for second in range(60):
        Layer.objects.update(generation=second + 6)
        reports.take(state(layers=layers(area, second + 5)), float(second))
        assert not reports.due(float(second))
    assert set(reports.due(59.0 + SETTLE_S)) == {area}


def test_a_box_that_was_helped_often_is_helped_soon_when_it_lacks_something_else(
    area: str,
) -> None:
    reports = Reports()
    reports.take(state(layers=layers(area, 4)), 0.0)
    helped_s = [float(now_s) for now_s in range(1000) if reports.due(float(now_s))]
    assert helped_s[-1] - helped_s[-2] > 2 * REPEAT_S
    Layer.objects.update(generation=6)
    reports.take(state(layers=layers(area, 5)), helped_s[-1] + 1)
    assert reports.due(helped_s[-1] + REPEAT_S)


def test_a_new_connection_forgets_what_was_lacking_and_its_damping(area: str) -> None:
    reports = Reports()
    reports.take(state(layers=layers(area, 4)), 0.0)
    assert reports.due(SETTLE_S)
    reports.ask(SETTLE_S + 1)
    reports.take(state(layers=layers(area, 4)), SETTLE_S + 2)
    assert reports.due(2 * SETTLE_S + 2)


def test_the_manifest_alone_is_repeated_first_and_all_of_it_later_or_for_what_is_incomplete(
    area: str,
) -> None:
    reports = Reports()
    reports.take(state(layers=layers(area, 4)), 0.0)
    assert reports.due(SETTLE_S) == {area: False}
    assert reports.due(SETTLE_S + REPEAT_S) == {area: True}
    reports = Reports()
    reports.take(state(layers=layers(area, 5, complete=False)), 0.0)
    assert reports.due(SETTLE_S) == {area: True}


def test_an_area_is_asserted_once_for_all_who_lack_it(area: str) -> None:
    boxes.add_box("box-2", area)
    reports = Reports()
    for name in ("box-1", "box-2"):
        reports.take(state(box=name), 0.0)
    assert set(reports.due(SETTLE_S)) == {area}
    assert not reports.due(SETTLE_S + 1)


@pytest.mark.usefixtures("area")
def test_a_silent_box_is_away_since_it_last_spoke() -> None:
    Reports().take(state(), 0.0)
    spoke_at = timezone.now() - SILENT_AFTER - timedelta(minutes=1)
    Box.objects.update(reported_at=spoke_at)
    Reports().take(state(), 0.0, is_retained=True)  # the hub has reconnected, the box has not
    note_silent()
    assert not box().is_online
    assert box().online_changed_at == spoke_at


def test_a_box_that_vanished_with_its_broker_is_away_within_a_minute(area: str) -> None:
    boxes.add_box("box-2", area)
    reports = Reports()
    for name in ("box-1", "box-2"):
        reports.take(state(box=name), 0.0)
    reports.ask(100.0)  # the broker crashed and the hub is connected again
    reports.take(state(box="box-2"), 105.0)
    reports.take(state(at=timezone.now() - timedelta(hours=1)), 106.0, is_retained=True)
    reports.due(100.0 + ANSWER_WITHIN_S - 0.1)
    assert box().is_online
    reports.due(100.0 + ANSWER_WITHIN_S)
    assert not box().is_online
    assert Box.objects.get(id="box-2").is_online
    assert ANSWER_WITHIN_S < 60


@pytest.mark.usefixtures("area")
def test_a_revoked_box_is_not_listened_to() -> None:
    boxes.revoke_box("box-1")
    Reports().take(state(), 0.0)
    assert not box().is_online
