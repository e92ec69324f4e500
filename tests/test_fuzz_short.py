"""The short form of bench/fuzz.py: every parser of strangers' bytes, some hundred inputs each."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench import fuzz

TARGETS = fuzz.targets()


@pytest.mark.parametrize("target", TARGETS, ids=[each.name for each in TARGETS])
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_a_parser_answers_or_refuses_in_its_own_words(target: fuzz.Target, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - to be the same again
    fuzz.run_once(target, fuzz.mutated(dice, target.good))  # any other error fails the test


@pytest.mark.parametrize("target", TARGETS, ids=[each.name for each in TARGETS])
def test_a_parser_needs_little_memory_whatever_comes(target: fuzz.Target) -> None:
    dice = random.Random(7)  # noqa: S311 - to be the same again
    for good in target.good:
        fuzz.run_once(target, good)
    for _ in range(15):
        data = fuzz.mutated(dice, target.good)
        tracemalloc.start()
        fuzz.run_once(target, data)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak_bytes < fuzz.WORST_RUN_BYTES


def test_every_good_input_is_good() -> None:
    for target in TARGETS:
        for good in target.good:
            target.parse(good)
