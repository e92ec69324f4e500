"""Samples that can be read from anywhere."""

from __future__ import annotations

import hashlib
import wave
from array import array
from typing import TYPE_CHECKING

import pytest

from edge_agent.audio.pcm import Clip, Pcm, Silence, WavFile, WrongPcmError, samples_of, scale

if TYPE_CHECKING:
    from pathlib import Path

NOISE = hashlib.shake_128(b"noise").digest(9_602)


def write_wav(path: Path, data: bytes, *, rate_hz: int = 48_000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes(data)
    return path


@pytest.fixture(params=["file", "clip"])
def pcm(request: pytest.FixtureRequest, tmp_path: Path) -> Pcm:
    if request.param == "file":
        return WavFile(write_wav(tmp_path / "noise.wav", NOISE))
    return Clip(NOISE)


@pytest.mark.parametrize(("offset", "count"), [(0, 960), (1, 960), (4_800, 960), (4_801, 5)])
def test_reading_from_any_sample_gives_exactly_what_is_there(
    pcm: Pcm, offset: int, count: int
) -> None:
    assert pcm.samples == 4_801
    assert pcm.read(offset, count) == NOISE[offset * 2 : (offset + count) * 2]


def test_a_clip_may_sound_over_and_over() -> None:
    siren = Clip(b"\1\0\2\0\3\0", samples=8)
    assert siren.read(0, 100) == b"\1\0\2\0\3\0" * 2 + b"\1\0\2\0"
    assert siren.read(5, 2) == b"\3\0\1\0"


def test_silence_has_a_length() -> None:
    assert Silence(1_000).read(960, 960) == bytes(80)
    assert Silence(1_000).read(2_000, 960) == b""


@pytest.mark.parametrize(("rate_hz", "channels"), [(24_000, 1), (48_000, 2)])
def test_a_recording_of_another_form_is_refused_and_named(
    tmp_path: Path, rate_hz: int, channels: int
) -> None:
    path = write_wav(tmp_path / "wrong.wav", NOISE[:9600], rate_hz=rate_hz, channels=channels)
    with pytest.raises(WrongPcmError, match=r"wrong\.wav"):
        WavFile(path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"ID3" + bytes(400)])
def test_what_is_no_recording_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(content)
    with pytest.raises(WrongPcmError):
        WavFile(path)


def test_full_volume_leaves_every_bit_alone() -> None:
    assert scale(NOISE, 1.0) is NOISE


def test_half_volume_halves_every_sample_and_never_overflows() -> None:
    loud = array("h", [32_767, -32_768, 1_000, -1_000, 0]).tobytes()
    assert list(array("h", scale(loud, 0.5))) == [16_383, -16_384, 500, -500, 0]
    assert scale(loud, 0.0) == bytes(10)


def test_seconds_become_whole_samples() -> None:
    assert samples_of(0.02) == 960
