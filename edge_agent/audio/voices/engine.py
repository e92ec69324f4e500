"""What an engine is: the part of a voice that makes raw sound, inside the child process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from edge_agent.audio.script import Script
    from edge_agent.audio.voices.loudness import Samples


@dataclass(frozen=True, slots=True)
class RawSpeech:
    """Sound as the engine makes it, and the characters it could not say."""

    samples: Samples
    rate_hz: int
    left_out: tuple[str, ...] = ()


class Engine(Protocol):
    """Makes raw sound; may be slow to start, hang or die, and is therefore isolated."""

    voice: str
    """The engine's own name of the voice that speaks."""

    def speak(self, script: Script, speed: float) -> RawSpeech:
        """The script as sound. Raises `VoiceError` when it cannot."""
        ...
