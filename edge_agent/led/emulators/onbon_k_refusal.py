"""How an emulated K card refuses a command."""

from __future__ import annotations

from edge_agent.led.drivers.onbon_k import frame as wire
from edge_agent.led.panel import PanelRefused

ACK = bytes([0xA0, 0, 0, 0, 0])


class Refusal(PanelRefused):
    """The card answers NACK; ``data`` is the answer's data field."""

    def __init__(self, code: int, data: bytes = b"") -> None:
        super().__init__(wire.ERRORS[code], code)
        self.data = data or bytes([0xA0, 1, code, 0, 0])
