"""Dynamic areas of graphic cards: pages of pixels with the card's own effects (command A7 00)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageChops

from edge_agent.led.panel import BadFrame

if TYPE_CHECKING:
    from edge_agent.led.panel import ColourModel

STATIC, SNAP, LEFT, LEFT_CONTINUOUS, UP, UP_CONTINUOUS = range(1, 7)
LOOP, STOP_ON_LAST, LOOP_UNTIL_TIMEOUT = range(3)
_AREA_TYPE = 0x10
_AREA = struct.Struct("<BHHHH5B5xH")
_PAGE = struct.Struct("<IBBBBHBH9xII")
_PAGE_BYTES = _PAGE.size - 4


@dataclass(frozen=True, slots=True)
class PixelPage:
    """One page: its pixels in the card's order and how it is played."""

    pixels: bytes
    mode: int = SNAP
    speed: int = 1
    """0 fastest."""
    stay_cs: int = 500
    """Hundredths of a second."""
    style: int = 0
    clears: int = 1
    repeat: int = 1
    valid_px: int = 0


@dataclass(frozen=True, slots=True)
class PixelArea:
    """A rectangle in pixels with its pages."""

    number: int
    x_px: int
    y_px: int
    width_px: int
    height_px: int
    pages: tuple[PixelPage, ...]
    run_mode: int = LOOP
    timeout_s: int = 0
    with_all_programs: bool = True
    programs: tuple[int, ...] = ()
    at_once: bool = True


def row_bytes(x_px: int, width_px: int) -> int:
    """Bytes of one row of one colour: cells of 32 px counted from the panel's left edge."""
    return ((x_px + width_px + 31) // 32 - x_px // 32) * 4


def pack_pixels(image: Image.Image, x_px: int, colours: ColourModel) -> bytes:
    """An area's image as the card wants it: 0 is lit, four bytes a cell, the last one leftmost.

    Two colours: the red matrix, then the green. Full colour: three bytes a pixel, row by row.
    """
    if colours == "full":
        return image.convert("RGB").tobytes()
    if colours == "mono":
        return _pack_plane(image.convert("L"), x_px)
    red, green, _ = image.convert("RGB").split()
    return _pack_plane(red, x_px) + _pack_plane(green, x_px)


def unpack_pixels(pixels: bytes, area: PixelArea, colours: ColourModel) -> Image.Image:
    """The image behind a page's bytes; missing bytes are dark."""
    size = area.width_px, area.height_px
    if colours == "full":
        wanted = area.width_px * area.height_px * 3
        return Image.frombytes("RGB", size, pixels[:wanted].ljust(wanted, b"\0"))
    plane_bytes = row_bytes(area.x_px, area.width_px) * area.height_px
    if colours == "mono":
        return _unpack_plane(pixels[:plane_bytes], area).convert("1")
    planes = [_unpack_plane(pixels[at : at + plane_bytes], area) for at in (0, plane_bytes)]
    return Image.merge("RGB", (*planes, Image.new("L", size)))


def pack_area(area: PixelArea) -> bytes:
    """The area as it stands in the command: length, parameters, pages, pixels."""
    front = struct.pack(
        "<BBHBH", area.number, area.run_mode, area.timeout_s, area.with_all_programs,
        len(area.programs),
    )  # fmt: skip
    front += struct.pack(f"<{len(area.programs)}H", *area.programs)
    front += struct.pack("<B4x", area.at_once)
    place = area.x_px, area.y_px, area.width_px, area.height_px
    front += _AREA.pack(_AREA_TYPE, *place, 0, 0, 0, 0, 0, len(area.pages))
    offset = 0
    for page in area.pages:
        front += _PAGE.pack(
            _PAGE_BYTES, page.style, page.mode, page.clears, page.speed, page.stay_cs,
            page.repeat, page.valid_px or area.width_px, offset, len(page.pixels),
        )  # fmt: skip
        offset += len(page.pixels)
    pixels = b"".join(page.pixels for page in area.pages)
    return struct.pack("<I", len(front)) + front + pixels


def unpack_areas(data: bytes) -> tuple[PixelArea, ...]:
    """The areas of an A7 00 body after its command bytes. Raises: BadFrame."""
    try:
        (count,) = struct.unpack_from("<H", data, 2)
        rest = data[4:]
        areas = []
        for _ in range(count):
            area, used = _unpack_area(rest)
            areas.append(area)
            rest = rest[used:]
    except (struct.error, IndexError) as error:
        raise BadFrame("the dynamic area ends too early") from error
    return tuple(areas)


def _unpack_area(block: bytes) -> tuple[PixelArea, int]:
    (length,) = struct.unpack_from("<I", block)
    number, run_mode, timeout_s, with_all, related = struct.unpack_from("<BBHBH", block, 4)
    programs = struct.unpack_from(f"<{related}H", block, 11)
    offset = 11 + 2 * related
    at_once = bool(block[offset])
    offset += 5
    kind, x, y, width, height, *_, count = _AREA.unpack_from(block, offset)
    if kind != _AREA_TYPE:
        raise BadFrame(f"unknown dynamic area type {kind:#04x}")
    offset += _AREA.size
    if length + 4 != offset + count * _PAGE.size:
        raise BadFrame(f"the area announces {length} bytes of parameters for {count} pages")
    start = length + 4
    pages = []
    for _ in range(count):
        _, style, mode, clears, speed, stay, repeat, valid, at, size = _PAGE.unpack_from(
            block, offset
        )
        pixels = block[start + at : start + at + size]
        if len(pixels) != size:
            raise BadFrame(f"a page announces {size} bytes of pixels, {len(pixels)} follow")
        pages.append(PixelPage(pixels, mode, speed, stay, style, clears, repeat, valid))
        offset += _PAGE.size
    area = PixelArea(
        number, x, y, width, height, tuple(pages), run_mode, timeout_s, bool(with_all), programs,
        at_once,
    )  # fmt: skip
    return area, start + sum(len(page.pixels) for page in pages)


def _pack_plane(plane: Image.Image, x_px: int) -> bytes:
    width = row_bytes(x_px, plane.width) * 8
    grid = Image.new("L", (width, plane.height), 255)
    dark = plane.point(lambda level: 0 if level >= 128 else 255)
    grid.paste(dark, (x_px % 32, 0))
    return _swap_cells(grid.convert("1").tobytes())


def _unpack_plane(pixels: bytes, area: PixelArea) -> Image.Image:
    width = row_bytes(area.x_px, area.width_px) * 8
    wanted = width // 8 * area.height_px
    grid = Image.frombytes("1", (width, area.height_px), _swap_cells(pixels.ljust(wanted, b"\xff")))
    left = area.x_px % 32
    box = left, 0, left + area.width_px, area.height_px
    return ImageChops.invert(grid.convert("L")).crop(box)


def _swap_cells(data: bytes) -> bytes:
    """Turn each four bytes around: a cell is one number with its low byte first."""
    turned = bytearray(len(data))
    for position in range(4):
        turned[position::4] = data[3 - position :: 4]
    return bytes(turned)
