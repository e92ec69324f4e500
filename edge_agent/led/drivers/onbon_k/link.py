"""Speaking with one K card: find its baud rate, ask, take NACKs for what they are."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edge_agent.led.drivers.exchange import Exchange
from edge_agent.led.drivers.onbon_k import command
from edge_agent.led.drivers.onbon_k.frame import (
    BROADCAST,
    ERR_BUSY,
    ERR_CHECKSUM,
    ERRORS,
    Frame,
    Header,
    pack,
    unpack_escaped,
)
from edge_agent.led.drivers.onbon_wire import Splitter
from edge_agent.led.panel import BadFrame, PanelRefused, PanelSilent

if TYPE_CHECKING:
    from edge_agent.clock import Clock
    from edge_agent.led.line import Line

_log = logging.getLogger(__name__)

BAUDS = (9600, 57600)
"""The rates a K card may be set to, in the order the maker's software tries them."""
BUSY_TRIES = 6
_ACK_GROUP = 0xA0


class ReplyFrames:
    """Sound reply frames in the bytes that come in; whatever is damaged is left out."""

    def __init__(self) -> None:
        self._splitter = Splitter(limit=4096)

    def feed(self, data: bytes) -> list[Frame]:
        """Replies that are complete now."""
        replies = []
        for escaped in self._splitter.feed(data):
            try:
                frame = unpack_escaped(escaped)
            except BadFrame as error:
                _log.debug("left out a damaged reply: %s", error)
                continue
            if frame.is_reply:
                replies.append(frame)
        return replies


class CardLink:
    """One card at one address."""

    def __init__(
        self, line: Line, clock: Clock, *, address: int = BROADCAST, half_duplex: bool = False
    ) -> None:
        self.exchange = Exchange(line, ReplyFrames, clock, half_duplex=half_duplex)
        self.address = address

    def find(self) -> bytes:
        """Ask for the parameters at 9600 and 57600 baud, twice; keep the rate that works.

        The maker's software pings first; this question finds the card just as well and saves
        a frame. Returns the answer's data field. Raises: PanelSilent.
        """
        line = self.exchange.line
        rates = [line.baud, *(baud for baud in BAUDS if baud != line.baud)]
        for baud in rates * 2:
            line.baud = baud
            line.open()
            try:
                return self.ask(command.parameters(), tries=1)
            except PanelSilent:
                _log.info("no answer at %d baud", baud)
        line.baud = rates[0]
        raise PanelSilent(
            "显示屏控制卡在 9600 和 57600 波特率都不应答，请检查电源、接线和屏号 / "
            "the card is silent at 9600 and 57600 baud: check power, wires and screen number"
        )

    def ask(self, data: bytes, *, display_mode: int = 0, tries: int | None = None) -> bytes:
        """Send a data field, return the answer's. Raises: PanelRefused, PanelSilent, LineLost."""
        wire = self._wire(data, display_mode)
        asked = command.NAMES.get((data[0], data[1]))

        def fits(frame: Frame) -> bool:
            return frame.data[0] == _ACK_GROUP or command.NAMES.get(frame.command) == asked

        for attempt in range(BUSY_TRIES):
            reply = self.exchange.ask(wire, fits=fits, tries=tries).data
            if reply[2] not in (ERR_BUSY, ERR_CHECKSUM) or attempt + 1 == BUSY_TRIES:
                break
            self.exchange.pause(0.1 * 2**attempt)
        if reply[2] != 0 or reply[:2] == b"\xa0\x01":
            raise _refused(data, reply)
        return reply

    def _wire(self, data: bytes, display_mode: int) -> bytes:
        return pack(Frame(Header(to=self.address, display_mode=display_mode), data))


class BlockRefused(PanelRefused):
    """A file block was refused; ``wanted_offset`` is where the card wants to go on."""

    def __init__(self, message: str, code: int, wanted_offset: int) -> None:
        super().__init__(message, code)
        self.wanted_offset = wanted_offset


def _refused(data: bytes, reply: bytes) -> PanelRefused:
    code = reply[2]
    name = command.NAMES.get((data[0], data[1]), data[:2].hex())
    reason = ERRORS[code] if code < len(ERRORS) else f"error {code}"
    message = f"控制卡拒绝了命令 {name}（{code}）/ the card refused {name}: {reason}"
    if reply[:2] == b"\xa1\x06" and len(reply) >= 9:
        return BlockRefused(message, code, int.from_bytes(reply[5:9], "little"))
    return PanelRefused(message, code)
