"""The maker's own SDK, live, against our emulated card; elsewhere its recorded bytes are replayed.

The SDK has no licence that lets it be shipped: name its folder in ``ONBON_SDK`` to run this.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

_BENCH = Path(__file__).parents[3] / "bench" / "led_sdk.py"
_NOT_HERE = 2


def test_the_makers_sdk_takes_the_emulated_card_for_a_real_one() -> None:
    told = subprocess.run(
        [sys.executable, str(_BENCH)], capture_output=True, text=True, timeout=300, check=False
    )
    if told.returncode == _NOT_HERE:
        pytest.skip(told.stderr.strip())
    outcomes = json.loads(told.stdout)
    assert set(outcomes) == {"mono", "dual"}
    for steps in outcomes.values():
        assert len(steps) == 15
        assert set(steps.values()) == {"ok"}, steps
