"""One loudness for every voice: −16 LUFS, true peaks below −1.5 dBTP, nothing clipped."""

from __future__ import annotations

import numpy as np
import pytest

from edge_agent.audio.pcm import RATE_HZ
from edge_agent.audio.sounds import chime, siren
from edge_agent.audio.voices.finishing import (
    bright,
    finished,
    from_pcm,
    joined,
    resampled,
    to_pcm,
    trimmed,
)
from edge_agent.audio.voices.loudness import (
    SILENT_LUFS,
    Samples,
    leveled,
    loudness_lufs,
    true_peak_dbtp,
)


def tone(pitch_hz: float, level: float, seconds: float, rate_hz: int = RATE_HZ) -> Samples:
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    return level * np.sin(2 * np.pi * pitch_hz * time_s)


def speech_like(level: float, rate_hz: int = RATE_HZ) -> Samples:
    """Bursts of noise with a high crest factor, as words have."""
    noise = np.random.default_rng(7).standard_normal(4 * rate_hz)
    swell = np.abs(np.sin(np.arange(4 * rate_hz) / rate_hz * 9)) ** 4
    return level * noise * swell


@pytest.mark.parametrize("rate_hz", [22_050, 24_000, 44_100, 48_000])
def test_the_standard_s_reference_tone_measures_as_the_standard_says(rate_hz: int) -> None:
    # BS.1770-4: a full-scale sine of 997 Hz in one channel is -3.01 LKFS
    assert loudness_lufs(tone(997, 1.0, 3, rate_hz), rate_hz) == pytest.approx(-3.01, abs=0.05)


def test_silence_between_words_does_not_count() -> None:
    words = tone(997, 0.1, 2)
    pauses = np.zeros(6 * RATE_HZ)
    together = np.concatenate([words, pauses, words])
    assert loudness_lufs(together, RATE_HZ) == pytest.approx(loudness_lufs(words, RATE_HZ), abs=0.5)


def test_peaks_between_the_samples_are_seen() -> None:
    between = np.cos(2 * np.pi * np.arange(4800) / 4 + np.pi / 4)  # samples only reach 0.707
    assert np.abs(between).max() < 0.71
    assert true_peak_dbtp(between) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("level", [0.002, 0.05, 0.3, 3.0])
@pytest.mark.parametrize("rate_hz", [22_050, 24_000])
def test_every_voice_comes_out_equally_loud_and_unclipped(level: float, rate_hz: int) -> None:
    sound = finished(speech_like(level, rate_hz), rate_hz)
    assert loudness_lufs(sound, RATE_HZ) == pytest.approx(-16.0, abs=1.0)
    assert true_peak_dbtp(sound) <= -1.5
    heard = from_pcm(to_pcm(sound))
    assert np.abs(heard).max() < 0.99


def test_silence_stays_silence() -> None:
    assert loudness_lufs(np.zeros(100), RATE_HZ) == SILENT_LUFS
    assert not leveled(np.zeros(RATE_HZ), RATE_HZ).any()


def test_resampling_keeps_the_pitch_and_the_length() -> None:
    sound = resampled(tone(440, 0.5, 2, 22_050), 22_050)
    assert len(sound) == 2 * RATE_HZ
    strongest = np.abs(np.fft.rfft(sound)).argmax() * RATE_HZ / len(sound)
    assert strongest == pytest.approx(440, abs=1)
    assert resampled(np.zeros(0), 22_050).size == 0


def test_sentences_are_trimmed_and_joined_with_a_pause() -> None:
    word = np.concatenate([np.zeros(RATE_HZ), tone(300, 0.5, 1), np.zeros(RATE_HZ)])
    assert len(trimmed(word, RATE_HZ)) / RATE_HZ == pytest.approx(1.16, abs=0.02)
    both = joined([word, np.zeros(500), word], RATE_HZ, 0.5)
    assert len(both) / RATE_HZ == pytest.approx(2.82, abs=0.03)
    assert joined([], RATE_HZ, 0.5).size == 0


def test_the_chime_is_as_loud_as_speech_and_the_siren_louder() -> None:
    assert loudness_lufs(from_pcm(chime()), RATE_HZ) == pytest.approx(-16, abs=1)
    assert loudness_lufs(from_pcm(siren()), RATE_HZ) > -13
    for sound in (chime(), siren()):
        assert true_peak_dbtp(from_pcm(sound)) <= -1.5


def test_the_siren_goes_round_without_a_seam_and_sweeps_where_a_horn_is_loud() -> None:
    sound = from_pcm(siren())
    step = np.abs(np.diff(np.concatenate([sound, sound]))).max()
    assert abs(sound[0] - sound[-1]) <= step
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    pitch_hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    inside = spectrum[(pitch_hz > 450) & (pitch_hz < 1600)].sum()
    assert inside / spectrum.sum() > 0.98


def test_consonants_are_raised_against_vowels_and_nothing_below_them_changes() -> None:
    at = np.arange(RATE_HZ) / RATE_HZ
    for hertz, gain_db in ((200, 0.0), (1_225, 3.0), (4_000, 6.0)):
        sound = 0.1 * np.sin(2 * np.pi * hertz * at)
        raised = bright(sound, RATE_HZ)
        assert 20 * np.log10(raised.std() / sound.std()) == pytest.approx(gain_db, abs=0.1)
