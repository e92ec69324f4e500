"""SIGKILL in the middle of an alarm: the unit's own stop action opens the relay, a restart too."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_audio_program import KEY, flood

from contract.messages import seal_message
from edge_agent import settings as box_settings
from edge_agent.clock import BoxClock
from edge_agent.poke import poke
from edge_agent.store import StoreWriter

if TYPE_CHECKING:
    from collections.abc import Callable

UNIT = Path(__file__).parents[3] / "systemd" / "village-audio.service"
PATIENCE_S = 50.0


def unit_command(setting: str, settings: Path) -> list[str]:
    """A command as it stands in the unit, with this machine's Python and these settings."""
    (line,) = re.findall(rf"^{setting}=(.+)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    program, *words = shlex.split(line)
    start = [sys.executable] if program.endswith("python") else [
        sys.executable, "-m", "edge_agent.cli",
    ]  # fmt: skip
    return [*start, *(str(settings) if word.endswith("agent.toml") else word for word in words)]


def until(condition: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, "this never came true"
        time.sleep(0.02)


@pytest.mark.timeout(150)
def test_a_killed_audio_part_leaves_no_amplifier_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    monkeypatch.setenv("VILLAGE_BOOT_ID", "test")
    path = tmp_path / "agent.toml"
    path.write_text(
        '[box]\nid = "box-1"\narea = "530199001001"\nvillage = "青石村"\n'
        f'state = "{tmp_path}/state"\nrun = "{tmp_path}/run"\n'
        '[[zone]]\nname = "horn"\nsink = "file"\nrelay_pin = 17\n',
        encoding="utf-8",
    )
    settings = box_settings.load(path)
    now = datetime.now(UTC)
    BoxClock(settings.part_folder("clock")).store_trust(now)
    store = StoreWriter(settings.part_folder("store"))
    alert = flood(issued_at=now, expires_at=now + timedelta(hours=1), repeats=0)
    store.put_alert(alert, seal_message(alert, KEY), now)
    log = settings.part_folder("audio") / "relay-edges.jsonl"

    def edges() -> list[tuple[bool, str]]:
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [(row["on"], row["why"]) for row in map(json.loads, lines)]

    part = subprocess.Popen(unit_command("ExecStart", path), env=dict(os.environ))
    try:
        until(lambda: poke(settings.run, "audio") or (edges() and edges()[-1][0]))
    finally:
        part.kill()
        part.wait()
    assert edges()[-1] == (True, "A-1@1"), "nothing in the program could open it any more"
    done = subprocess.run(unit_command("ExecStopPost", path), check=False)
    assert done.returncode == 0
    assert edges()[-1] == (False, "stop action")
