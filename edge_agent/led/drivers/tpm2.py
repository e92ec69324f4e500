"""TPM2 over a serial line: LED boards on a microcontroller, as WLED takes them.

Frame: C9 DA, length (2, high byte first), data, 36. Ping: C9 AA, answered by AC.
Source: WLED's ``wled_serial.cpp``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edge_agent.led.drivers.registry import Driver
from edge_agent.led.drivers.stream import StreamPanel
from edge_agent.led.panel import BadFrame, PanelRefused

if TYPE_CHECKING:
    from edge_agent.clock import Clock
    from edge_agent.led.line import Line
    from edge_agent.led.panel import PanelSpec

START, DATA, PING, END = 0xC9, 0xDA, 0xAA, 0x36
LONGEST = 0xFFFF


class Tpm2(StreamPanel):
    """An LED board that speaks TPM2, at most 21,845 lights."""

    def __init__(
        self, line: Line, spec: PanelSpec, *, clock: Clock, address: int | None = None
    ) -> None:
        if spec.width_px * spec.height_px * 3 > LONGEST:
            raise PanelRefused(
                "TPM2 一帧最多 21845 点，请换驱动 / a TPM2 frame holds 21,845 lights: "
                "use another driver for this panel",
                4,
            )
        super().__init__(line, spec, clock=clock, address=address)

    def _frame_bytes(self, pixels: bytes) -> bytes:
        return bytes([START, DATA]) + len(pixels).to_bytes(2, "big") + pixels + bytes([END])


def decode(frame: bytes) -> dict[str, Any]:
    """One whole frame as plain data. Raises: BadFrame."""
    if frame[:1] != bytes([START]):
        raise BadFrame("a TPM2 frame starts with C9")
    if frame[1:] == bytes([PING]):
        return {"ok": True, "protocol": "tpm2", "name": "ping"}
    if len(frame) < 5 or frame[1] != DATA:
        raise BadFrame("a TPM2 frame is C9 DA, two length bytes, data, 36")
    length = int.from_bytes(frame[2:4], "big")
    if len(frame) != length + 5:
        raise BadFrame(f"the header announces {length} data bytes, {len(frame) - 5} came")
    if frame[-1] != END:
        raise BadFrame(f"a TPM2 frame ends with 36, this one with {frame[-1]:02x}")
    return {"ok": True, "protocol": "tpm2", "name": "data"} | lights(frame[4:-1])


def lights(data: bytes) -> dict[str, Any]:
    """The lights of a frame: how many, and the first of them as red, green, blue."""
    pixels = [list(data[start : start + 3]) for start in range(0, len(data) - 2, 3)]
    return {"data_length": len(data), "lights": len(pixels), "pixels": pixels[:256]}


DRIVER = Driver(
    name="tpm2",
    title="TPM2 点阵板（单片机）/ TPM2 LED boards (microcontroller)",
    panel=Tpm2,
    decode=decode,
    emulator="edge_agent.led.emulators.stream:Tpm2Board",
    baud=115200,
    colours=("full", "dual", "mono"),
    answers=False,
    expires=True,
)
