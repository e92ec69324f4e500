"""What an emulated K card does with each command, and with which error it refuses."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import TYPE_CHECKING

from edge_agent.clock import CHINA
from edge_agent.led.drivers.onbon_k import frame as wire
from edge_agent.led.drivers.onbon_k.area import TextArea, unpack_area
from edge_agent.led.emulators import onbon_k_files as files
from edge_agent.led.emulators import onbon_k_special as special
from edge_agent.led.emulators.onbon_k_memory import REFRESH_S, Dynamic
from edge_agent.led.emulators.onbon_k_refusal import ACK, Refusal
from edge_agent.led.emulators.onbon_k_text import own_names
from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.led.emulators.onbon_k import OnbonKCard


def answer(card: OnbonKCard, frame: wire.Frame) -> bytes:
    """Carry a command out and return the answer's data field. Raises: Refusal."""
    group, number = frame.command
    obey = _COMMANDS.get((group, number))
    if obey is None:
        known_group = any(group == known for known, _ in _COMMANDS)
        raise Refusal(wire.ERR_NO_COMMAND if known_group else wire.ERR_GROUP)
    try:
        return obey(card, frame)
    except (struct.error, IndexError) as error:
        raise Refusal(wire.ERR_CHECKSUM) from error


def _ping(_card: OnbonKCard, _frame: wire.Frame) -> bytes:
    return ACK


def _status(card: OnbonKCard, _frame: wire.Frame) -> bytes:
    now = card.card_now()
    stamp = now.strftime("%Y%m%d") + f"0{now.isoweekday()}" + now.strftime("%H%M%S")
    digits = bytes.fromhex(stamp)
    programs = card.flash.programs()
    current = card.flash.locked or next(iter(programs), b"\0\0\0\0")
    body = bytes([1 if card.is_on() else 2, round(card.brightness() * 16) - 1])
    body += bytes([digits[1], digits[0]]) + digits[2:] + bytes([len(programs)]) + current
    if card.model != 0x51:
        body += bytes([card.special is not None, card.special.pages if card.special else 0])
    body += bytes([len(card.dynamic), *card.dynamic]) + b"BX-EMULATED-CARD" + bytes(12)
    return bytes([0xA1, 0x02, 0, 0, 0]) + body


def _parameters(card: OnbonKCard, _frame: wire.Frame) -> bytes:
    colours = {"mono": 1, "dual": 2, "full": 7}[card.matrix.colours]
    baud = 2 if card.baud == 57600 else 1
    size = card.matrix.width_px, card.matrix.height_px
    body = struct.pack("<HBBHHB", card.flash.screen_id, card.model, baud, *size, colours)
    return bytes([0xA2, 0x0A, 0, 0, 0]) + body + bytes([0, 0, 0, 0, 0, 0, 0x10, 0, 0]) + bytes(7)


def _font_facts(card: OnbonKCard, _frame: wire.Frame) -> bytes:
    listed = []
    if card.flash.fonts:
        for name, width, encoding in ((b"O000", 16, 2 if card.gbk else 1), (b"E000", 8, 0)):
            listed.append(name + bytes([width, 16]) + bytes(22) + bytes([0x12, encoding]))
        for font in card.flash.own_fonts():
            size = bytes([font.width_px, font.height_px])
            listed.append(font.name + size + bytes(22) + bytes([0x12, 0]))
    body = b"".join(bytes([len(entry)]) + entry for entry in listed)
    return bytes([0xA2, 0x11, 0, 0, 0, len(listed)]) + body


def _fonts(card: OnbonKCard, _frame: wire.Frame) -> bytes:
    body = bytes([2, 1, 16, 16, 0, 8, 16]) if card.flash.fonts else b"\0"
    return bytes([0xA2, 0x09, 0, 0, 0]) + body


def _set_clock(card: OnbonKCard, frame: wire.Frame) -> bytes:
    stamp = frame.data[5:13]
    digits = (bytes([stamp[1], stamp[0]]) + stamp[2:7]).hex()
    try:
        wanted = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError as error:
        raise Refusal(wire.ERR_DATE) from error
    if stamp[7] != wanted.isoweekday():
        raise Refusal(wire.ERR_DATE)
    card.flash.clock_offset_s = (wanted - card.local_now()).total_seconds()
    card.changes += 1
    return ACK


def _screen_id(card: OnbonKCard, frame: wire.Frame) -> bytes:
    if frame.header.to < wire.BROADCAST:
        raise Refusal(wire.ERR_NO_COMMAND)
    if frame.command == (0xA2, 0x07):
        return bytes([0xA2, 0x07, 0, 0, 0]) + struct.pack("<H", card.flash.screen_id)
    (card.flash.screen_id,) = struct.unpack_from("<H", frame.data, 5)
    return ACK


def _reset(card: OnbonKCard, frame: wire.Frame) -> bytes:
    card.flash.files.clear()
    card.flash.fonts = False
    card.flash_writes += 1
    if frame.command == (0xA2, 0x01):
        card.power_cycle()
    card.changes += 1
    return ACK


def _power(card: OnbonKCard, frame: wire.Frame) -> bytes:
    card.forced = frame.data[5] == 1, card.card_now()
    card.changes += 1
    return ACK


def _timers(card: OnbonKCard, frame: wire.Frame) -> bytes:
    count = frame.data[5]
    times = [int(part.hex()) for part in _chunks(frame.data[6 : 6 + 4 * count], 2)]
    minutes = [clock // 100 * 60 + clock % 100 for clock in times]
    pairs = [minutes[start : start + 2] for start in range(0, len(minutes), 2)]
    if count > 3 or len(minutes) != 2 * count or any(off <= on for on, off in pairs):
        raise Refusal(wire.ERR_DATE)
    card.flash.timers = pairs
    card.changes += 1
    return ACK


def _cancel_timers(card: OnbonKCard, _frame: wire.Frame) -> bytes:
    card.flash.timers = []
    card.changes += 1
    return ACK


def _brightness(card: OnbonKCard, frame: wire.Frame) -> bytes:
    kind, level, table = frame.data[5], frame.data[6], list(frame.data[7:55])
    if kind == 1:
        card.flash.forced_level = min(15, level)
    elif len(table) == 48 and max(table) <= 15:
        card.flash.levels, card.flash.forced_level = table, None
    else:
        raise Refusal(wire.ERR_CHECKSUM)
    card.changes += 1
    return ACK


def _lock(card: OnbonKCard, frame: wire.Frame) -> bytes:
    name = frame.data[7:11]
    if name not in card.flash.files:
        raise Refusal(wire.ERR_NO_FILE)
    card.flash.locked = name if frame.data[6] else b""
    card.changes += 1
    return ACK


def _dynamic_areas(card: OnbonKCard, frame: wire.Frame) -> bytes:
    data = frame.data
    gone = [] if data[5] == 0xFF else list(data[6 : 6 + data[5]])
    areas = _area_blocks(card, data[6 + len(gone) :])
    kept = {} if data[5] == 0xFF else {n: d for n, d in card.dynamic.items() if n not in gone}
    for area in areas:
        _check_area(card, area, frame.header.display_mode, kept, areas)
    now_s = card.clock.monotonic_s()
    card.dynamic = kept | {
        area.location: _stored(card, kept, area, frame.header.display_mode, now_s) for area in areas
    }
    card.cleared = False
    card.changes += 1
    return ACK


def _area_blocks(card: OnbonKCard, rest: bytes) -> list[TextArea]:
    areas = []
    count, rest = rest[0], rest[1:]
    for _ in range(count):
        (length,) = struct.unpack_from("<H", rest)
        if length > card.frame_bytes:
            raise Refusal(wire.ERR_MEMORY)
        try:
            areas.append(unpack_area(rest[2 : 2 + length]))
        except BadFrame as error:
            raise Refusal(wire.ERR_CHECKSUM) from error
        rest = rest[2 + length :]
    return areas


def _check_area(
    card: OnbonKCard,
    area: TextArea,
    display_mode: int,
    kept: dict[int, Dynamic],
    areas: list[TextArea],
) -> None:
    """Numbers, size and overlaps; the maker names no error for an overlap, we answer 4."""
    highest = 5 if card.is_six else 8
    if area.location >= highest or not _is_inside(card, area):
        raise Refusal(wire.ERR_MEMORY)
    if not card.flash.fonts or any(font not in card.flash.files for font in own_names(area)):
        raise Refusal(wire.ERR_FONT)
    new = {other.location for other in areas}
    others = [held.area for number, held in kept.items() if number not in new]
    others += [other for other in areas if other is not area]
    if display_mode == 0 and _is_covered(card, area, others):
        raise Refusal(wire.ERR_MEMORY)


def _is_inside(card: OnbonKCard, area: TextArea) -> bool:
    return (
        area.x_px + area.width_px <= card.matrix.width_px
        and area.y_px + area.height_px <= card.matrix.height_px
    )


def _is_covered(card: OnbonKCard, area: TextArea, others: list[TextArea]) -> bool:
    others = others + card.flash.program_areas()
    if card.special is not None and card.special.overlaps(area):
        return True
    return any(area.overlaps(other) for other in others)


def _stored(
    card: OnbonKCard, kept: dict[int, Dynamic], area: TextArea, display_mode: int, now_s: float
) -> Dynamic:
    before = kept.get(area.location)
    reel = card.reel(area)
    if before is None:
        return Dynamic(area, reel, display_mode, now_s, now_s)
    visible_s = max(now_s, before.visible_from_s + REFRESH_S)
    return Dynamic(area, reel, display_mode, now_s, visible_s, before.reel)


def _clear(card: OnbonKCard, _frame: wire.Frame) -> bytes:
    card.dynamic.clear()
    card.special = None
    card.cleared = True
    card.changes += 1
    return ACK


def _chunks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


_COMMANDS: dict[tuple[int, int], Callable[[OnbonKCard, wire.Frame], bytes]] = {
    (0xA1, 0x00): _reset,
    (0xA1, 0x01): files.delete_files,
    (0xA1, 0x02): _status,
    (0xA1, 0x05): files.begin_file,
    (0xA1, 0x06): files.write_block,
    (0xA1, 0x07): _ping,
    (0xA1, 0x08): _ping,
    (0xA1, 0x0A): files.file_facts,
    (0xA2, 0x00): _ping,
    (0xA2, 0x01): _reset,
    (0xA2, 0x03): _set_clock,
    (0xA2, 0x06): _screen_id,
    (0xA2, 0x07): _screen_id,
    (0xA2, 0x08): _ping,
    (0xA2, 0x09): _fonts,
    (0xA2, 0x0A): _parameters,
    (0xA2, 0x11): _font_facts,
    (0xA3, 0x00): _power,
    (0xA3, 0x01): _timers,
    (0xA3, 0x02): _brightness,
    (0xA3, 0x04): _lock,
    (0xA3, 0x06): _dynamic_areas,
    (0xA3, 0x08): _cancel_timers,
    (0xA3, 0x10): _clear,
    (0xA4, 0x01): special.special_area,
    (0xA4, 0x02): special.special_page,
    (0xA4, 0x03): special.special_pixels,
    (0xA4, 0x04): special.delete_special,
    (0xA4, 0x09): special.delete_special_page,
}
