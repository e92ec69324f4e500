"""The text area block, the same in dynamic areas and in program files (section 9.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from edge_agent.led.panel import BadFrame

STATIC, SNAP, LEFT, RIGHT, UP, DOWN = range(1, 7)
LOOP, STOP_ON_LAST, LOOP_UNTIL_TIMEOUT = range(3)
ALIGN_MIDDLE = 0b1000
IN_PROGRAM = 0xFF
FIXED_BYTES = 27
_IN_PIXELS = 0x8000


@dataclass(frozen=True, slots=True)
class TextArea:
    """A rectangle in pixels with its text in card codes and how the card plays it."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int
    text: bytes
    location: int = IN_PROGRAM
    """Number of the dynamic area, 255 inside a program."""
    run_mode: int = LOOP
    timeout_s: int = 0
    line_spacing_px: int = 0
    align: int = 0
    """Bits 0-1: left, right, centre; bits 2-3: top, bottom, middle."""
    single_line: bool = False
    auto_wrap: bool = True
    display_mode: int = SNAP
    exit_mode: int = 0
    speed: int = 2
    """0 fastest to 24 slowest."""
    stay_half_s: int = 10
    sound_mode: int = 0
    sound: bytes = b""
    """Speaker, volume and speed bytes, then for mode 2 the length and text to be spoken."""
    extension: bytes = b""
    """Type-setting direction, character spacing in pixels, reserved bytes."""

    def overlaps(self, other: TextArea) -> bool:
        """Whether the two rectangles share a pixel."""
        return (
            self.x_px < other.x_px + other.width_px
            and other.x_px < self.x_px + self.width_px
            and self.y_px < other.y_px + other.height_px
            and other.y_px < self.y_px + self.height_px
        )


def pack_area(area: TextArea) -> bytes:
    """The block as it stands in a dynamic-area command or a program file."""
    head = struct.pack(
        "<BHHHHBBBHB",
        0,
        area.x_px | _IN_PIXELS,
        area.y_px,
        area.width_px | _IN_PIXELS,
        area.height_px,
        area.location,
        area.line_spacing_px,
        area.run_mode,
        area.timeout_s,
        area.sound_mode,
    )
    play = struct.pack(
        "<BBBBBBBI",
        area.align,
        1 if area.single_line else 2,
        2 if area.auto_wrap else 1,
        area.display_mode,
        area.exit_mode,
        area.speed,
        area.stay_half_s,
        len(area.text),
    )
    extension = bytes([len(area.extension)]) + area.extension
    return head + area.sound + extension + play + area.text


def unpack_area(block: bytes) -> TextArea:
    """Read a block. Raises: BadFrame when its lengths do not fit together."""
    try:
        return _unpack_area(block)
    except (struct.error, IndexError) as error:
        raise BadFrame("the area block ends too early") from error


def _unpack_area(block: bytes) -> TextArea:
    kind, x, y, width, height, location, spacing, run_mode, timeout_s, sound_mode = (
        struct.unpack_from("<BHHHHBBBHB", block)
    )
    if kind != 0:
        raise BadFrame(f"unknown area type {kind}")
    offset = 15
    sound_bytes = _sound_bytes(block, offset, sound_mode)
    sound = block[offset : offset + sound_bytes]
    offset += sound_bytes
    extension = block[offset + 1 : offset + 1 + block[offset]]
    offset += 1 + block[offset]
    align, lines, wrap, mode, exit_mode, speed, stay, length = struct.unpack_from(
        "<BBBBBBBI", block, offset
    )
    text = block[offset + 11 :]
    if len(text) != length:
        raise BadFrame(f"the area announces {length} bytes of text, {len(text)} follow")
    return TextArea(
        x_px=_pixels(x),
        y_px=y,
        width_px=_pixels(width),
        height_px=height,
        text=text,
        location=location,
        run_mode=run_mode,
        timeout_s=timeout_s,
        line_spacing_px=spacing,
        align=align,
        single_line=lines == 1,
        auto_wrap=wrap == 2,
        display_mode=mode,
        exit_mode=exit_mode,
        speed=speed,
        stay_half_s=stay,
        sound_mode=sound_mode,
        sound=sound,
        extension=extension,
    )


def _sound_bytes(block: bytes, offset: int, sound_mode: int) -> int:
    if sound_mode == 0:
        return 0
    if sound_mode == 1:
        return 3
    (length,) = struct.unpack_from("<I", block, offset + 3)
    return 7 + int(length)


def _pixels(value: int) -> int:
    """Bit 15 set: pixels; clear: units of eight pixels."""
    return value & 0x7FFF if value & _IN_PIXELS else value * 8
