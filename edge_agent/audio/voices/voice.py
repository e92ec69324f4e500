"""What a voice is, what it gives, and how it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from contract.errors import VillageError
from edge_agent.audio.pcm import RATE_HZ, SAMPLE_BYTES

if TYPE_CHECKING:
    from edge_agent.audio.script import Script

SLOWER = 0.85
"""The speed of a second reading for old ears; 1.0 is the voice's own."""


class VoiceError(VillageError, RuntimeError):
    """A voice is not there or could not say the words; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """Words as sound: 48 kHz, signed 16 bit little endian, mono.

    ``loudness_lufs`` is measured by ITU-R BS.1770-4; ``left_out`` are characters of the words
    that this voice cannot pronounce and therefore left out.
    """

    data: bytes
    engine: str
    voice: str
    loudness_lufs: float
    peak_dbtp: float
    left_out: tuple[str, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.data) / SAMPLE_BYTES / RATE_HZ


class Voice(Protocol):
    """Something that turns a script into sound."""

    @property
    def name(self) -> str:
        """As it stands in the settings: ``kokoro:zm_yunjian``, ``espeak``."""
        ...

    def render(self, script: Script, speed: float = 1.0, deadline_s: float = 60.0) -> Rendering:
        """The script as sound, at ``speed`` times the voice's own pace.

        Raises:
            VoiceError: it cannot, or not within ``deadline_s``.
        """
        ...

    def close(self) -> None:
        """End what runs behind the voice; it starts again when it is needed."""
        ...
