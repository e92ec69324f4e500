"""Sound as samples: 48 kHz, signed 16 bit little endian, one channel, in blocks of 20 ms.

A `Pcm` can be read from any sample, so that an announcement of half an hour never lies in
memory and an interrupted one goes on at the very sample.
"""

from __future__ import annotations

import sys
import wave
from array import array
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

RATE_HZ = 48_000
BLOCK_SAMPLES = 960
SAMPLE_BYTES = 2
BLOCK_S = BLOCK_SAMPLES / RATE_HZ
SILENT_BLOCK = bytes(BLOCK_SAMPLES * SAMPLE_BYTES)
_UNITY = 1 << 15


class WrongPcmError(ValueError):
    """Raised when a sound file is not 48 kHz, 16 bit, mono; the message says what it is."""


class Pcm(Protocol):
    """Samples that can be read from anywhere."""

    @property
    def samples(self) -> int:
        """How many there are."""
        ...

    def read(self, offset: int, count: int) -> bytes:
        """At most ``count`` samples from sample ``offset`` on; fewer only at the end."""
        ...


class GrowingPcm(Protocol):
    """Samples of which more may come."""

    @property
    def samples(self) -> int | None:
        """How many there are; None while that is not known."""
        ...

    def read(self, offset: int, count: int) -> bytes | None:
        """As `Pcm.read`; None when the next ones are not there yet."""
        ...


class Silence:
    """Nothing to be heard, for a stated time."""

    def __init__(self, samples: int) -> None:
        self.samples = samples

    def read(self, offset: int, count: int) -> bytes:
        """Zeros."""
        return bytes(max(0, min(count, self.samples - offset)) * SAMPLE_BYTES)


class Clip:
    """A short sound in memory, sounded once or over and over (the siren)."""

    def __init__(self, data: bytes, samples: int | None = None) -> None:
        if not data or len(data) % SAMPLE_BYTES:
            raise WrongPcmError("a clip is a whole number of 16-bit samples, at least one")
        self._data = data
        self._once = len(data) // SAMPLE_BYTES
        self.samples = self._once if samples is None else samples

    def read(self, offset: int, count: int) -> bytes:
        """Samples of the clip, which starts again when it is through."""
        wanted = max(0, min(count, self.samples - offset)) * SAMPLE_BYTES
        first = (offset % self._once) * SAMPLE_BYTES
        rounds = (first + wanted) // len(self._data) + 1
        return (self._data * rounds)[first : first + wanted]


class WavFile:
    """A WAV file on disk; read as it is played, never as a whole."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            self._wave = wave.open(self._file)  # noqa: SIM115 - lives as long as this object
        except (wave.Error, EOFError) as error:
            self._file.close()
            raise WrongPcmError(f"{path.name}: not a WAV file: {error}") from error
        found = (self._wave.getframerate(), self._wave.getsampwidth(), self._wave.getnchannels())
        if found != (RATE_HZ, SAMPLE_BYTES, 1):
            self._file.close()
            raise WrongPcmError(f"{path.name}: {found} is not {RATE_HZ} Hz, 16 bit, mono")
        self.samples = self._wave.getnframes()

    def read(self, offset: int, count: int) -> bytes:
        """Samples from the file."""
        if offset >= self.samples:
            return b""
        self._wave.setpos(offset)
        data: bytes = self._wave.readframes(count)
        return data

    def close(self) -> None:
        """Release the file. Safe to call twice."""
        self._file.close()


def scale(block: bytes, gain: float) -> bytes:
    """The block at another volume. A gain of 1 returns the very same samples.

    Args:
        block: 16-bit samples.
        gain: 0 (silent) to 1 (as recorded); more would clip and is taken as 1.
    """
    if gain >= 1.0:
        return block
    samples = array("h", block)
    factor = round(max(0.0, gain) * _UNITY)
    if sys.byteorder == "big":
        samples.byteswap()
    quiet = array("h", [(sample * factor) >> 15 for sample in samples])
    if sys.byteorder == "big":
        quiet.byteswap()
    return quiet.tobytes()


def samples_of(seconds: float) -> int:
    """Whole samples in ``seconds``."""
    return round(seconds * RATE_HZ)
