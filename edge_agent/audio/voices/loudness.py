"""Loudness after ITU-R BS.1770-4, true peaks, and bringing every voice to the same level.

Needs numpy alone: a box without the neural voice has no scipy. Tests hold it to another
implementation of the standard.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
"""Mono, full scale at 1.0."""

TARGET_LUFS = -16.0
CEILING_DBTP = -1.5
SILENT_LUFS = -70.0
_BLOCK_S = 0.4
_STEP_S = 0.1
_RELATIVE_GATE_LU = -10.0
_OVERSAMPLED = 4
_LIMITER_S = 0.0015
_ROUNDS = 4
_HEADROOM_DB = 1.5
"""Coding to Opus moves peaks by up to 0.7 dB (measured); the ceiling holds after it, too."""


def loudness_lufs(samples: Samples, rate_hz: int) -> float:
    """Integrated loudness with both gates; ``SILENT_LUFS`` if nothing passes them."""
    block = int(_BLOCK_S * rate_hz)
    if len(samples) < block:
        samples = np.pad(samples, (0, block - len(samples)))
    weighted = _k_weighted(samples, rate_hz)
    sums = np.concatenate(([0.0], np.cumsum(weighted**2)))
    starts = np.arange(0, len(samples) - block + 1, int(_STEP_S * rate_hz))
    powers = (sums[starts + block] - sums[starts]) / block
    loud = powers[_lufs(powers) > SILENT_LUFS]
    if not len(loud):
        return SILENT_LUFS
    gate = _lufs(np.array([loud.mean()]))[0] + _RELATIVE_GATE_LU
    return float(_lufs(np.array([loud[_lufs(loud) > gate].mean()]))[0])


def true_peak_dbtp(samples: Samples) -> float:
    """The highest level between the samples too, by four times oversampling."""
    return float(20 * np.log10(max(np.abs(_oversampled(samples)).max(initial=0.0), 1e-9)))


def leveled(samples: Samples, rate_hz: int) -> Samples:
    """The same sound at −16 LUFS with true peaks below −1.5 dBTP; silence stays silence."""
    for _ in range(_ROUNDS):
        level = loudness_lufs(samples, rate_hz)
        if level <= SILENT_LUFS:
            return samples
        samples = _limited(samples * 10 ** ((TARGET_LUFS - level) / 20), rate_hz)
    return samples


def _limited(samples: Samples, rate_hz: int) -> Samples:
    """Peaks turned down smoothly, looking ahead; nothing else is touched."""
    ceiling = 10 ** ((CEILING_DBTP - _HEADROOM_DB) / 20)
    step = max(1, int(_LIMITER_S * rate_hz))
    blocks = -(-len(samples) // step)
    fine = np.abs(_oversampled(np.pad(samples, (0, blocks * step - len(samples)))))
    peaks = fine.reshape(blocks, -1).max(axis=1)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9))
    if needed.min(initial=1.0) >= 1.0:
        return samples
    padded = np.pad(needed, 4, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 5)
    lowest = windows.min(axis=1)
    smooth = np.lib.stride_tricks.sliding_window_view(lowest, 5).mean(axis=1)
    centres = (np.arange(blocks) + 0.5) * step
    gain: Samples = np.interp(np.arange(len(samples)), centres, smooth)
    return samples * gain


def _oversampled(samples: Samples) -> Samples:
    size = len(samples)
    if not size:
        return samples
    quick = _quick_size(size)
    fine: Samples = np.fft.irfft(np.fft.rfft(samples, quick), quick * _OVERSAMPLED) * _OVERSAMPLED
    return fine[: size * _OVERSAMPLED]


def _quick_size(size: int) -> int:
    """The next length of small factors only; one with a large prime takes six times as long."""
    odd = (three * five for three in (1, 3, 9) for five in (1, 5, 25))
    return min(part << max(0, (-(-size // part) - 1).bit_length()) for part in odd)


def _lufs(powers: Samples) -> Samples:
    level: Samples = -0.691 + 10 * np.log10(np.maximum(powers, 1e-12))
    return level


def _k_weighted(samples: Samples, rate_hz: int) -> Samples:
    """The head's shelf and the low cut of BS.1770, applied in the frequency domain."""
    size = 1 << (len(samples) + rate_hz // 2).bit_length()
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size))
    response = _biquad(_shelf(rate_hz), turn) * _biquad(_low_cut(rate_hz), turn)
    weighted: Samples = np.fft.irfft(np.fft.rfft(samples, size) * response, size)
    return weighted[: len(samples)]


def _biquad(
    coefficients: tuple[tuple[float, ...], tuple[float, ...]], turn: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    above, below = coefficients
    result: NDArray[np.complex128] = np.polyval(above[::-1], turn) / np.polyval(below[::-1], turn)
    return result


def _shelf(rate_hz: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """First stage: +4 dB above 1.5 kHz; the standard's filter carried to any sample rate."""
    tangent = np.tan(np.pi * 1681.974450955533 / rate_hz)
    quality = 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    norm = 1 + tangent / quality + tangent**2
    above = (
        (high + band * tangent / quality + tangent**2) / norm,
        2 * (tangent**2 - high) / norm,
        (high - band * tangent / quality + tangent**2) / norm,
    )
    below = (1.0, 2 * (tangent**2 - 1) / norm, (1 - tangent / quality + tangent**2) / norm)
    return above, below


def _low_cut(rate_hz: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Second stage: a high-pass at 38 Hz."""
    tangent = np.tan(np.pi * 38.13547087602444 / rate_hz)
    quality = 0.5003270373238773
    norm = 1 + tangent / quality + tangent**2
    below = (1.0, 2 * (tangent**2 - 1) / norm, (1 - tangent / quality + tangent**2) / norm)
    return (1.0, -2.0, 1.0), below
