"""What the emulated text signs share: drawing lines of text with their 16-px font."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from edge_agent.led import fonts
from edge_agent.led.drivers.card_pages import encode_gb2312

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.led.emulators.card import Matrix

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "yellow": (255, 255, 0)}
LINE_PX = 16


def draw_lines(
    matrix: Matrix, lines: Sequence[Sequence[tuple[str, str]]], left_px: int = 0
) -> Image.Image:
    """Lines of (text, colour) pieces from the top left; GB2312 only, other signs stay blank."""
    mono = matrix.colours == "mono"
    image = Image.new("1" if mono else "RGB", (matrix.width_px, matrix.height_px))
    for number, line in enumerate(lines):
        x_px = left_px
        for text, colour in line:
            for char in text:
                bitmap = fonts.glyph_bitmap(char if encode_gb2312(char) else " ", LINE_PX)
                if -LINE_PX < x_px < matrix.width_px:
                    ink = 1 if mono else COLOURS[colour]
                    image.paste(ink, (x_px, number * LINE_PX), bitmap)
                x_px += bitmap.width
    return image


def line_px(line: Sequence[tuple[str, str]]) -> int:
    """Width of a line."""
    return sum(fonts.width_px(text, LINE_PX) for text, _ in line)
