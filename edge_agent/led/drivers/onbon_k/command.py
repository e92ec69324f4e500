"""Data fields of the commands a village needs (section 8); bytes only, no line."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from edge_agent.led.drivers.hours import checked
from edge_agent.led.drivers.onbon_k.area import TextArea, pack_area

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, time

NAMES = {
    (0xA0, 0x00): "ack",
    (0xA0, 0x01): "nack",
    (0xA1, 0x00): "format",
    (0xA1, 0x01): "delete_files",
    (0xA1, 0x02): "status",
    (0xA1, 0x05): "begin_file",
    (0xA1, 0x06): "write_block",
    (0xA1, 0x07): "begin_files",
    (0xA1, 0x08): "end_files",
    (0xA1, 0x09): "write_client_message",
    (0xA1, 0x0A): "file_facts",
    (0xA1, 0x8A): "file_facts",
    (0xA1, 0x0B): "read_file",
    (0xA1, 0x8B): "read_file",
    (0xA2, 0x00): "ping",
    (0xA2, 0x01): "reset",
    (0xA2, 0x03): "set_clock",
    (0xA2, 0x06): "set_screen_id",
    (0xA2, 0x07): "read_screen_id",
    (0xA2, 0x08): "start_up_messages",
    (0xA2, 0x09): "fonts",
    (0xA2, 0x0A): "parameters",
    (0xA2, 0x0B): "read_client_message",
    (0xA2, 0x0C): "set_tips",
    (0xA2, 0x0D): "delete_tips",
    (0xA2, 0x0E): "voice",
    (0xA2, 0x0F): "configure_relay",
    (0xA2, 0x10): "set_relay",
    (0xA2, 0x11): "font_facts",
    (0xA2, 0x12): "set_relays",
    (0xA3, 0x00): "power",
    (0xA3, 0x01): "timers",
    (0xA3, 0x02): "brightness",
    (0xA3, 0x04): "lock_program",
    (0xA3, 0x06): "dynamic_areas",
    (0xA3, 0x08): "cancel_timers",
    (0xA3, 0x10): "clear",
    (0xA4, 0x01): "special_area",
    (0xA4, 0x02): "special_page",
    (0xA4, 0x03): "special_pixels",
    (0xA4, 0x04): "delete_special_area",
    (0xA4, 0x05): "set_ip",
    (0xA4, 0x06): "set_mac",
    (0xA4, 0x07): "search",
    (0xA4, 0x08): "heartbeat",
    (0xA4, 0x09): "delete_special_page",
}

ALL = 0xFF
TIMER_PAIRS = 3


def command(group: int, number: int, payload: bytes = b"", reserved: bytes = bytes(2)) -> bytes:
    """A data field that asks for an answer."""
    return bytes([group, number, 1]) + reserved + payload


def ping() -> bytes:
    """Ask whether the card is there; it answers ACK."""
    return command(0xA2, 0x00)


def status() -> bytes:
    """Ask for power, brightness, clock, programs and dynamic areas."""
    return command(0xA1, 0x02)


def parameters() -> bytes:
    """Ask for address, model, size and colours."""
    return command(0xA2, 0x0A)


def font_facts() -> bytes:
    """Ask which fonts there are and whether they hold GB2312 or GBK."""
    return command(0xA2, 0x11)


def set_clock(now: datetime) -> bytes:
    """Set the card's clock; ``now`` is local time. Year low byte first, Monday is 1."""
    year = _bcd(now.year // 100), _bcd(now.year % 100)
    rest = (now.month, now.day, now.hour, now.minute, now.second, now.isoweekday())
    stamp = bytes([year[1], year[0], *map(_bcd, rest)])
    return command(0xA2, 0x03, stamp, reserved=b"\x08\x00")


def power(*, on: bool) -> bytes:
    """Switch the panel on or off until the next timer."""
    return command(0xA3, 0x00, b"\x01" if on else b"\x02")


def timers(pairs: Sequence[tuple[time, time]]) -> bytes:
    """At most three daily (on, off) times, none across midnight. Raises: ValueError."""
    if len(pairs) > TIMER_PAIRS or any(off <= on for on, off in pairs):
        raise ValueError("give at most three on/off pairs, each off after its on on the same day")
    times = [moment for pair in pairs for moment in pair]
    stamps = b"".join(bytes([_bcd(moment.hour), _bcd(moment.minute)]) for moment in times)
    return command(0xA3, 0x01, bytes([len(pairs)]) + stamps)


def cancel_timers() -> bytes:
    """Forget the daily times."""
    return command(0xA3, 0x08)


def brightness_table(levels: Sequence[int]) -> bytes:
    """48 half-hour levels from 00:00, each 0 to 15. Raises: ValueError."""
    return command(0xA3, 0x02, bytes([2, 0, *checked(levels)]))


def brightness_forced(level: int) -> bytes:
    """One level for the whole day, 0 to 15. Raises: ValueError."""
    if not 0 <= level <= 15:
        raise ValueError("brightness goes from 0 to 15")
    return command(0xA3, 0x02, bytes([1, level]))


def dynamic_areas(
    areas: Iterable[TextArea], *, delete: Sequence[int] = (), delete_all: bool = False
) -> bytes:
    """Write areas into the card's RAM; first delete the numbered ones, or all."""
    gone = bytes([ALL]) if delete_all else bytes([len(delete), *delete])
    blocks = [pack_area(area) for area in areas]
    body = b"".join(struct.pack("<H", len(block)) + block for block in blocks)
    return command(0xA3, 0x06, gone + bytes([len(blocks)]) + body)


def clear() -> bytes:
    """Darken the screen."""
    return command(0xA3, 0x10)


def begin_file(name: bytes, length: int) -> bytes:
    """Announce a file, overwriting one of the same name."""
    return command(0xA1, 0x05, b"\x01" + name + struct.pack("<I", length))


def write_block(name: bytes, number: int, offset: int, block: bytes, *, last: bool) -> bytes:
    """One piece of an announced file; the answer names the offset wanted next."""
    head = struct.pack("<BHHI", last, number, len(block), offset)
    return command(0xA1, 0x06, name + head + block)


def file_facts(name: bytes) -> bytes:
    """Ask for length and CRC of a file in flash."""
    return command(0xA1, 0x0A, b"\x04\x00" + name)


def delete_files(names: Sequence[bytes] = ()) -> bytes:
    """Delete files by name; without names, every program (fonts stay)."""
    return command(0xA1, 0x01, struct.pack("<H", len(names)) + b"".join(names))


def special_pixel_area(
    x_px: int, y_px: int, width_px: int, height_px: int, *, timeout_s: int = 0
) -> bytes:
    """The one area of a 5K2/5MK that takes pixels; x and width are multiples of eight.

    With ``timeout_s`` the card removes it by itself when no pixels come for so long.
    """
    place = struct.pack("<HHHH", x_px // 8, y_px, width_px // 8, height_px)
    run_mode = 2 if timeout_s else 0
    play = struct.pack("<BBBHBBBH6x", 1, 0, run_mode, timeout_s, 0, 0, 0, 0)
    return command(0xA4, 0x01, place + play)


def special_pixels(offset: int, block: bytes, *, last: bool) -> bytes:
    """A piece of that area's pixels: one bit each, set is dark."""
    return command(0xA4, 0x03, struct.pack("<BH", last, offset) + block)


def delete_special_area() -> bytes:
    """Remove it; only a 5MK knows this command."""
    return command(0xA4, 0x04)


def format_flash() -> bytes:
    """Erase every file, the fonts too: the card cannot draw text until fonts are loaded again."""
    return command(0xA1, 0x00)


def reset() -> bytes:
    """Erase every data file and restart the card."""
    return command(0xA2, 0x01)


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10
