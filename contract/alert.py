"""An emergency command: played exactly once, or reported as not played.

An alert carries its whole notice, so that it can be shown and spoken with nothing else at
hand. Two persons sign it at town level and above. ``lifetime`` ends at ``expires_at``; late is
never played. A box that cannot trust its clock asks for the time with its own nonce first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime  # noqa: TC003 - the codec resolves hints at run time
from typing import Literal

from contract.errors import ContractError
from contract.notice import Notice  # noqa: TC001 - the codec resolves hints at run time

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Alert:
    """A signed emergency. ``on_crash`` says what a box does that lost power while playing it."""

    id: str
    notice: Notice
    issued_at: datetime
    expires_at: datetime
    repeats: int = 3
    """How often it is read in full; 0 repeats until it is cancelled or expires."""
    on_crash: Literal["resume", "drop"] = "resume"
    requires: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if _ID.fullmatch(self.id) is None:
            raise ContractError(f"not an alert id: {self.id[:40]!r}")
        if self.expires_at <= self.issued_at:
            raise ContractError("an alert expires after it is issued")

    @property
    def cancels(self) -> tuple[str, ...]:
        """Ids of the alerts that this one ends."""
        return self.notice.cap.references if self.notice.cap.msg_type == "Cancel" else ()

    @property
    def updates(self) -> tuple[str, ...]:
        """Ids of the alerts that this one replaces."""
        return self.notice.cap.references if self.notice.cap.msg_type == "Update" else ()

    @property
    def recorded(self) -> bool:
        """Whether it names the hub's recording of its words."""
        return self.notice.speech is not None and self.notice.speech.recording is not None

    @property
    def unrecorded(self) -> Alert:
        """The same without its recording.

        The hub releases an alert without waiting for a rendering and seals it again with the
        recording, by the same two persons' keys. Both editions agree in this, and are one alert.
        """
        speech = self.notice.speech
        if speech is None or speech.recording is None:
            return self
        bare = replace(speech, recording=None, voice="", duration_s=0.0)
        return replace(self, notice=replace(self.notice, speech=bare))
