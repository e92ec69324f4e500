"""What the mixer asks of a sound card."""

from __future__ import annotations

from typing import Protocol


class SinkLostError(OSError):
    """Raised when a sound card is gone or stalls. Close the sink and open it again later."""


class Sink(Protocol):
    """One sound card, addressed by name. It never plays anywhere else."""

    @property
    def name(self) -> str:
        """The device, as the settings call it."""
        ...

    @property
    def lead_s(self) -> float:
        """Seconds of sound that may be on their way between `write` and the air."""
        ...

    def open(self) -> None:
        """Start the stream.

        Raises:
            SinkLostError: the card is not there.
        """
        ...

    def write(self, block: bytes, label: str) -> None:
        """Hand over samples; returns when the card has taken them, at the card's own pace.

        Args:
            block: 48 kHz, 16-bit, mono samples.
            label: whose samples they are; a recording sink writes it down.

        Raises:
            SinkLostError: the card is gone, or took nothing for two seconds.
        """
        ...

    def close(self) -> None:
        """Let what was handed over sound to its end and release the card. Safe to call twice."""
        ...
