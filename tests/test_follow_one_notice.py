"""One notice from desk to panel, screen and ledger, with a plug pulled after every step.

Real processes: web site, dispatcher, Mosquitto, box, emulated card on a serial line. Boxes lose
power by SIGKILL of every process, the hub loses its broker and its dispatcher, the network is
cut. What the panel and the screen ever showed is remembered and must only move forward.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.demo.order import is_in_order
from tests import empty_hub

STEPS = ("submitted", "approved", "signed", "outbox", "sealed", "stored", "shown", "receipt")


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.timeout(900)
def test_one_notice_arrives_whatever_fails_on_its_way(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "prepared").symlink_to(empty_hub.shelf())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "hub.cli", "demo", "--walk"),
            *("--folder", str(tmp_path / "demo"), "--out", str(out)),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "VILLAGE_STORY_SLACK": "10"},
    )
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    facts = " ".join(report["steps"][0]["facts"])
    assert report["verified"]
    assert [step for step in STEPS if step not in facts] == []


@pytest.mark.parametrize("seen", [[0, 1, 2, 3, 0], [1], [0], [], [1, 3], [0, 2, 0]])
def test_editions_that_only_grow_are_in_order(seen: list[int]) -> None:
    assert is_in_order(seen)


@pytest.mark.parametrize("seen", [[1, 2, 1], [1, 0, 1], [0, 1, 0, 1], [3, 2], [1, 0, 2, 0]])
def test_an_old_edition_or_a_withdrawn_one_that_returns_is_seen(seen: list[int]) -> None:
    assert not is_in_order(seen)
