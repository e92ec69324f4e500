"""Recordings: what is fit to be played, what is refused and in which words."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from edge_agent.audio.pcm import RATE_HZ
from edge_agent.audio.script import Script, spoken_words
from edge_agent.audio.sounds import wav_bytes
from edge_agent.audio.voices import opus
from edge_agent.audio.voices.finishing import to_pcm
from edge_agent.audio.voices.isolated import IsolatedVoice
from edge_agent.audio.voices.recording import RecordingRefusedError, open_recording
from edge_agent.audio.voices.stock import PHRASES, StockVoice, fitting_phrase, render_phrases
from edge_agent.audio.voices.voice import Rendering, VoiceError

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_opus_file_keeps_loudness_and_peak_itself() -> None:
    voice = IsolatedVoice("espeak")
    spoken = voice.render(spoken_words("紧急通知！地震！请立即到空旷的地方，远离房屋。"))
    voice.close()
    shipped = open_recording(opus.encode(spoken.data))
    assert shipped.original_lufs == pytest.approx(-16, abs=1)
    assert shipped.original_peak_dbtp <= -1.5


def words(seconds: float, level: float = 0.1, rate_hz: int = RATE_HZ) -> bytes:
    """Noise that swells as speech does, 16 bit."""
    count = int(seconds * rate_hz)
    noise = np.random.default_rng(3).standard_normal(count)
    swell = np.abs(np.sin(np.arange(count) / rate_hz * 9)) + 0.05
    return to_pcm(level * noise * swell)


def wav(pcm: bytes, rate_hz: int = RATE_HZ, channels: int = 1, width: int = 2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate_hz)
        out.writeframes(pcm)
    return file.getvalue()


def test_opus_comes_back_as_long_and_as_loud_as_it_went() -> None:
    pcm = words(5)
    file = opus.encode(pcm)
    assert len(file) < len(pcm) / 15
    recording = open_recording(file)
    assert recording.duration_s == pytest.approx(5.0, abs=0.001)
    assert recording.loudness_lufs == pytest.approx(-16, abs=1)
    assert recording.peak_dbtp <= -1.5
    assert len(recording.data) == pytest.approx(len(pcm), abs=96)


@pytest.mark.parametrize(("rate_hz", "channels"), [(16_000, 1), (44_100, 2), (48_000, 2)])
def test_usual_wav_files_become_48_khz_mono(rate_hz: int, channels: int) -> None:
    mono = np.frombuffer(words(3, rate_hz=rate_hz), "<i2")
    recording = open_recording(wav(np.repeat(mono, channels).tobytes(), rate_hz, channels))
    assert len(recording.data) / 2 / RATE_HZ == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize(
    ("file", "words_of_refusal"),
    [
        (b"", "不是 Opus 或 WAV"),
        (b"hello", "不是 Opus 或 WAV"),
        (b"OggS" + bytes(500), "损坏"),
        (opus.encode(words(2))[:300], "损坏"),
        (opus.encode(words(4))[:-9], "不完整"),
        (opus.encode(words(4))[: len(opus.encode(words(4))) // 2], "不完整"),
        (b"RIFF\x00\x00\x00\x00WAVEjunk", "损坏"),
        (wav(words(2))[:30], "损坏"),
        (wav(words(2, rate_hz=8_000), 8_000), "采样率 8000 Hz"),
        (wav(words(2), 192_000), "采样率 192000 Hz"),
        (wav(words(2), width=1), "16 位"),
        (wav(words(2), channels=6), "16 位"),
        (wav(words(0.1)), "太短"),
        (wav(bytes(RATE_HZ * 4)), "几乎没有声音"),
        (wav(words(2) + bytes(RATE_HZ * 2 * 12) + words(2)), "秒没有声音"),
    ],
)
def test_unfit_files_are_refused_in_words(file: bytes, words_of_refusal: str) -> None:
    with pytest.raises(RecordingRefusedError, match=words_of_refusal):
        open_recording(file)


def test_a_changed_file_is_not_played() -> None:
    file = wav(words(2))
    good = open_recording(file).sha256
    assert open_recording(file, good).sha256 == good
    with pytest.raises(RecordingRefusedError, match="签发的不一致"):
        open_recording(file + b"\0", good)


def test_a_file_that_is_too_long_is_refused_without_decoding_all_of_it() -> None:
    minute = words(60)
    for file in (opus.encode(minute), wav(minute)):
        with pytest.raises(RecordingRefusedError, match="请剪短"):
            open_recording(file, longest_s=20)
    claims_three_hours = bytearray(wav(words(2)))
    claims_three_hours[40:44] = (3 * 3600 * RATE_HZ * 2).to_bytes(4, "little")
    assert open_recording(bytes(claims_three_hours)).duration_s == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("紧急通知！山洪灾害红色预警！", "flood"),
        ("紧急通知！三组发生火灾！", "fire"),
        ("地震预警，请立即躲避", "earthquake"),
        ("滑坡红色预警", "landslide"),
        ("紧急通知，请马上转移", "move"),
        ("演练，演练，山洪预警", "exercise"),
        ("山洪灾害红色预警已经解除", ""),
        ("森林防火期内严禁野外用火", ""),
        ("停水通知", ""),
    ],
)
def test_a_stock_phrase_fits_its_emergency_and_nothing_else(text: str, phrase: str) -> None:
    assert fitting_phrase(spoken_words(text).words) == phrase


class Noise:
    """A voice that is ready at once."""

    name = "noise"

    def render(self, script: Script, speed: float = 1.0, deadline_s: float = 1.0) -> Rendering:
        assert script.words
        assert speed == 1.0
        assert deadline_s > 0
        return Rendering(words(2), "noise", "", -16.0, -3.0)

    def close(self) -> None:
        """Nothing runs."""


def test_stock_phrases_are_made_once_and_played_when_no_voice_can(tmp_path: Path) -> None:
    assert len(render_phrases(tmp_path, Noise())) == len(PHRASES)
    assert render_phrases(tmp_path, Noise()) == []
    sound = StockVoice(tmp_path).render(spoken_words("紧急通知！山洪来了！"))
    assert (sound.engine, sound.voice) == ("stock", "flood")
    assert sound.duration_s == pytest.approx(2.0, abs=0.01)
    with pytest.raises(VoiceError, match="no stock phrase"):
        StockVoice(tmp_path).render(spoken_words("停水通知"))


def test_a_wav_of_our_samples_is_a_wav() -> None:
    with wave.open(io.BytesIO(wav_bytes(words(1)))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (48_000, 1, 48_000)
