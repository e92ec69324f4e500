"""The real hub and boxes through a real MQTT cluster, where one is installed: its short form.

``npm ci --prefix bench/cluster`` and Debian's nodejs and redis-server install it; the suite does
not ask for them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cluster.nodes import missing

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=missing() or "all is there"),
]


def test_the_invariants_hold_on_aedes_nodes_whatever_of_it_dies(tmp_path: Path) -> None:
    out = tmp_path / "cluster.json"
    done = subprocess.run(
        [sys.executable, "-m", "bench.cluster", "--short", "--json", str(out)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.exists(), done.stdout[-1000:] + done.stderr[-3000:]
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["breaches"] == []
    assert all(len(right) == 1 for _, right in found["faults"].values())
