"""The neural voice itself, where its model was fetched (``make setup`` does)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from contract.notice import Notice, Sender, Speech
from edge_agent.audio.commands import model_folder
from edge_agent.audio.script import Script, spoken_words
from edge_agent.audio.voices import fetch
from edge_agent.audio.voices.choice import KOKORO_VOICE
from edge_agent.audio.voices.isolated import IsolatedVoice
from edge_agent.audio.voices.recording import open_recording
from edge_agent.audio.voices.render import render_announcement
from edge_agent.audio.voices.voice import VoiceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = model_folder()
PATIENT_S = 200.0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not fetch.complete(FOLDER), reason="the voice's model was not fetched"),
]


@pytest.fixture(scope="module")
def voice() -> Iterator[IsolatedVoice]:
    kokoro = IsolatedVoice("kokoro", KOKORO_VOICE, FOLDER)
    yield kokoro
    kokoro.close()


def test_a_notice_becomes_opus_with_all_that_the_reviewer_needs(voice: IsolatedVoice) -> None:
    now = datetime(2024, 7, 5, tzinfo=UTC)
    notice = Notice(
        id="N3",
        revision=1,
        areas=("530199001001",),
        title="停水通知",
        summary="",
        sender=Sender("青石村村委会"),
        publish_at=now,
        issued_at=now,
        speech=Speech("解州村7月6日8:00停水，G338绕行😂。"),
    )
    rendered = render_announcement(notice, voice, {"解州": "xiè zhōu"})
    assert rendered.mime == "audio/ogg"
    assert (rendered.engine, rendered.voice) == ("kokoro", KOKORO_VOICE)
    assert rendered.words == "解州村七月六日八点停水，G三三八绕行。"
    assert rendered.pinyin.startswith("xièzhōu cūn")
    assert [item.reason for item in rendered.unspoken] == ["emoji"]
    assert rendered.left_out == ()
    assert 3 < rendered.duration_s < 10
    assert rendered.loudness_lufs == pytest.approx(-16, abs=1)
    assert rendered.peak_dbtp <= -1.5
    played = open_recording(rendered.file, rendered.sha256)
    assert played.duration_s == pytest.approx(rendered.duration_s, abs=0.01)
    assert played.original_lufs == pytest.approx(-16, abs=1)


def test_a_sentence_beyond_the_model_s_limit_is_split(voice: IsolatedVoice) -> None:
    endless = "请大家到村委会开会" * 14
    sound = voice.render(Script(endless), deadline_s=PATIENT_S)
    assert sound.duration_s > len(endless) * 0.1
    assert sound.left_out == ()


def test_characters_that_the_voice_would_drop_are_reported(voice: IsolatedVoice) -> None:
    sound = voice.render(Script("《停水》\U00030000【通知】,好"), deadline_s=PATIENT_S)
    assert sound.left_out == ("\U00030000",)


def test_spelled_letters_take_their_time(voice: IsolatedVoice) -> None:
    with_letters = voice.render(spoken_words("请看GPS定位"), deadline_s=PATIENT_S)
    without = voice.render(spoken_words("请看定位"), deadline_s=PATIENT_S)
    assert with_letters.duration_s > without.duration_s + 0.4


def test_a_deadline_that_passes_is_an_answer_and_the_next_words_are_spoken(
    voice: IsolatedVoice,
) -> None:
    with pytest.raises(VoiceError, match="in time"):
        voice.render(spoken_words("请大家到村委会开会。" * 20), deadline_s=0.05)
    assert voice.render(spoken_words("停水。"), deadline_s=PATIENT_S).duration_s > 0.2


def test_a_damaged_model_is_found(tmp_path: Path) -> None:
    (tmp_path / "voices").mkdir()
    for name in ("vocab.json", "voices/zm_yunjian.bin", "voices/zf_xiaoyi.bin"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    assert not fetch.complete(tmp_path)
    broken = IsolatedVoice("kokoro", KOKORO_VOICE, tmp_path)
    with pytest.raises(VoiceError, match="does not load"):
        broken.warm_up(PATIENT_S)
    broken.close()
