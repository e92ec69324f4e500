"""From pages to pixels: the one place where a panel's picture is made.

Pure: nothing but fonts is read. Mono panels get mode "1", others "RGB"; every pixel is on or
off, there is no grey.
"""

from __future__ import annotations

import hashlib
import importlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageDraw

from edge_agent.led import fonts
from edge_agent.led.pictures import to_panel_colours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.led.panel import Area, Colour, Page, PanelSpec, Run

FULL_FRAME_FROM_PX = 48
_LIGHT: dict[Colour, tuple[int, int, int]] = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "yellow": (255, 255, 0),
}


def draw_page(page: Page, area: Area, spec: PanelSpec) -> Image.Image:
    """One page as large as ``area``: mode "1" on a mono panel, "RGB" on others."""
    size = (area.width_px, area.height_px)
    image = Image.new("1" if spec.colours == "mono" else "RGB", size)
    if page.picture is not None:
        _place_picture(image, page.picture, spec)
    for run in page.runs:
        _draw_run(image, run)
    if page.framed:
        _draw_frame(image, page)
    if page.inverted:
        return _inverted(image, page)
    return image


def draw_whole_page(page: Page, area: Area, spec: PanelSpec) -> Image.Image:
    """`draw_page`, as wide as the text: a line that scrolls in its whole length."""
    ends = [run.x_px + fonts.width_px(run.text, run.size_px) for run in page.runs]
    return draw_page(page, replace(area, width_px=max([area.width_px, *ends])), spec)


def draw_pages(pages: Sequence[Page], area: Area, spec: PanelSpec) -> Image.Image:
    """All pages one under another, as a strip of film: what a receipt's hash is made of."""
    mode = "1" if spec.colours == "mono" else "RGB"
    film = Image.new(mode, (area.width_px, area.height_px * max(1, len(pages))))
    for number, page in enumerate(pages):
        film.paste(draw_page(page, area, spec), (0, number * area.height_px))
    return film


def pixels_sha256(image: Image.Image) -> str:
    """Hash of the pixels, their mode and size; the same whatever wrote the file."""
    head = _head(image.mode, image.width, image.height)
    return hashlib.sha256(head + image.tobytes()).hexdigest()


def pixels_head(pages: Sequence[Page], area: Area, spec: PanelSpec) -> bytes:
    """What `pixels_sha256` of `draw_pages` begins with; the pages' own bytes follow."""
    mode = "1" if spec.colours == "mono" else "RGB"
    return _head(mode, area.width_px, area.height_px * max(1, len(pages)))


def _head(mode: str, width_px: int, height_px: int) -> bytes:
    return f"{mode} {width_px}x{height_px}\n".encode("ascii")


def png_bytes(image: Image.Image) -> bytes:
    """The image as a PNG file."""
    importlib.import_module("PIL.PngImagePlugin")  # alone: save() would load every format
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _draw_run(image: Image.Image, run: Run) -> None:
    ink: int | tuple[int, int, int] = 1 if image.mode == "1" else _LIGHT[run.colour]
    x_px = run.x_px
    for char in run.text:
        glyph = fonts.glyph_bitmap(char, run.size_px)
        if run.inverted:
            glyph = _switched(glyph)
        if image.mode == "1" and not run.inverted:
            image.paste(glyph, (x_px, run.y_px))
        else:
            image.paste(ink, (x_px, run.y_px), glyph)
        x_px += glyph.width


def _draw_frame(image: Image.Image, page: Page) -> None:
    """A line all round; on low panels, where it would cut the text, bars at both sides."""
    ink: int | tuple[int, int, int] = 1 if image.mode == "1" else _ink(page)
    pen = ImageDraw.Draw(image)
    right, bottom = image.width - 1, image.height - 1
    if image.height >= FULL_FRAME_FROM_PX:
        pen.rectangle((1, 1, right - 1, bottom - 1), outline=ink, width=2)
    else:
        pen.rectangle((1, 0, 4, bottom), fill=ink)
        pen.rectangle((right - 4, 0, right - 1, bottom), fill=ink)


def _ink(page: Page) -> tuple[int, int, int]:
    return _LIGHT[page.runs[0].colour if page.runs else "red"]


def _inverted(image: Image.Image, page: Page) -> Image.Image:
    if image.mode == "1":
        return _switched(image)
    lit = image.convert("L").point(lambda level: 255 if level else 0).convert("1")
    plate = Image.new("RGB", image.size, _ink(page))
    plate.paste((0, 0, 0), (0, 0), lit)
    return plate


def _switched(image: Image.Image) -> Image.Image:
    """A 1-bit image with on and off exchanged; `ImageChops.invert` takes 1 for a grey level."""
    return ImageChops.logical_xor(image, Image.new("1", image.size, 1))


def _place_picture(image: Image.Image, picture: Image.Image, spec: PanelSpec) -> None:
    shown = to_panel_colours(picture, spec.colours)
    place = ((image.width - shown.width) // 2, (image.height - shown.height) // 2)
    image.paste(shown, place)
