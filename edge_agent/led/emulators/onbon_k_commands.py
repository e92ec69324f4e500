"""What an emulated K card does with each command, and with which error it refuses."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import TYPE_CHECKING

from edge_agent.clock import CHINA
from edge_agent.led.drivers.onbon_k import frame as wire
from edge_agent.led.drivers.onbon_k.area import TextArea, unpack_area
from edge_agent.led.drivers.onbon_k.program import unpack_program
from edge_agent.led.emulators.onbon_k_memory import REFRESH_S, Dynamic, Special
from edge_agent.led.panel import BadFrame, PanelRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge_agent.led.emulators.onbon_k import OnbonKCard

ACK = bytes([0xA0, 0, 0, 0, 0])
_PICTURE_MODELS = (0x53, 0x54, 0x58, 0x62, 0x63, 0x65, 0x66, 0x68)
_MK_MODELS = (0x53, 0x54, 0x62)
_SPECIAL_BYTES = 16384


class Refusal(PanelRefused):
    """The card answers NACK; ``data`` is the answer's data field."""

    def __init__(self, code: int, data: bytes = b"") -> None:
        super().__init__(wire.ERRORS[code], code)
        self.data = data or bytes([0xA0, 1, code, 0, 0])


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
    special = card.special
    body = bytes([1 if card.is_on() else 2, round(card.brightness() * 16) - 1])
    body += bytes([digits[1], digits[0]]) + digits[2:] + bytes([len(programs)]) + current
    if card.model != 0x51:
        body += bytes([special is not None, special.pages if special else 0])
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
    card.forced_on = {1: True, 2: False}.get(frame.data[5], card.forced_on)
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
        area.location: _stored(card, area, frame.header.display_mode, now_s) for area in areas
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
    inside = (
        area.x_px + area.width_px <= card.matrix.width_px
        and area.y_px + area.height_px <= card.matrix.height_px
    )
    if area.location >= highest or not inside:
        raise Refusal(wire.ERR_MEMORY)
    if not card.flash.fonts:
        raise Refusal(wire.ERR_FONT)
    if display_mode == 1:
        return
    new = {other.location for other in areas}
    others = [held.area for number, held in kept.items() if number not in new]
    others += [other for other in areas if other is not area]
    others += [other for program in card.flash.programs().values() for other in program.areas]
    covered = any(area.overlaps(other) for other in others)
    if covered or (card.special is not None and card.special.overlaps(area)):
        raise Refusal(wire.ERR_MEMORY)


def _stored(card: OnbonKCard, area: TextArea, display_mode: int, now_s: float) -> Dynamic:
    before = card.dynamic.get(area.location)
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


def _begin_file(card: OnbonKCard, frame: wire.Frame) -> bytes:
    overwrite, name, length = struct.unpack_from("<B4sI", frame.data, 5)
    if name in card.flash.files and not overwrite:
        raise Refusal(wire.ERR_FILE_EXISTS)
    if length > card.flash.free_bytes() + len(card.flash.files.get(name, b"")):
        raise Refusal(wire.ERR_MEMORY)
    if name[:1] not in (b"P", b"C", b"T", b"O", b"E", b"K", b"L"):
        raise Refusal(wire.ERR_FILE_NAME)
    card.under_way = name, length, bytearray()
    card.flash_writes += 1
    return ACK


def _write_block(card: OnbonKCard, frame: wire.Frame) -> bytes:
    name, last, _number, length, offset = struct.unpack_from("<4sBHHI", frame.data, 5)
    block = frame.data[18:]
    if card.under_way is None or card.under_way[0] != name:
        raise Refusal(wire.ERR_DOWNLOAD, _block_answer(wire.ERR_DOWNLOAD, offset))
    _, announced, content = card.under_way
    if offset != len(content) or length != len(block):
        raise Refusal(wire.ERR_BLOCK, _block_answer(wire.ERR_BLOCK, len(content)))
    content += block
    if last:
        _finish_file(card, name, announced, bytes(content))
    return _block_answer(0, len(content))


def _finish_file(card: OnbonKCard, name: bytes, announced: int, content: bytes) -> None:
    card.under_way = None
    card.flash.files.pop(name, None)
    card.changes += 1
    try:
        program = unpack_program(content)
    except BadFrame as error:
        raise Refusal(wire.ERR_FILE_CRC, _block_answer(wire.ERR_FILE_CRC, 0)) from error
    if len(content) != announced or len(program.areas) > (10 if card.is_six else 8):
        raise Refusal(wire.ERR_FILE_CRC, _block_answer(wire.ERR_FILE_CRC, 0))
    card.flash.files[name] = content
    card.cleared = False


def _block_answer(code: int, offset: int) -> bytes:
    return bytes([0xA1, 0x06, code, 0, 0]) + struct.pack("<I", offset)


def _file_facts(card: OnbonKCard, frame: wire.Frame) -> bytes:
    name = frame.data[7:11]
    file = card.flash.files.get(name)
    if file is None:
        raise Refusal(wire.ERR_NO_FILE)
    body = struct.pack("<H4sI", 12, name, len(file)) + file[-2:]
    return bytes([0xA1, 0x8A, 0, 0, 0]) + body


def _delete_files(card: OnbonKCard, frame: wire.Frame) -> bytes:
    (count,) = struct.unpack_from("<H", frame.data, 5)
    programs = list(card.flash.programs())
    names = _chunks(frame.data[7 : 7 + 4 * count], 4) if count else programs
    if any(name not in card.flash.files for name in names):
        raise Refusal(wire.ERR_NO_FILE)
    for name in names:
        del card.flash.files[name]
    card.flash_writes += bool(names) or not count
    card.changes += 1
    return ACK


def _special_area(card: OnbonKCard, frame: wire.Frame) -> bytes:
    _needs_pictures(card)
    x, y, width, height, kind, pages, run_mode, timeout_s, _, _, _, stay = struct.unpack_from(
        "<HHHHBBBHBBBH", frame.data, 5
    )
    special = Special(
        x * 8, y, width * 8, height, kind == 1, pages, run_mode, timeout_s, stay,
        touched_at_s=card.clock.monotonic_s(),
    )  # fmt: skip
    others = [held.area for held in card.dynamic.values()]
    others += [area for program in card.flash.programs().values() for area in program.areas]
    if any(special.overlaps(area) for area in others):
        raise Refusal(wire.ERR_MEMORY)
    if special.x_px + special.width_px > card.matrix.width_px + 7:
        raise Refusal(wire.ERR_MEMORY)
    card.special = special
    card.cleared = False
    card.changes += 1
    return ACK


def _special_page(card: OnbonKCard, frame: wire.Frame) -> bytes:
    special = _existing_special(card, dots=False)
    number, length = struct.unpack_from("<BH", frame.data, 5)
    if length > min(1024, _SPECIAL_BYTES // max(1, special.pages)) or number >= special.pages:
        raise Refusal(wire.ERR_MEMORY)
    special.texts[number] = frame.data[8 : 8 + length]
    special.touched_at_s = card.clock.monotonic_s()
    card.changes += 1
    return ACK


def _delete_special_page(card: OnbonKCard, frame: wire.Frame) -> bytes:
    _existing_special(card, dots=False).texts.pop(frame.data[5], None)
    card.changes += 1
    return ACK


def _special_pixels(card: OnbonKCard, frame: wire.Frame) -> bytes:
    special = _existing_special(card, dots=True)
    last, offset = struct.unpack_from("<BH", frame.data, 5)
    block = frame.data[8:]
    if offset == 0:
        special.pixels.clear()
    if offset != len(special.pixels):
        raise Refusal(wire.ERR_BLOCK)
    if offset + len(block) > _SPECIAL_BYTES:
        raise Refusal(wire.ERR_MEMORY)
    special.pixels += block
    if last:
        special.shown = bytes(special.pixels)
        special.touched_at_s = card.clock.monotonic_s()
        card.changes += 1
    return ACK


def _delete_special(card: OnbonKCard, _frame: wire.Frame) -> bytes:
    if card.model not in _MK_MODELS:
        raise Refusal(wire.ERR_NO_COMMAND)
    card.special = None
    card.changes += 1
    return ACK


def _existing_special(card: OnbonKCard, *, dots: bool) -> Special:
    _needs_pictures(card)
    if card.special is None or card.special.dots != dots:
        raise Refusal(wire.ERR_FILE_TYPE)
    return card.special


def _needs_pictures(card: OnbonKCard) -> None:
    if card.model not in _PICTURE_MODELS:
        raise Refusal(wire.ERR_NO_COMMAND)


def _chunks(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


_COMMANDS: dict[tuple[int, int], Callable[[OnbonKCard, wire.Frame], bytes]] = {
    (0xA1, 0x00): _reset,
    (0xA1, 0x01): _delete_files,
    (0xA1, 0x02): _status,
    (0xA1, 0x05): _begin_file,
    (0xA1, 0x06): _write_block,
    (0xA1, 0x07): _ping,
    (0xA1, 0x08): _ping,
    (0xA1, 0x0A): _file_facts,
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
    (0xA4, 0x01): _special_area,
    (0xA4, 0x02): _special_page,
    (0xA4, 0x03): _special_pixels,
    (0xA4, 0x04): _delete_special,
    (0xA4, 0x09): _delete_special_page,
}
