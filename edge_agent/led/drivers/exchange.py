"""Stop and wait: one frame out, one answer in, with time-outs, back-off and room for the urgent.

Used by every driver whose card answers. A frame can be cut short when something urgent waits:
the receivers of these protocols take the head of the next frame as a fresh start.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from edge_agent.led.panel import PanelSilent, Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_agent.clock import Clock
    from edge_agent.led.line import Line
    from edge_agent.led.panel import Screen

_log = logging.getLogger(__name__)

Reply = TypeVar("Reply")
Reply_co = TypeVar("Reply_co", covariant=True)

TRIES = 3
"""How often a frame is sent before the card counts as silent."""
STALE_WAIT_S = 0.3
"""How long to wait for the second answer when the first may belong to a frame cut off before."""


class Preempted(Exception):
    """Something urgent waits; the exchange under way was given up."""


class FirstUrgent:
    """Asks between pieces for a screen that goes first, and keeps the one that it was given."""

    def __init__(self, ask: Callable[[], Screen | None] | None) -> None:
        self._ask = ask
        self._found: Screen | None = None

    def __call__(self) -> bool:
        """Whether something urgent waits."""
        if self._found is None and self._ask is not None:
            self._found = self._ask()
        return self._found is not None

    def instead_of(self, screen: Screen) -> Screen:
        """What is to be shown now."""
        return self._found or screen


class ReplyReader(Protocol[Reply_co]):
    """Finds whole, sound replies in the bytes that come in; damaged ones are left out."""

    def feed(self, data: bytes) -> Sequence[Reply_co]:
        """Replies that are complete now."""
        ...


@dataclass(slots=True)
class Traffic:
    """What went over the line since it was last asked."""

    bytes_sent: int = 0
    frames: int = 0
    areas_sent: int = 0
    flash_writes: int = 0
    first_byte_at_s: float | None = None

    def as_sent(self, unshown: tuple[str, ...] = ()) -> Sent:
        """The same as the answer of `Panel.show`."""
        return Sent(
            bytes_sent=self.bytes_sent,
            frames=self.frames,
            areas_sent=self.areas_sent,
            flash_writes=self.flash_writes,
            first_byte_at_s=self.first_byte_at_s,
            unshown=unshown,
        )


class Exchange(Generic[Reply]):
    """Asks a card over a line, again when no answer comes.

    Args:
        line: Where the card is.
        new_reader: Makes an empty reader of replies.
        clock: For time-outs and pauses.
        timeout_s: How long a card may take to answer; 2 s on a serial line.
        half_duplex: RS-485: an answer under way is waited for even when something is urgent.
    """

    def __init__(
        self,
        line: Line,
        new_reader: Callable[[], ReplyReader[Reply]],
        clock: Clock,
        *,
        timeout_s: float = 2.0,
        half_duplex: bool = False,
    ) -> None:
        self.line = line
        self.traffic = Traffic()
        self.urgent: Callable[[], bool] | None = None
        self.tries = TRIES
        self._new_reader = new_reader
        self._clock = clock
        self._timeout_s = timeout_s
        self._half_duplex = half_duplex
        self._answer_outstanding = False

    def ask(
        self,
        wire: bytes,
        *,
        fits: Callable[[Reply], bool] = lambda _reply: True,
        tries: int | None = None,
    ) -> Reply:
        """Send a frame until a fitting reply comes.

        Raises:
            PanelSilent: none came.
            LineLost: the line is gone.
            Preempted: something urgent waits.
        """
        tries = tries or self.tries
        for attempt in range(tries):
            reader = self._new_reader()
            stale = self._answer_outstanding
            if not stale:
                self.line.discard()
            self.send(wire)
            replies = self._answers(reader, self._timeout_s, fits)
            if stale and len(replies) == 1:
                replies += self._answers(reader, STALE_WAIT_S, fits)
            if replies:
                return replies[-1]
            if attempt + 1 < tries:
                self.pause(0.1 * 2**attempt)
        raise PanelSilent(
            f"显示屏控制卡 {tries} 次不应答，请检查电源、接线、地址和波特率 / "
            f"no answer from the card to {tries} frames: check power, wires, address, baud rate"
        )

    def send(self, wire: bytes) -> None:
        """Send a frame without waiting. Raises: LineLost, Preempted."""
        if self.urgent is not None and self.urgent():
            raise Preempted
        if self.traffic.first_byte_at_s is None:
            self.traffic.first_byte_at_s = self._clock.monotonic_s()
        self.traffic.bytes_sent += len(wire)
        self.traffic.frames += 1
        if not self.line.write(wire, cut=self.urgent):
            raise Preempted

    def pause(self, seconds: float) -> None:
        """Let a card breathe. Raises: Preempted."""
        until_s = self._clock.monotonic_s() + seconds
        while (left_s := until_s - self._clock.monotonic_s()) > 0:
            if self.urgent is not None and self.urgent():
                raise Preempted
            self._clock.sleep(min(left_s, 0.01))

    def _answers(
        self, reader: ReplyReader[Reply], timeout_s: float, fits: Callable[[Reply], bool]
    ) -> list[Reply]:
        """The fitting replies that came together; none when the time is over."""
        cut = None if self._half_duplex else self.urgent
        until_s = self._clock.monotonic_s() + timeout_s
        self._answer_outstanding = False
        while (left_s := until_s - self._clock.monotonic_s()) > 0:
            replies = [
                reply for reply in reader.feed(self.line.read(left_s, cut=cut)) if fits(reply)
            ]
            if replies:
                return replies
            if cut is not None and cut():
                self._answer_outstanding = True
                raise Preempted
        return []
