"""Work is shared out among living workers, and nobody does a share twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from hub.broker.files import TAKERS
from hub.leases.holding import DISPATCH, LEASE_S, MARGIN_S, RENEW_S, Holding
from hub.leases.models import Lease, Worker

SHARES = ("530111", "530122", "530199", "530302", "530303")
pytestmark = pytest.mark.django_db


def turn(holding: Holding, now_s: float, brokers: int = 1) -> frozenset[str]:
    return holding.turn(SHARES, now_s, brokers=brokers, waiting=0)


def die(name: str) -> None:
    """Nothing is heard of a worker until its leases have run out."""
    past = timezone.now() - timedelta(seconds=LEASE_S + 1)
    Worker.objects.filter(name=name).update(beat_at=past)
    Lease.objects.filter(worker=name).update(until=past)


def test_a_worker_alone_does_everything() -> None:
    assert turn(Holding("a"), 0.0) == set(SHARES)


def test_a_newcomer_gets_its_share_and_no_share_has_two_holders() -> None:
    first, second = Holding("a"), Holding("b")
    turn(first, 0.0)
    assert turn(second, 0.0) == set()
    kept = turn(first, RENEW_S)
    taken = turn(second, RENEW_S)
    assert (len(kept), len(taken)) == (3, 2)
    assert kept | taken == set(SHARES)
    assert not kept & taken


def test_what_a_dead_worker_held_is_taken_over() -> None:
    first, second = Holding("a"), Holding("b")
    turn(first, 0.0)
    turn(second, 0.0)
    turn(first, RENEW_S)
    die("a")
    assert turn(second, RENEW_S) == set(SHARES)


def test_a_worker_that_cannot_renew_stops_before_its_lease_ends() -> None:
    holding = Holding("a")
    turn(holding, 0.0)
    ends_s = LEASE_S - MARGIN_S
    assert holding.serving(ends_s - 0.1) == set(SHARES)
    assert holding.serving(ends_s) == set()


def test_a_worker_started_again_under_its_name_goes_on_at_once() -> None:
    turn(Holding("a"), 0.0)
    assert turn(Holding("a"), 0.0) == set(SHARES)


def test_a_worker_that_ends_lets_go_at_once() -> None:
    first, second = Holding("a"), Holding("b")
    turn(first, 0.0)
    turn(second, 0.0)
    first.let_go()
    assert turn(second, RENEW_S) == set(SHARES)
    assert list(Worker.objects.values_list("name", flat=True)) == ["b"]


def test_one_that_was_thought_dead_takes_nothing_back_that_others_hold() -> None:
    first, second = Holding("a"), Holding("b")
    turn(first, 0.0)
    die("a")
    assert turn(second, 0.0) == set(SHARES)
    assert turn(first, RENEW_S) == set()


def test_who_reaches_fewer_brokers_than_another_lets_go_of_everything() -> None:
    first, second = Holding("a"), Holding("b")
    turn(first, 0.0, brokers=2)
    turn(second, 0.0, brokers=2)
    assert turn(first, RENEW_S, brokers=1) == set()
    assert turn(second, RENEW_S, brokers=2) == set(SHARES)
    assert turn(first, 2 * RENEW_S, brokers=2) == set()
    assert len(turn(second, 2 * RENEW_S, brokers=2)) == 3


def test_where_nobody_reaches_a_broker_nothing_changes_hands() -> None:
    first, second = Holding("a"), Holding("b")
    turn(first, 0.0, brokers=0)
    turn(second, 0.0, brokers=0)
    kept = turn(first, RENEW_S, brokers=0)
    taken = turn(second, RENEW_S, brokers=0)
    assert (len(kept), len(taken)) == (3, 2)


def test_dispatching_is_the_first_share_given_out() -> None:
    assert min([DISPATCH, *TAKERS]) == DISPATCH
