"""What all emulated cards share: counters, faults, power, and what they write down.

A card is a plain object: bytes in, bytes out, no threads and no waiting. The time comes from a
clock object; `serve` paces bytes for a live one, `memory_line` for tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge_agent.led.emulators.faults import Faults

if TYPE_CHECKING:
    from datetime import datetime

    from PIL import Image

    from edge_agent.clock import Clock
    from edge_agent.led.panel import ColourModel


@dataclass(frozen=True, slots=True)
class Matrix:
    """Size and colours of the panel behind the card."""

    width_px: int
    height_px: int
    colours: ColourModel = "mono"


class Card(ABC):
    """An emulated controller card.

    Args:
        matrix: The panel behind it.
        clock: The card's sense of time.
        faults: What is wrong with line and card.
    """

    baud = 9600
    """Only bytes sent at this rate are understood; 0 for a network card."""
    boot_s = 0.0
    """How long a card that lost power says nothing after it is back."""

    def __init__(self, matrix: Matrix, clock: Clock, faults: Faults | None = None) -> None:
        self.matrix = matrix
        self.faults = faults or Faults()
        self.clock = clock
        self.frames_received = 0
        self.bytes_received = 0
        self.frames_damaged = 0
        self.flash_writes = 0
        self.powered_at_s = clock.monotonic_s()
        self._booted_at_s = self.powered_at_s
        self.first_byte_at_s: float | None = None
        self.changes = 0
        """Grows with every change of what the card holds."""

    def receive(self, data: bytes, baud: int = 0) -> bytes:
        """Take bytes from the line, return the answer's; ``baud`` 0 when the line has none."""
        if self.first_byte_at_s is None and data:
            self.first_byte_at_s = self.clock.monotonic_s()
        if self.clock.monotonic_s() < self._booted_at_s:
            return b""
        self.bytes_received += len(data)
        if baud and self.baud and baud != self.baud:
            return b""
        answer = self._take(self.faults.spoil(data))
        if answer and self.faults.take("silent"):
            return b""
        return self.faults.spoil(answer)

    def power_cycle(self) -> None:
        """Power off and on again: what is in RAM is gone, what is in flash stays."""
        self.powered_at_s = self.clock.monotonic_s()
        self._booted_at_s = self.powered_at_s + self.boot_s
        self.first_byte_at_s = None
        self.changes += 1
        self._lose_ram()

    @abstractmethod
    def frame(self, at_s: float) -> Image.Image:
        """What the panel shows at monotonic ``at_s``: mode "1", or "RGB" with colours."""

    @abstractmethod
    def _take(self, data: bytes) -> bytes:
        """Understand bytes, return the answer's bytes."""

    @abstractmethod
    def _lose_ram(self) -> None:
        """Forget what is not in flash."""

    def areas(self) -> list[dict[str, Any]]:
        """What is stored, as read from the wire: place, kind and text of each area."""
        return []

    def flash_state(self) -> dict[str, Any]:
        """What survives the card's process, for a JSON file."""
        return {}

    def load_flash_state(self, state: dict[str, Any]) -> None:
        """Take over what `flash_state` gave earlier."""
        self.flash_writes = int(state.get("flash_writes", 0))

    def brightness(self) -> float:
        """0 dark to 1 full."""
        return 1.0

    def state(self) -> dict[str, Any]:
        """Counters and contents, for a JSON file."""
        return {
            "width_px": self.matrix.width_px,
            "height_px": self.matrix.height_px,
            "colours": self.matrix.colours,
            "frames_received": self.frames_received,
            "frames_damaged": self.frames_damaged,
            "bytes_received": self.bytes_received,
            "flash_writes": self.flash_writes,
            "powered_at_monotonic_s": self.powered_at_s,
            "first_byte_at_monotonic_s": self.first_byte_at_s,
            "brightness": round(self.brightness(), 3),
            "areas": self.areas(),
        }

    def local_now(self) -> datetime:
        """The box's local time; a card that was never set starts from it."""
        return self.clock.read().local
