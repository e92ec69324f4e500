"""Adalight over a serial line: ``Ada``, count − 1 (2, high byte first), its check, then RGB.

The check is high XOR low XOR 55h. Boards say ``Ada`` once a second while they wait.
"""

from __future__ import annotations

from typing import Any

from edge_agent.led.drivers.registry import Driver
from edge_agent.led.drivers.stream import StreamPanel
from edge_agent.led.drivers.tpm2 import lights
from edge_agent.led.panel import BadFrame

MAGIC = b"Ada"
_HEAD_BYTES = 6


class Adalight(StreamPanel):
    """An LED board that speaks Adalight, at most 65,536 lights."""

    def _frame_bytes(self, pixels: bytes) -> bytes:
        high, low = divmod(len(pixels) // 3 - 1, 256)
        return MAGIC + bytes([high, low, high ^ low ^ 0x55]) + pixels


def decode(frame: bytes) -> dict[str, Any]:
    """One whole frame as plain data. Raises: BadFrame."""
    if frame[:3] != MAGIC:
        raise BadFrame("an Adalight frame starts with the letters Ada")
    if frame == MAGIC + b"\n":
        return {"ok": True, "protocol": "adalight", "name": "banner"}
    if len(frame) < _HEAD_BYTES:
        raise BadFrame("the Adalight header is cut short")
    high, low, check = frame[3:6]
    if check != high ^ low ^ 0x55:
        raise BadFrame(f"the header's check is {check:02x}, should be {high ^ low ^ 0x55:02x}")
    wanted = (high * 256 + low + 1) * 3
    data = frame[_HEAD_BYTES:]
    if len(data) != wanted:
        raise BadFrame(f"the header announces {wanted} data bytes, {len(data)} came")
    return {"ok": True, "protocol": "adalight", "name": "data"} | lights(data)


DRIVER = Driver(
    name="adalight",
    title="Adalight 点阵板（单片机）/ Adalight LED boards (microcontroller)",
    panel=Adalight,
    decode=decode,
    emulator="edge_agent.led.emulators.stream:AdalightBoard",
    baud=115200,
    colours=("full", "dual", "mono"),
    answers=False,
    expires=True,
)
