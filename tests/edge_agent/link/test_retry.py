"""Connecting again: at once, then quickly, then spread so that no county comes in step."""

from __future__ import annotations

import random

import pytest

from edge_agent.link.retry import LONG_OUTAGE_S, LONG_PAUSE_S, SHORT_PAUSE_S, Retry


def seeded(seed: int) -> Retry:
    return Retry(random.Random(seed))  # noqa: S311 - the same spread in every run


def test_the_first_try_waits_for_nothing() -> None:
    assert Retry().pause_s(0.0) == 0.0


@pytest.mark.parametrize("seed", range(20))
def test_within_an_hour_no_pause_is_longer_than_five_seconds(seed: int) -> None:
    retry = seeded(seed)
    now_s = 0.0
    while now_s < LONG_OUTAGE_S:
        pause_s = retry.pause_s(now_s)
        assert pause_s <= SHORT_PAUSE_S
        now_s += pause_s + 0.5


def test_after_a_long_outage_a_county_is_spread_over_a_minute() -> None:
    pauses = []
    for seed in range(200):
        retry = seeded(seed)
        for step in range(12):
            retry.pause_s(float(step))
        pauses.append(retry.pause_s(LONG_OUTAGE_S + 60))
    assert max(pauses) <= LONG_PAUSE_S
    assert max(pauses) - min(pauses) > LONG_PAUSE_S / 2


def test_a_connection_that_stood_starts_over() -> None:
    retry = Retry()
    for step in range(5):
        retry.pause_s(float(step))
    retry.succeeded()
    assert retry.pause_s(10.0) == 0.0


def test_a_month_without_network_is_counted_to_its_end() -> None:
    retry, now_s = seeded(1), 0.0
    while now_s < 30 * 86_400:
        now_s += retry.pause_s(now_s)
    assert retry.pause_s(now_s) <= LONG_PAUSE_S
