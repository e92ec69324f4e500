"""espeak-ng, pyttsx3 and the child they live in; the real programs, and bad ones on the PATH."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import wave
from typing import TYPE_CHECKING

import pytest

from edge_agent.audio.pcm import RATE_HZ
from edge_agent.audio.script import Script, spoken_words
from edge_agent.audio.voices import fetch
from edge_agent.audio.voices.choice import VoiceChain, choose_voice
from edge_agent.audio.voices.espeak import EspeakEngine, chinese_voice, words_for_espeak
from edge_agent.audio.voices.isolated import IsolatedVoice
from edge_agent.audio.voices.voice import VoiceError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a bad espeak-ng can be put; it is found before the real one."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    chinese_voice.cache_clear()
    yield tmp_path / "espeak-ng"
    chinese_voice.cache_clear()


def install(path: Path, script: str) -> None:
    path.write_text("#!/bin/sh\n" + script, encoding="utf-8")
    path.chmod(0o755)


def test_a_voice_is_chosen_that_does_not_turn_chinese_into_english() -> None:
    assert chinese_voice() in {"cmn-latn-pinyin+f3", "cmn+f3"}


def test_espeak_speaks_chinese_at_the_common_loudness() -> None:
    voice = IsolatedVoice("espeak")
    sound = voice.render(spoken_words("停水通知。明天8:00停水，请储水。"))
    voice.close()
    assert 3.0 < sound.duration_s < 12.0
    assert sound.loudness_lufs == pytest.approx(-16, abs=1)
    assert sound.peak_dbtp <= -1.5
    assert (sound.engine, sound.voice) == ("espeak", chinese_voice())
    assert len(sound.data) == round(sound.duration_s * RATE_HZ) * 2


def test_slower_is_slower() -> None:
    voice = IsolatedVoice("espeak")
    script = spoken_words("请大家到村委会开会。")
    usual, slow = voice.render(script), voice.render(script, 0.7)
    voice.close()
    assert slow.duration_s > usual.duration_s * 1.2


@pytest.mark.parametrize(
    "text",
    [
        "䶮㛃𠅤先生请到村委会",
        "宁E12345，GPS，CT，WiFi",
        "$(reboot) `id` ; rm -rf / && 停水 | cat > x",
        "--version 停水",
        "-f /etc/passwd 停水",
        "<speak>停水</speak> [[xi3]] 通知",
        "Здравствуйте停水سلام",
    ],
)
def test_hostile_and_rare_texts_are_spoken_or_left_out_never_run(text: str) -> None:
    voice = IsolatedVoice("espeak")
    assert voice.render(spoken_words(text)).duration_s > 0.3
    voice.close()


def test_letters_and_the_county_s_words_reach_espeak_as_syllables() -> None:
    script = spoken_words("解州CT", {"解州": "xiè zhōu"})
    assert words_for_espeak(script).split() == ["xie4", "zhou1", "sei1", "ti4"]


def test_nothing_to_say_is_an_answer_in_words() -> None:
    voice = IsolatedVoice("espeak")
    with pytest.raises(VoiceError, match="没有可以播出的文字"):
        voice.render(spoken_words("😂"))
    assert voice.render(spoken_words("停水")).duration_s > 0.3  # and it goes on
    voice.close()


def test_a_missing_espeak_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    chinese_voice.cache_clear()
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(VoiceError, match="apt install espeak-ng"):
        EspeakEngine()


def test_an_espeak_without_chinese_is_refused(program: Path) -> None:
    install(program, 'echo "(en)dZE55f\'o@55(cmn)_|"')
    with pytest.raises(VoiceError, match="没有中文语音"):
        EspeakEngine()


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("exit 0", "没有给出声音"),
        ("echo no >&2; exit 3", "failed: no"),
        ("echo RIFFgarbage", "没有给出声音"),
        ('head -c 44 "$(dirname "$0")/empty.wav"', "不可信"),
    ],
)
def test_sound_that_cannot_be_the_words_is_refused(
    program: Path, script: str, complaint: str
) -> None:
    engine = EspeakEngine("cmn-latn-pinyin")
    with wave.open(str(program.with_name("empty.wav")), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22_050)
    install(program, script)
    with pytest.raises(VoiceError, match=complaint):
        engine.speak(spoken_words("停水通知"), 1.0)


def test_a_hung_program_ends_with_the_deadline_and_the_next_voice_speaks(program: Path) -> None:
    install(program, "sleep 30")
    started_s = time.monotonic()
    voice = IsolatedVoice("espeak", "cmn")
    with pytest.raises(VoiceError, match="in time"):
        voice.render(spoken_words("停水"), deadline_s=1.5)
    assert time.monotonic() - started_s < 10
    program.unlink()
    assert voice.render(spoken_words("停水")).duration_s > 0.3
    voice.close()


def test_a_chain_asks_the_next_voice_when_one_fails(tmp_path: Path) -> None:
    chain = VoiceChain([IsolatedVoice("kokoro", "zm_yunjian", tmp_path), IsolatedVoice("espeak")])
    assert chain.render(spoken_words("停水通知")).engine == "espeak"
    chain.close()


def test_a_chain_without_a_working_voice_names_each_failure(tmp_path: Path) -> None:
    chain = VoiceChain([IsolatedVoice("kokoro", "zm_yunjian", tmp_path)])
    with pytest.raises(VoiceError, match="kokoro:zm_yunjian: 语音模型不完整"):
        chain.render(spoken_words("停水通知"))
    chain.close()


def test_voices_are_chosen_by_configuration(tmp_path: Path) -> None:
    assert choose_voice(("kokoro", "espeak", "siren"), tmp_path).name == "espeak"
    assert choose_voice(("stock", "espeak:cmn", "pyttsx3")).name == "stock, espeak:cmn, pyttsx3"
    with pytest.raises(VoiceError, match="没有下载语音模型"):
        choose_voice(("kokoro",), tmp_path).render(spoken_words("停水"))
    with pytest.raises(VoiceError, match="no such voice: siri"):
        choose_voice(("siri",))


def test_pyttsx3_is_checked_for_what_it_wrote() -> None:
    pytest.importorskip("pyttsx3")
    voice = IsolatedVoice("pyttsx3")
    sound = voice.render(spoken_words("停水通知。明天停水。"))
    voice.close()
    assert 2.0 < sound.duration_s < 12.0
    assert sound.loudness_lufs == pytest.approx(-16, abs=1)


def test_choosing_voices_loads_neither_numbers_nor_models() -> None:
    code = (
        "import sys, edge_agent.audio.voices.choice, edge_agent.audio.voices.render;"
        "heavy = ('numpy', 'wetext', 'jieba', 'pypinyin', 'onnxruntime');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_folder_without_the_model_is_not_complete(tmp_path: Path) -> None:
    assert not fetch.complete(tmp_path)
    (tmp_path / "vocab.json").write_text("{}", encoding="ascii")
    (tmp_path / "model.onnx").write_bytes(b"half of it")
    assert not fetch.complete(tmp_path)


def test_fetching_without_the_tools_for_it_says_which_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "no-such-python")
    with pytest.raises(VoiceError, match="没有安装 no-such-python"):
        fetch.fetch(tmp_path / "voice")
    assert not (tmp_path / "voice" / "model.onnx").exists()


def test_a_character_that_espeak_would_drop_is_reported() -> None:
    spoken = EspeakEngine().speak(Script("请\U00030000村停水，㛃。", (), (("㛃", "jie2"),)), 1.0)
    assert spoken.left_out == ("\U00030000",)
