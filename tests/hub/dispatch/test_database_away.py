"""A database that is away for a moment: nothing that was begun is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError

from hub.dispatch import assertion, manifests
from hub.sealing.models import OutboxRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.hub.dispatch.conftest import BoxOnDesk, Road

Forms = dict[str, dict[str, Any]]
pytestmark = pytest.mark.broker


@pytest.fixture
def box(road: Road) -> BoxOnDesk:
    return road.add_box("box-1", road.people.village.code)


class Away:
    """Stands before a function and refuses the first calls."""

    def __init__(self, function: Callable[..., Any], refusals: int) -> None:
        self._function = function
        self.left = refusals

    def __call__(self, *words: object, **named: object) -> object:
        if self.left:
            self.left -= 1
            raise OperationalError("database is locked")
        return self._function(*words, **named)


def until(road: Road, condition: Callable[[], object]) -> None:
    """As the program does: trouble with the database ends a turn, not the loop."""

    def turned() -> bool:
        try:
            road.turn()
        except OperationalError:
            return False
        return bool(condition())

    for _ in range(3000):
        if turned():
            return
    raise AssertionError("this never came true")


def test_an_act_is_not_forgotten(
    road: Road, box: BoxOnDesk, notices: Forms, monkeypatch: pytest.MonkeyPatch
) -> None:
    road.until(lambda: road.dispatcher.is_up)
    road.for_a_while(0.5)  # the first look round is over, the next one is a minute off
    away = Away(manifests.seal_layer, 2)
    monkeypatch.setattr(manifests, "seal_layer", away)
    road.publish(notices["N003"])
    until(road, lambda: box.names() == {"N003@1"})
    until(road, lambda: not OutboxRow.objects.filter(done_at=None).exists())
    assert not away.left


def test_a_message_to_be_asserted_is_not_forgotten(
    road: Road, box: BoxOnDesk, notices: Forms, monkeypatch: pytest.MonkeyPatch
) -> None:
    road.until(lambda: road.dispatcher.is_up)
    road.for_a_while(0.5)
    away = Away(assertion.body_of, 2)
    monkeypatch.setattr(assertion, "body_of", away)
    road.publish(notices["N003"])
    until(road, lambda: box.names() == {"N003@1"})
    assert not away.left


def test_a_broker_that_lost_everything_is_filled_though_the_database_is_away_when_it_is_back(
    road: Road, box: BoxOnDesk, notices: Forms, monkeypatch: pytest.MonkeyPatch
) -> None:
    road.publish(notices["N003"])
    road.until(lambda: box.names() == {"N003@1"})
    away = Away(road.dispatcher.connected, 2)
    monkeypatch.setattr(road.dispatcher, "connected", away)
    road.broker.kill()
    road.broker.files.database.unlink(missing_ok=True)
    late = road.add_box("box-2", road.people.village.code)
    until(road, lambda: late.names() == {"N003@1"})
    assert not away.left
