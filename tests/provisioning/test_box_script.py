"""``box.sh`` puts the browser's policy and every unit of a box where Debian looks for them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OF_THE_HUB = {"village-hub.service"}


def test_policy_and_units_are_put_in_place(tmp_path: Path) -> None:
    script = PROJECT / "provisioning" / "debian" / "box.sh"
    environment = {**os.environ, "DESTDIR": str(tmp_path)}
    subprocess.run(["sh", str(script)], env=environment, check=True, capture_output=True)
    policy = tmp_path / "etc/chromium/policies/managed/village.json"
    assert json.loads(policy.read_text(encoding="utf-8"))["URLBlocklist"] == ["*"]
    shipped = {
        path.name
        for pattern in ("*.service", "*.target", "*.mount")
        for path in (PROJECT / "systemd").glob(pattern)
    }
    placed = {path.name for path in (tmp_path / "etc/systemd/system").iterdir()}
    assert placed == shipped - OF_THE_HUB


def test_it_can_be_run_again(tmp_path: Path) -> None:
    script = PROJECT / "provisioning" / "debian" / "box.sh"
    environment = {**os.environ, "DESTDIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run(["sh", str(script)], env=environment, check=True, capture_output=True)
