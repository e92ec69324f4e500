"""The chime, the siren, and PCM as a WAV file. Made by arithmetic, once, without a library."""

from __future__ import annotations

import io
import math
import sys
import wave
from array import array
from functools import cache
from typing import TYPE_CHECKING

from edge_agent.audio.pcm import RATE_HZ, SAMPLE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable

_TURN = 2 * math.pi
_CHIME_NOTES_HZ = (783.99, 659.26, 523.25)
"""G, E, C: the call that public address begins with everywhere."""
_CHIME_STEP_S = 0.45
_CHIME_RING_S = 1.6
_CHIME_PEAK = 0.60
_PARTIALS = ((1.0, 1.0), (2.0, 0.35), (3.0, 0.12))
SIREN_PERIOD_S = 4.0
_SIREN_MIDDLE_HZ = 850.0
_SIREN_SWING_HZ = 350.0
_SIREN_SECOND = 1.25
_SIREN_PEAK = 0.50


@cache
def chime() -> bytes:
    """Three falling notes, 2.5 s, at the loudness of speech; 48 kHz, 16 bit, mono."""
    count = round((2 * _CHIME_STEP_S + _CHIME_RING_S) * RATE_HZ)
    sound = array("d", bytes(8 * count))
    for place, pitch_hz in enumerate(_CHIME_NOTES_HZ):
        start = round(place * _CHIME_STEP_S * RATE_HZ)
        length = round(_CHIME_RING_S * RATE_HZ)
        for n in range(length):
            t = n / RATE_HZ
            swell = min(1.0, t / 0.008) * math.exp(-3.2 * t) * min(1.0, (length - n) / 960)
            tone = sum(part * math.sin(_TURN * pitch_hz * k * t) for k, part in _PARTIALS)
            sound[start + n] += swell * tone
    return _pcm(sound, _CHIME_PEAK)


@cache
def siren() -> bytes:
    """One period of the alarm, 4 s, to be sounded over and over without a seam.

    Two tones a third apart rise and fall together between 500 and 1,500 Hz, where a horn is
    loudest. Nothing else the loudspeaker plays sounds like it.
    """
    count = round(SIREN_PERIOD_S * RATE_HZ)
    bend = _SIREN_SWING_HZ * SIREN_PERIOD_S / _TURN
    sound = array("d", bytes(8 * count))
    for n in range(count):
        t = n / RATE_HZ
        cycles = _SIREN_MIDDLE_HZ * t - bend * math.sin(_TURN * t / SIREN_PERIOD_S)
        sound[n] = math.sin(_TURN * cycles) + 0.8 * math.sin(_TURN * _SIREN_SECOND * cycles)
    return _pcm(sound, _SIREN_PEAK)


def wav_bytes(pcm: bytes) -> bytes:
    """A WAV file of 48 kHz, 16 bit, mono samples."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(SAMPLE_BYTES)
        out.setframerate(RATE_HZ)
        out.writeframes(pcm)
    return file.getvalue()


def _pcm(sound: Iterable[float], peak: float) -> bytes:
    """Scaled to ``peak`` of full scale, signed 16 bit little endian."""
    values = list(sound)
    factor = peak * 32767 / max(abs(value) for value in values)
    samples = array("h", (round(value * factor) for value in values))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
