"""Pictures for panels: scaled to fit, transparency on black, dithered to the colours there are."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from contract.errors import VillageError

if TYPE_CHECKING:
    from edge_agent.led.panel import ColourModel

MOST_PIXELS = 40_000_000
_DUAL = (0, 0, 0, 255, 0, 0, 0, 255, 0, 255, 255, 0)


class PictureError(VillageError, ValueError):
    """A picture is broken, or larger than a box can open without harm."""


def open_picture(data: bytes | Image.Image, width_px: int, height_px: int) -> Image.Image:
    """The first frame of a picture, upright, fitted into ``width_px`` x ``height_px``.

    Raises:
        PictureError: not a picture, cut short, or more than `MOST_PIXELS`.
    """
    try:
        image = data if isinstance(data, Image.Image) else _opened(data)
        if image.width * image.height > MOST_PIXELS:
            raise PictureError(f"{image.width}x{image.height} pixels are too many")
        image.draft("RGB", (width_px * 2, height_px * 2))
        upright = ImageOps.exif_transpose(image)
        flat = Image.new("RGB", upright.size)
        seen = upright.convert("RGBA")
        flat.paste(seen, (0, 0), seen)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as cause:
        raise PictureError(
            f"图片无法显示，请换一张；the picture cannot be shown: {cause}"
        ) from cause
    return ImageOps.contain(flat, (width_px, height_px), Image.Resampling.LANCZOS)


def _opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP", "GIF", "BMP"))


def to_panel_colours(picture: Image.Image, colours: ColourModel) -> Image.Image:
    """The picture in pixels that are on or off: "1" on mono, four colours on dual, RGB on full."""
    if colours == "mono":
        if picture.mode == "1":
            return picture
        return ImageOps.autocontrast(picture.convert("L"), cutoff=1).convert("1")
    if colours == "full":
        return picture.convert("RGB")
    palette = Image.new("P", (1, 1))
    palette.putpalette(_DUAL + (0, 0, 0) * 252)
    return picture.convert("RGB").quantize(palette=palette).convert("RGB")
