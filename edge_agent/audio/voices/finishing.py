"""From an engine's raw sound to what every announcement is: 48 kHz, one loudness, no clicks."""

from __future__ import annotations

from math import gcd

import numpy as np

from edge_agent.audio.pcm import RATE_HZ
from edge_agent.audio.voices.loudness import Samples, leveled

_SILENT = 0.008
_LEAD_S = 0.12
"""Stays before the words: the burst of q, c, ch may lie below the threshold; they became x, s."""
_TAIL_S = 0.04
_FADE_S = 0.008
_FOLLOW_S = 0.015
_RATIO = 1.4
_BRIGHT_FROM_HZ, _BRIGHT_TO_HZ, _BRIGHT_DB = 500.0, 3_000.0, 6.0
_PAUSE_DB = 35.0


def trimmed(samples: Samples, rate_hz: int) -> Samples:
    """Without the silence before and after the words; 120 ms and 40 ms of it stay."""
    loud = np.flatnonzero(np.abs(samples) > _SILENT)
    if not len(loud):
        return samples[:0]
    lead, tail = int(_LEAD_S * rate_hz), int(_TAIL_S * rate_hz)
    return samples[max(0, loud[0] - lead) : loud[-1] + tail]


def joined(pieces: list[Samples], rate_hz: int, pause_s: float) -> Samples:
    """The pieces one after the other, each trimmed and faded, ``pause_s`` between them."""
    pause = np.zeros(int(pause_s * rate_hz))
    parts: list[Samples] = []
    for piece in pieces:
        words = _faded(trimmed(piece, rate_hz), rate_hz)
        if len(words):
            parts += [words, pause]
    return np.concatenate(parts[:-1]) if parts else np.zeros(0)


def resampled(samples: Samples, rate_hz: int, wanted_hz: int = RATE_HZ) -> Samples:
    """Band-limited to another sample rate, exact for whole seconds of any length."""
    divisor = gcd(rate_hz, wanted_hz)
    up, down = wanted_hz // divisor, rate_hz // divisor
    if up == down or not len(samples):
        return samples
    padded = np.pad(samples, (0, -len(samples) % down))
    size = len(padded) * up // down
    spectrum = np.fft.rfft(padded)
    result: Samples = np.fft.irfft(spectrum[: size // 2 + 1], size) * (up / down)
    return result


def bright(samples: Samples, rate_hz: int) -> Samples:
    """Consonants raised against vowels, which are louder by nature and drown in a horn first.

    0 dB up to 500 Hz, rising evenly by octaves to +6 dB at 3 kHz and above.
    """
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate_hz)
    octaves = np.log2(np.maximum(frequencies, 1.0) / _BRIGHT_FROM_HZ)
    share = np.clip(octaves / np.log2(_BRIGHT_TO_HZ / _BRIGHT_FROM_HZ), 0.0, 1.0)
    gain = 10 ** (share * _BRIGHT_DB / 20)
    result: Samples = np.fft.irfft(np.fft.rfft(samples) * gain, len(samples))
    return result


def carrying(samples: Samples, rate_hz: int) -> Samples:
    """Soft consonants brought nearer to loud vowels, so that words carry through horn and wind.

    Dynamic compression of 1.4:1 by a level that follows the sound within 15 ms; what is 35 dB
    below the loud parts is a pause and is not lifted.
    """
    if not samples.any():
        return samples
    window = np.hanning(max(3, int(_FOLLOW_S * rate_hz)))
    power = np.convolve(samples**2, window / window.sum(), "same")
    level = np.sqrt(np.maximum(power, 0.0)) + 1e-9
    loud = float(np.percentile(level, 90)) + 1e-9
    floor = loud * 10 ** (-_PAUSE_DB / 20)
    gain: Samples = (np.maximum(level, floor) / loud) ** (1 / _RATIO - 1)
    return samples * gain


def finished(samples: Samples, rate_hz: int) -> Samples:
    """48 kHz, made to carry, at the common loudness; one value per sample, within ±1."""
    if not len(samples):
        return samples
    return leveled(resampled(carrying(bright(samples, rate_hz), rate_hz), rate_hz), RATE_HZ)


def to_pcm(samples: Samples) -> bytes:
    """Signed 16 bit little endian."""
    return np.round(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()


def from_pcm(data: bytes) -> Samples:
    """Signed 16 bit little endian as numbers within ±1."""
    return np.frombuffer(data, "<i2").astype(np.float64) / 32768


def _faded(samples: Samples, rate_hz: int) -> Samples:
    """Without the click of a sound that begins or ends away from zero."""
    count = min(int(_FADE_S * rate_hz), len(samples) // 2)
    if count == 0:
        return samples
    ramp = np.linspace(0.0, 1.0, count)
    samples = samples.copy()
    samples[:count] *= ramp
    samples[-count:] *= ramp[::-1]
    return samples
