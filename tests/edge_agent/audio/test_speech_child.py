"""The child that speaks, with the real fallback voice of the box."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from contract import codec
from contract.notice import Notice, Sender, Speech
from edge_agent import settings as box_settings
from edge_agent.audio.pcm import WavFile
from edge_agent.audio.sounds import chime, wav_bytes
from edge_agent.audio.speech_child import Studio
from edge_agent.poke import PokeListener

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2024, 7, 3, 4, 0, tzinfo=UTC)


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    if shutil.which("espeak-ng") is None:
        pytest.fail("espeak-ng is missing: apt-get install espeak-ng")
    path = tmp_path / "agent.toml"
    path.write_text(
        '[box]\nid = "box-1"\narea = "530199001001"\nvillage = "青石村"\n'
        f'state = "{tmp_path}/state"\nrun = "{tmp_path}/run"\n'
        '[audio]\nvoices = ["espeak", "siren"]\nlexicon_file = "/nonexistent/lexicon.toml"\n',
        encoding="utf-8",
    )
    (tmp_path / "speech").mkdir()
    made = Studio(box_settings.load(path), tmp_path / "speech")
    yield made
    made.close()


def order(name: str, text: str = "", **changes: object) -> dict[str, object]:
    made: dict[str, object] = {
        "name": name, "text": text, "notice": None, "recording": False, "slower": False,
        "urgent": True,
    }  # fmt: skip
    return made | changes


def answer(folder: Path, name: str) -> dict[str, object]:
    return dict(json.loads((folder / "speech" / f"{name}.json").read_text(encoding="utf-8")))


def test_words_become_a_file_of_the_right_form_and_the_part_is_poked(
    studio: Studio, tmp_path: Path
) -> None:
    with PokeListener(tmp_path / "run", "audio") as poked:
        studio.carry_out(order("a", "各位村民请注意"))
        assert poked.wait(0)
    assert answer(tmp_path, "a")["engine"] == "espeak"
    sound = WavFile(tmp_path / "speech" / "a.wav")
    assert sound.samples > 48_000
    sound.close()


def test_the_words_of_a_notice_go_through_its_script(studio: Studio, tmp_path: Path) -> None:
    notice = Notice(
        "N001", 1, ("530199001001",), "标题", "摘要", Sender("村"), NOW, NOW,
        speech=Speech("补贴1200元"),
    )  # fmt: skip
    studio.carry_out(order("n", notice=codec.encode(notice)))
    assert answer(tmp_path, "n")["engine"] == "espeak"


def test_the_second_reading_is_slower(studio: Studio, tmp_path: Path) -> None:
    lengths = []
    for name, slower in (("usual", False), ("slow", True)):
        studio.carry_out(order(name, "各位村民请注意", slower=slower))
        sound = WavFile(tmp_path / "speech" / f"{name}.wav")
        lengths.append(sound.samples)
        sound.close()
    assert lengths[1] > lengths[0] * 1.08


def test_a_recording_is_used_as_it_is(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "speech" / "r.source").write_bytes(wav_bytes(chime()))
    studio.carry_out(order("r", "不用说这句", recording=True))
    assert answer(tmp_path, "r")["engine"] == "recorded"


def test_a_broken_recording_is_spoken_by_the_voice(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "speech" / "r.source").write_bytes(b"OggS but broken")
    studio.carry_out(order("r", "各位村民请注意", recording=True))
    assert answer(tmp_path, "r")["engine"] == "espeak"


@pytest.mark.parametrize("text", ["", "   ", "🎆🎆🎆", "\x00\x1b\u202e"])
def test_what_cannot_be_said_is_answered_in_words(
    studio: Studio, tmp_path: Path, text: str
) -> None:
    studio.carry_out(order("x", text))
    assert "nothing to say" in str(answer(tmp_path, "x")["error"])


def test_a_notice_that_cannot_be_read_is_answered_not_crashed(
    studio: Studio, tmp_path: Path
) -> None:
    studio.carry_out(order("x", notice={"id": "N1"}))
    assert "error" in answer(tmp_path, "x")
