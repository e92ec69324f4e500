"""A slower second reading of a recording: longer, at the same pitch, without clicks."""

from __future__ import annotations

import numpy as np
import pytest

from edge_agent.audio.voices.loudness import loudness_lufs
from edge_agent.audio.voices.pace import paced
from edge_agent.audio.voices.voice import SLOWER

RATE_HZ = 48_000


def tone(hertz: float, seconds: float) -> np.ndarray:
    at = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return 0.3 * np.sin(2 * np.pi * hertz * at)


def strongest_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(spectrum.argmax() * RATE_HZ / len(samples))


@pytest.mark.parametrize("hertz", [110.0, 233.0, 1_500.0])
def test_slower_is_longer_and_not_deeper(hertz: float) -> None:
    slow = paced(tone(hertz, 2.0), RATE_HZ, SLOWER)
    assert len(slow) == pytest.approx(2.0 * RATE_HZ / SLOWER, abs=2)
    assert strongest_hz(slow[4_800:-4_800]) == pytest.approx(hertz, rel=0.02)


def test_the_wave_goes_on_without_a_click() -> None:
    sound = tone(200.0, 1.0)
    steepest = np.abs(np.diff(sound)).max()
    assert np.abs(np.diff(paced(sound, RATE_HZ, SLOWER))).max() < 1.5 * steepest


def test_loudness_and_pauses_stay() -> None:
    sound = np.concatenate([tone(150.0, 1.0), np.zeros(RATE_HZ), tone(150.0, 1.0)])
    slow = paced(sound, RATE_HZ, SLOWER)
    assert loudness_lufs(slow, RATE_HZ) == pytest.approx(loudness_lufs(sound, RATE_HZ), abs=0.5)
    middle = slow[int(1.4 * RATE_HZ / SLOWER) : int(1.6 * RATE_HZ / SLOWER)]
    assert np.abs(middle).max() < 1e-6


@pytest.mark.parametrize("count", [0, 1, 100, 1_919, 1_920, 1_921])
def test_a_sound_of_any_length_can_be_slowed(count: int) -> None:
    assert len(paced(np.ones(count), RATE_HZ, SLOWER)) == int(count / SLOWER)
