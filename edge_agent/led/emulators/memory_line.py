"""A line straight into an emulated card: no device, no thread, no real time.

Time passes on the card's clock exactly as bytes would take it at the baud rate, so that a test
can count the milliseconds of a day in a moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge_agent.led.panel import LineLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.clock import Clock
    from edge_agent.led.emulators.card import Card

_SLICE_S = 0.010


class MemoryLine:
    """Implements `edge_agent.led.line.Line` on top of a card.

    Attributes:
        plugged: Set to False to pull the plug: every use raises `LineLost`.
        written: Every byte that was sent.
        noise: Comes in with every reading, as on a line that somebody else uses too.
    """

    def __init__(self, card: Card, clock: Clock, baud: int = 9600) -> None:
        self.card = card
        self.baud = baud
        self.plugged = True
        self.written = bytearray()
        self.noise = b""
        self._clock = clock
        self._coming = b""
        self._ready_s = 0.0

    def open(self) -> None:
        """Nothing to open while it is plugged in."""
        if not self.plugged:
            raise LineLost("unplugged")

    def write(self, data: bytes, *, cut: Callable[[], bool] | None = None) -> bool:
        """Hand bytes to the card, slice by slice, as the baud rate allows."""
        step = max(8, int(_SLICE_S * self.baud / 10))
        for offset in range(0, len(data), step):
            self.open()
            if cut is not None and cut():
                return False
            part = data[offset : offset + step]
            self._clock.sleep(len(part) * 10 / self.baud)
            self.written += part
            answer = self.card.receive(part, self.baud)
            if answer:
                self._coming += answer
                wire_s = len(answer) * 10 / self.baud
                self._ready_s = self._clock.monotonic_s() + wire_s + self.card.faults.late_s
        return True

    def read(self, timeout_s: float, *, cut: Callable[[], bool] | None = None) -> bytes:
        """The card's answer once its time has come."""
        self.open()
        until_s = self._clock.monotonic_s() + timeout_s
        target_s = min(until_s, self._ready_s) if self._coming else until_s
        while (left_s := target_s - self._clock.monotonic_s()) > 0:
            if cut is not None and cut():
                return b""
            self._clock.sleep(min(left_s, _SLICE_S) if cut else left_s)
        if self._coming and self._ready_s <= self._clock.monotonic_s():
            answer, self._coming = self._coming, b""
            return self.noise + answer
        return self.noise

    def discard(self) -> None:
        """Forget an answer that has come; one still on its way comes later."""
        if self._ready_s <= self._clock.monotonic_s():
            self._coming = b""

    def close(self) -> None:
        """Nothing to let go of."""
        self._coming = b""
