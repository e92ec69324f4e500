"""A K frame in words: what `led decode --protocol onbon-k` prints."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from edge_agent.led.drivers.hours import SLOTS
from edge_agent.led.drivers.onbon_k import command, markup, reply
from edge_agent.led.drivers.onbon_k import frame as wire
from edge_agent.led.drivers.onbon_k.area import TextArea, unpack_area
from edge_agent.led.drivers.onbon_k.program import unpack_program
from edge_agent.led.drivers.onbon_wire import clock_told
from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from collections.abc import Callable

_MODES = {1: "static", 2: "snap", 3: "left", 4: "right", 5: "up", 6: "down"}


def decode(frame_bytes: bytes) -> dict[str, Any]:
    """One whole frame as plain data. Raises: BadFrame saying what is wrong with it."""
    frame = wire.unpack(frame_bytes)
    header = frame.header
    group, number = frame.command
    told: dict[str, Any] = {
        "ok": True,
        "protocol": "onbon-k",
        "cmd": f"{group:02x}{number:02x}",
        "direction": "reply" if frame.is_reply else "request",
        "to": header.to,
        "from": header.sender,
        "device": wire.MODELS.get(header.device, f"{header.device:#04x}"),
        "display_mode": header.display_mode,
        "check": ("crc16", "sum", "none")[header.check_mode],
        "data_length": len(frame.data),
        "name": command.NAMES.get((group, number), "unknown"),
        "data": frame.data.hex(),
    }
    if header.barcode:
        told["barcode"] = header.barcode.hex()
    if frame.is_reply:
        told["error"] = frame.data[2]
        told["error_name"] = _error_name(frame.data[2])
        read = _REPLIES.get((group, number))
    else:
        told["wants_answer"] = frame.data[2] == 1
        read = _REQUESTS.get((group, number))
    if read is not None and not told.get("error"):
        try:
            told |= read(frame.data)
        except (struct.error, IndexError) as error:
            raise BadFrame(f"the {told['name']} data field is too short") from error
    return told


def area_told(area: TextArea) -> dict[str, Any]:
    """An area block as plain data."""
    return {
        "x_px": area.x_px,
        "y_px": area.y_px,
        "width_px": area.width_px,
        "height_px": area.height_px,
        "number": area.location,
        "run_mode": area.run_mode,
        "timeout_s": area.timeout_s,
        "display": _MODES.get(area.display_mode, str(area.display_mode)),
        "speed": area.speed,
        "stay_s": area.stay_half_s / 2,
        "single_line": area.single_line,
        "auto_wrap": area.auto_wrap,
        "align": area.align,
        "text": markup.plain_text(markup.tokens(area.text)),
        "text_bytes": area.text.hex(),
    }


def _error_name(code: int) -> str:
    return wire.ERRORS[code] if code < len(wire.ERRORS) else f"error {code}"


def _dynamic(data: bytes) -> dict[str, Any]:
    gone = [] if data[5] == command.ALL else list(data[6 : 6 + data[5]])
    rest = data[6 + len(gone) :]
    count, rest = rest[0], rest[1:]
    areas = []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", rest)
        if length > len(rest) - 2:
            raise BadFrame("an area reaches beyond the end of the frame")
        areas.append(area_told(unpack_area(rest[2 : 2 + length])))
        rest = rest[2 + length :]
    if rest:
        raise BadFrame(f"{len(rest)} bytes lie behind the last area")
    return {
        "clears_first": bool(data[3]),
        "delete": "all" if data[5] == command.ALL else gone,
        "areas": areas,
    }


def _begin_file(data: bytes) -> dict[str, Any]:
    overwrite, name, length = struct.unpack_from("<B4sI", data, 5)
    return {"overwrite": bool(overwrite), "file": _ascii(name), "length": length}


def _write_block(data: bytes) -> dict[str, Any]:
    name, last, number, length, offset = struct.unpack_from("<4sBHHI", data, 5)
    block = data[18:]
    if length != len(block):
        raise BadFrame(f"the block announces {length} bytes, {len(block)} follow")
    told: dict[str, Any] = {
        "file": _ascii(name),
        "last": bool(last),
        "block": number,
        "offset": offset,
        "length": length,
    }
    if last and offset == 0 and block[:1] == b"\0":
        program = unpack_program(block)
        told["program"] = {
            "name": _ascii(program.name),
            "priority": program.priority,
            "play_s": program.play_s,
            "play_times": program.play_times,
            "life": program.life.hex(),
            "week": program.week,
            "crc": block[-2:].hex(),
            "areas": [area_told(area) for area in program.areas],
        }
    return told


def _file_answer(data: bytes) -> dict[str, Any]:
    return {"next_offset": reply.next_offset(data)}


def _delete_files(data: bytes) -> dict[str, Any]:
    (count,) = struct.unpack_from("<H", data, 5)
    if len(data) != 7 + 4 * count:
        raise BadFrame(f"{count} file names are announced, {len(data) - 7} bytes follow")
    names = [_ascii(data[7 + 4 * number : 11 + 4 * number]) for number in range(count)]
    return {"files": names or "all programs"}


def _power(data: bytes) -> dict[str, Any]:
    return {"on": data[5] == 1}


def _timers(data: bytes) -> dict[str, Any]:
    if len(data) != 6 + 4 * data[5]:
        raise BadFrame(f"{data[5]} timers are announced, {len(data) - 6} bytes follow")
    times = data[6:].hex()
    clocks = [f"{times[at : at + 2]}:{times[at + 2 : at + 4]}" for at in range(0, len(times), 4)]
    return {"timers": [list(pair) for pair in zip(clocks[::2], clocks[1::2], strict=True)]}


def _brightness(data: bytes) -> dict[str, Any]:
    kind = {1: "forced", 2: "table"}.get(data[5], str(data[5]))
    if kind == "table" and len(data) != 7 + SLOTS:
        raise BadFrame(f"a table of brightness has {SLOTS} levels, {len(data) - 7} follow")
    return {"kind": kind, "level": data[6], "levels": list(data[7:55])}


def _lock(data: bytes) -> dict[str, Any]:
    return {"kept": bool(data[5]), "locked": bool(data[6]), "file": _ascii(data[7:11])}


def _special_area(data: bytes) -> dict[str, Any]:
    x, y, width, height, kind, pages, run_mode, timeout_s = struct.unpack_from("<HHHHBBBH", data, 5)
    return {
        "x_px": x * 8,
        "y_px": y,
        "width_px": width * 8,
        "height_px": height,
        "kind": "pixels" if kind else "text",
        "pages": pages,
        "run_mode": run_mode,
        "timeout_s": timeout_s,
    }


def _special_page(data: bytes) -> dict[str, Any]:
    number, length = struct.unpack_from("<BH", data, 5)
    text = data[8:]
    if length != len(text):
        raise BadFrame(f"the page announces {length} bytes, {len(text)} follow")
    return {"page": number, "text": markup.plain_text(markup.tokens(text))}


def _special_pixels(data: bytes) -> dict[str, Any]:
    last, offset = struct.unpack_from("<BH", data, 5)
    return {"last": bool(last), "offset": offset, "pixel_bytes": len(data) - 8}


def _delete_page(data: bytes) -> dict[str, Any]:
    return {"page": data[5]}


def _set_ip(data: bytes) -> dict[str, Any]:
    mode, ip, mask, gateway, port = struct.unpack_from("<B4s4s4sH", data, 5)
    addresses = [".".join(map(str, part)) for part in (ip, mask, gateway)]
    return {
        "mode": mode,
        "ip": addresses[0],
        "mask": addresses[1],
        "gateway": addresses[2],
        "port": port,
    }


def _mac(data: bytes) -> dict[str, Any]:
    return {"mac": data[5:11].hex(":")}


def _screen_id(data: bytes) -> dict[str, Any]:
    return {"screen_id": int.from_bytes(data[5:7], "little")}


def _start_up(data: bytes) -> dict[str, Any]:
    return {"shown": data[5] == 0}


def _status(data: bytes) -> dict[str, Any]:
    status = reply.status(data)
    return {
        "on": status.on,
        "brightness": status.brightness,
        "clock": status.clock,
        "programs": status.programs,
        "program": _ascii(status.program),
        "special_area": status.special_area,
        "dynamic_areas": list(status.dynamic_ids),
    }


def _parameters(data: bytes) -> dict[str, Any]:
    found = reply.parameters(data)
    return {
        "address": found.address,
        "model": wire.MODELS.get(found.device, f"{found.device:#04x}"),
        "baud_code": found.baud_code,
        "width_px": found.width_px,
        "height_px": found.height_px,
        "colours": found.colours,
    }


def _file_facts(data: bytes) -> dict[str, Any]:
    name, length, crc = reply.file_facts(data)
    return {"file": _ascii(name), "length": length, "crc": f"{crc:04x}"}


def _ascii(name: bytes) -> str:
    return name.decode("ascii", errors="replace").rstrip("\0")


_REQUESTS: dict[tuple[int, int], Callable[[bytes], dict[str, Any]]] = {
    (0xA1, 0x01): _delete_files,
    (0xA1, 0x05): _begin_file,
    (0xA1, 0x06): _write_block,
    (0xA2, 0x03): clock_told,
    (0xA2, 0x06): _screen_id,
    (0xA2, 0x08): _start_up,
    (0xA3, 0x00): _power,
    (0xA3, 0x01): _timers,
    (0xA3, 0x02): _brightness,
    (0xA3, 0x04): _lock,
    (0xA3, 0x06): _dynamic,
    (0xA4, 0x01): _special_area,
    (0xA4, 0x02): _special_page,
    (0xA4, 0x03): _special_pixels,
    (0xA4, 0x05): _set_ip,
    (0xA4, 0x06): _mac,
    (0xA4, 0x09): _delete_page,
}
_REPLIES: dict[tuple[int, int], Callable[[bytes], dict[str, Any]]] = {
    (0xA1, 0x02): _status,
    (0xA1, 0x06): _file_answer,
    (0xA1, 0x8A): _file_facts,
    (0xA2, 0x07): _screen_id,
    (0xA2, 0x0A): _parameters,
}
