"""``box.sh`` puts the browser's policy and every unit of a box where Debian looks for them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.audio.commands import MODEL_FOLDERS
from edge_agent.audio.script import spoken_words
from edge_agent.audio.voices.choice import choose_voice
from edge_agent.audio.voices.stock import PHRASES, StockVoice

PROJECT = Path(__file__).resolve().parents[2]
OF_THE_HUB = {"village-hub.service"}


def run(folder: Path, **more: str) -> None:
    """The script, writing below ``folder``."""
    environment = {**os.environ, "DESTDIR": str(folder), "VILLAGE_PYTHON": "/nowhere", **more}
    script = PROJECT / "provisioning" / "debian" / "box.sh"
    subprocess.run(["sh", str(script)], env=environment, check=True, capture_output=True)


def test_policy_and_units_are_put_in_place(tmp_path: Path) -> None:
    run(tmp_path)
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
    for _ in range(2):
        run(tmp_path)


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
@pytest.mark.skipif(shutil.which("opusenc") is None, reason="opus-tools are not installed")
def test_a_box_has_every_emergency_phrase_where_its_voices_look_for_it(tmp_path: Path) -> None:
    nothing, bench = str(tmp_path / "nothing"), tmp_path / "bench"
    run(tmp_path / "first", VILLAGE_VOICE_FOLDER=nothing, VILLAGE_PYTHON=sys.executable)
    spoken = tmp_path / "first" / MODEL_FOLDERS[0].lstrip("/") / "stock"
    shutil.copytree(spoken, bench / "stock")
    run(tmp_path / "box", VILLAGE_VOICE_FOLDER=str(bench))
    folder = tmp_path / "box" / MODEL_FOLDERS[0].lstrip("/")
    assert {path.stem for path in (folder / "stock").iterdir()} == set(PHRASES)
    alarm = spoken_words("紧急通知！山洪暴发，请立即转移。")
    assert choose_voice(("stock",), folder).render(alarm).voice == "flood"
    for name in PHRASES:
        assert StockVoice(folder / "stock").render(spoken_words(PHRASES[name])).voice == name


def test_a_box_without_phrases_is_told_where_they_come_from(tmp_path: Path) -> None:
    environment = {**os.environ, "DESTDIR": str(tmp_path), "VILLAGE_PYTHON": "/nowhere",
                   "VILLAGE_VOICE_FOLDER": str(tmp_path / "nothing")}  # fmt: skip
    script = PROJECT / "provisioning" / "debian" / "box.sh"
    done = subprocess.run(
        ["sh", str(script)], env=environment, check=True, capture_output=True, text=True
    )
    assert "make voice" in done.stderr
