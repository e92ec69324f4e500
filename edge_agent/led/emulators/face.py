"""The panel as a villager sees it: round lights on black, or one pixel a light."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw

OFF = (26, 20, 18)
"""A light that is off still shows in daylight."""
RED = (255, 52, 28)
PANEL = (6, 6, 6)


def coloured(frame: Image.Image, brightness: float = 1.0) -> Image.Image:
    """The frame in colour: a one-colour panel is red; ``brightness`` goes from 0 to 1."""
    if frame.mode != "RGB":
        red = Image.new("RGB", frame.size, RED)
        frame = Image.composite(red, Image.new("RGB", frame.size), frame.convert("L"))
    # The eye sees a panel at one sixteenth of its power as dim, not as off.
    seen = 0.25 + 0.75 * max(0.0, min(1.0, brightness)) ** 0.5
    return frame.point(lambda level: round(level * seen))


def as_lights(frame: Image.Image, brightness: float = 1.0, pitch_px: int = 6) -> Image.Image:
    """Round lights ``pitch_px`` apart on a black panel."""
    size = frame.width * pitch_px, frame.height * pitch_px
    if frame.mode != "RGB":
        return _one_colour_lights(frame, brightness, pitch_px)
    lit = coloured(frame, brightness)
    lit = ImageChops.lighter(lit, Image.new("RGB", lit.size, OFF))
    lit = lit.resize(size, Image.Resampling.NEAREST)
    return Image.composite(lit, Image.new("RGB", size, PANEL), _mask(size, pitch_px))


def _one_colour_lights(frame: Image.Image, brightness: float, pitch_px: int) -> Image.Image:
    """The same with a palette: dark and lit lights are drawn once, brightness is in the palette."""
    size = frame.width * pitch_px, frame.height * pitch_px
    dark, lit = _one_colour_faces(size, pitch_px)
    picture = Image.composite(lit, dark, frame.resize(size, Image.Resampling.NEAREST))
    red = coloured(Image.new("1", (1, 1), 1), brightness).getpixel((0, 0))
    picture.putpalette(_ramp(OFF) + _ramp(red if isinstance(red, tuple) else RED))
    return picture


def _ramp(light: tuple[int, ...]) -> list[int]:
    """128 shades from the panel to a light."""
    pairs = list(zip(PANEL, light, strict=True))
    return [round(a + (b - a) * step / 127) for step in range(128) for a, b in pairs]


@lru_cache(maxsize=4)
def _one_colour_faces(size: tuple[int, int], pitch_px: int) -> tuple[Image.Image, Image.Image]:
    mask = _mask(size, pitch_px)
    shades = mask.point(lambda level: level // 2), mask.point(lambda level: 128 + level // 2)
    dark, lit = (Image.frombytes("P", size, shade.tobytes()) for shade in shades)
    return dark, lit


@lru_cache(maxsize=4)
def _mask(size: tuple[int, int], pitch_px: int) -> Image.Image:
    scale = 4
    light = Image.new("L", (pitch_px * scale, pitch_px * scale))
    edge = pitch_px * scale * 0.08
    ImageDraw.Draw(light).ellipse((edge, edge, light.width - edge, light.height - edge), fill=255)
    light = light.resize((pitch_px, pitch_px), Image.Resampling.LANCZOS)
    mask = Image.new("L", size)
    for left in range(0, size[0], pitch_px):
        mask.paste(light, (left, 0))
    row = mask.crop((0, 0, size[0], pitch_px))
    for top in range(pitch_px, size[1], pitch_px):
        mask.paste(row, (0, top))
    return mask
