"""A recording, in a dialect or by a leader's own mouth: is it fit to be played to a village?

Opus or WAV of any usual rate, mono or stereo. What is wrong with it is said in words.
"""

from __future__ import annotations

import hashlib
import io
import wave
from dataclasses import dataclass

import numpy as np

from edge_agent.audio.pcm import RATE_HZ, SAMPLE_BYTES
from edge_agent.audio.voices import opus
from edge_agent.audio.voices.finishing import from_pcm, resampled, to_pcm
from edge_agent.audio.voices.loudness import Samples, leveled, loudness_lufs, true_peak_dbtp
from edge_agent.audio.voices.pace import paced
from edge_agent.audio.voices.voice import VoiceError

LONGEST_S = 600.0
SHORTEST_S = 0.5
QUIETEST_LUFS = -45.0
MOST_SILENCE_S = 10.0
LOWEST_RATE_HZ = 16_000
HIGHEST_RATE_HZ = 96_000
_WINDOW_S = 0.1
_SILENT = 10 ** (-50 / 20)


class RecordingRefusedError(VoiceError, ValueError):
    """The file is not fit to be played; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording brought to 48 kHz mono and the common loudness.

    ``original_lufs`` and ``original_peak_dbtp`` are what the file had before.
    """

    data: bytes
    sha256: str
    duration_s: float
    original_lufs: float
    original_peak_dbtp: float
    loudness_lufs: float
    peak_dbtp: float


def open_recording(
    file: bytes, sha256: str = "", longest_s: float = LONGEST_S, speed: float = 1.0
) -> Recording:
    """Check a file and make it ready to be played.

    Args:
        file: Ogg Opus, or WAV of 16 bits.
        sha256: what its hash must be, in lower-case hex; empty asks nothing.
        longest_s: more is refused.
        speed: its pace; less than 1 for a slower second reading.

    Raises:
        RecordingRefusedError: it is changed, broken, too long, too short, silent, or of a rate
            that carries no speech.
        VoiceError: opus-tools are not installed.
    """
    found = hashlib.sha256(file).hexdigest()
    if sha256 and found != sha256:
        raise RecordingRefusedError("录音文件与签发的不一致，拒绝播放 (sha256 differs)")
    samples = _samples(file, longest_s)
    duration_s = len(samples) / RATE_HZ
    if duration_s < SHORTEST_S:
        raise RecordingRefusedError(f"录音太短，不到 {SHORTEST_S} 秒 (shorter than that)")
    level = loudness_lufs(samples, RATE_HZ)
    _refuse_silence(samples, level)
    peak = true_peak_dbtp(samples)
    sound = leveled(samples if speed == 1.0 else paced(samples, RATE_HZ, speed), RATE_HZ)
    return Recording(
        to_pcm(sound),
        found,
        len(sound) / RATE_HZ,
        round(level, 2),
        round(peak, 2),
        round(loudness_lufs(sound, RATE_HZ), 2),
        round(true_peak_dbtp(sound), 2),
    )


def _samples(file: bytes, longest_s: float) -> Samples:
    """48 kHz mono of any file that is understood and short enough."""
    if file.startswith(b"OggS"):
        try:
            file = opus.decode(file, int((longest_s + 1) * RATE_HZ) * SAMPLE_BYTES * 2)
        except VoiceError as error:
            raise RecordingRefusedError(str(error)) from error
    if not file.startswith(b"RIFF"):
        raise RecordingRefusedError("不是 Opus 或 WAV 录音，请重新导出 (neither Opus nor WAV)")
    try:
        with wave.open(io.BytesIO(file)) as sound:
            channels, width = sound.getnchannels(), sound.getsampwidth()
            rate_hz = sound.getframerate()
            frames = sound.readframes(int((longest_s + 1) * max(1, rate_hz)))
    except (wave.Error, EOFError, ValueError) as error:
        raise RecordingRefusedError(f"录音文件损坏 (broken WAV): {error}") from error
    _refuse_form(channels, width, rate_hz)
    frame = channels * SAMPLE_BYTES
    if len(frames) > longest_s * rate_hz * frame:
        raise RecordingRefusedError(
            f"录音超过 {longest_s / 60:.0f} 分钟，请剪短 (longer than {longest_s:.0f} s)"
        )
    mono = from_pcm(frames[: len(frames) // frame * frame]).reshape(-1, channels).mean(axis=1)
    return resampled(mono, rate_hz)


def _refuse_form(channels: int, width: int, rate_hz: int) -> None:
    """Only what surely carries speech, and is read the same everywhere."""
    if width != SAMPLE_BYTES or channels not in {1, 2}:
        raise RecordingRefusedError(
            f"请导出 16 位单声道或立体声 ({8 * width} bits, {channels} channels are not played)"
        )
    if not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise RecordingRefusedError(
            f"采样率 {rate_hz} Hz 不合适，请用 {LOWEST_RATE_HZ}–{HIGHEST_RATE_HZ} Hz 重新录制"
        )


def _refuse_silence(samples: Samples, level: float) -> None:
    """Nobody shall stand before a horn that says nothing."""
    if level < QUIETEST_LUFS:
        raise RecordingRefusedError(f"录音几乎没有声音，请重新录制 ({level:.0f} LUFS)")
    window = int(_WINDOW_S * RATE_HZ)
    count = len(samples) // window
    powers = np.sqrt((samples[: count * window].reshape(count, window) ** 2).mean(axis=1))
    longest = run = 0
    for quiet in powers < _SILENT:
        run = run + 1 if quiet else 0
        longest = max(longest, run)
    if longest * _WINDOW_S > MOST_SILENCE_S:
        raise RecordingRefusedError(
            f"录音中有 {longest * _WINDOW_S:.0f} 秒没有声音，请剪去 (a silence that long)"
        )
