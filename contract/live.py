"""Live speech: who speaks to whom, until when at most, and by which key its frames are signed.

The opening travels as an envelope of type ``live``: the *target* key says who hears it, the
*content* key that the speaker may. It carries the public half of a key made for this session
alone; that one signs every frame (`contract.live_frames`).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time

from contract.areas import Area
from contract.errors import ContractError
from contract.notice import IssuingLevel  # noqa: TC001 - the codec resolves hints at run time

RATE_HZ = 16_000
"""Sound is G.711 µ-law, one byte a sample: any browser and ALSA make it, a table decodes it."""
LONGEST_S = 600
"""A session ends by itself after ten minutes: somebody always leaves a microphone on."""
SILENCE_S = 3.0
"""After so long without a frame the session is over."""
_ID = re.compile(r"live-[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LiveSession:
    """The opening: who speaks to whom, until when at most, and the key of the frames."""

    id: str
    areas: tuple[str, ...]
    level: IssuingLevel
    speaker: str
    """The office that speaks, for the airing log; no person's name."""
    opened_at: datetime
    ends_at: datetime
    public_b64: str
    """Ed25519, used for this session alone."""
    requires: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if _ID.fullmatch(self.id) is None:
            raise ContractError(f"not the id of a live session: {self.id[:40]!r}")
        if not self.areas:
            raise ContractError("a live session speaks to at least one area")
        for area in self.areas:
            Area.parse(area)
        if not 0 < (self.ends_at - self.opened_at).total_seconds() <= LONGEST_S:
            raise ContractError(f"a live session lasts at most {LONGEST_S} s")


def wav_header(samples: int) -> bytes:
    """What stands before ``samples`` bytes of µ-law to make them a WAV file (format 7)."""
    form = struct.pack("<HHIIHHH", 7, 1, RATE_HZ, RATE_HZ, 1, 8, 0)
    chunks = struct.pack("<4sI", b"fmt ", len(form)) + form
    chunks += struct.pack("<4sII", b"fact", 4, samples)
    chunks += struct.pack("<4sI", b"data", samples)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks) + samples, b"WAVE") + chunks
