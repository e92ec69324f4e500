"""People's own recording, checked as the box will check it, and made small enough to travel."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from contract.errors import VillageError
from edge_agent.audio.voices import opus
from edge_agent.audio.voices.recording import LONGEST_S, open_recording
from edge_agent.audio.voices.voice import VoiceError

__all__ = ["LONGEST_S", "MIME", "FitRecording", "UnfitRecordingError", "fit"]
MIME = "audio/ogg"


class UnfitRecordingError(VillageError, ValueError):
    """Raised when a file cannot be played to a village; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class FitRecording:
    """A recording at the common loudness as Ogg Opus, and how loud it had been."""

    body: bytes
    sha256: str
    duration_s: float
    original_lufs: float


def fit(file: bytes) -> FitRecording:
    """Check length, loudness, silence and form; bring it to -16 LUFS.

    Raises:
        UnfitRecordingError: whatever is wrong with it, in a sentence.
    """
    try:
        found = open_recording(file)
        body = opus.encode(found.data)
    except (VoiceError, MemoryError) as error:
        raise UnfitRecordingError(str(error) or "录音太大，请剪短 (too large)") from error
    sha256 = hashlib.sha256(body).hexdigest()
    return FitRecording(body, sha256, round(found.duration_s, 1), found.original_lufs)
