"""A frame of a graphic card in words: what `led decode --protocol onbon-6` prints."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from edge_agent.led.drivers.onbon_6 import area as pixel_area
from edge_agent.led.drivers.onbon_6 import frame as wire
from edge_agent.led.drivers.onbon_wire import clock_told
from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from collections.abc import Callable


def decode(frame_bytes: bytes) -> dict[str, Any]:
    """One whole frame as plain data. Raises: BadFrame saying what is wrong with it."""
    frame = wire.unpack(frame_bytes)
    header = frame.header
    group, number = frame.command
    told: dict[str, Any] = {
        "ok": True,
        "protocol": "onbon-6",
        "cmd": f"{group:02x}{number:02x}",
        "direction": "reply" if frame.is_reply else "request",
        "name": wire.NAMES.get((group, number), "unknown"),
        "to": header.to,
        "from": header.sender,
        "header": "dynamic" if header.version == wire.DYNAMIC else "command",
        "version": header.version,
        "device": wire.MODELS.get(header.device, f"{header.device:#06x}"),
        "sequence": header.sequence,
        "body_length": len(frame.body),
    }
    try:
        return told | (_reply(frame) if frame.is_reply else _request(frame))
    except (struct.error, IndexError) as error:
        raise BadFrame(f"the {told['name']} body is too short") from error


def _request(frame: wire.Frame) -> dict[str, Any]:
    read = _REQUESTS.get(frame.command)
    if read is not None:
        return read(frame.body)
    return {"data": frame.body[5:].hex()}


def _reply(frame: wire.Frame) -> dict[str, Any]:
    status, error, length = struct.unpack_from("<HHH", frame.body, 3)
    data = frame.body[9:]
    if length != len(data):
        raise BadFrame(f"the answer announces {length} data bytes, {len(data)} follow")
    name = wire.ERRORS[error] if error < len(wire.ERRORS) else f"error {error}"
    told: dict[str, Any] = {"status": status, "error": error, "error_name": name}
    if frame.command == (0xA2, 0x80):
        model, firmware, ready, address, baud, width, height, colours, level, on = (
            struct.unpack_from("<H8sBHBHHBBB", data)
        )
        told |= {
            "model": wire.MODELS.get(model, f"{model:#06x}"),
            "firmware": firmware.decode("ascii", errors="replace"),
            "parameters_ok": bool(ready),
            "address": address,
            "baud_code": baud,
            "width_px": width,
            "height_px": height,
            "colours": colours,
            "brightness": level,
            "on": bool(on),
        }
    return told


def _brightness(body: bytes) -> dict[str, Any]:
    kind = {0: "manual", 1: "table", 2: "sensor"}.get(body[5], str(body[5]))
    return {"mode": kind, "levels": list(body[6:54])}


def _power(body: bytes) -> dict[str, Any]:
    return {"on": body[5] == 1}


def _areas(body: bytes) -> dict[str, Any]:
    return {"areas": [_area(area) for area in pixel_area.unpack_areas(body[3:])]}


def _area(area: pixel_area.PixelArea) -> dict[str, Any]:
    return {
        "number": area.number,
        "x_px": area.x_px,
        "y_px": area.y_px,
        "width_px": area.width_px,
        "height_px": area.height_px,
        "run_mode": area.run_mode,
        "timeout_s": area.timeout_s,
        "with_all_programs": area.with_all_programs,
        "programs": list(area.programs),
        "pages": [
            {
                "mode": page.mode,
                "speed": page.speed,
                "stay_s": page.stay_cs / 100,
                "pixel_bytes": len(page.pixels),
            }
            for page in area.pages
        ],
    }


def deleted(body: bytes) -> list[int] | None:
    """Numbers of the areas an A7 01 body deletes; None for all.

    The maker's Java sends a bare FFh for all, and two reserved bytes before a list.
    """
    rest = body[3:]
    if rest[:1] == b"\xff" or rest[2:3] == b"\xff":
        return None
    return list(rest[3 : 3 + rest[2]])


def _deleted(body: bytes) -> dict[str, Any]:
    numbers = deleted(body)
    return {"delete": "all" if numbers is None else numbers}


_REQUESTS: dict[tuple[int, int], Callable[[bytes], dict[str, Any]]] = {
    (0xA2, 0x02): clock_told,
    (0xA2, 0x05): _power,
    (0xA2, 0x07): _brightness,
    (0xA7, 0x00): _areas,
    (0xA7, 0x01): _deleted,
}
