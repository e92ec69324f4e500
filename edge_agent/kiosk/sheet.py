"""A printed page: words laid out on a roll of receipts or on A4, as a PDF of pictures.

``python -m edge_agent.kiosk.sheet --paper 80mm --out FILE`` reads lines from standard input as
JSON, ``[[style, text], …]``. It is a program of its own, so that Pillow (10 MB) lives only as
long as a page takes, and a picture because receipt printers have no Chinese type of their own.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
BOLD = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")
FONT_INDEX = 2
"""Simplified Chinese within Noto's collection."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A format: printable width and height in dots; ``height`` 0 for a roll."""

    width: int
    height: int
    dots_per_inch: int
    body: int
    margin: int
    longest: int
    """Dots of height after which a roll, or pages after which A4, is cut off with a word."""


PAPERS = {
    "58mm": Paper(384, 0, 203, 26, 4, 6400),
    "80mm": Paper(576, 0, 203, 30, 8, 6400),
    "A4": Paper(1240, 1754, 150, 30, 110, 6),
}
CUT_OFF = "（太长，没有印完，请在屏幕上看或扫码看）"
_SCALE = {"office": 0.9, "title": 1.45, "big": 1.9, "text": 1.0, "pair": 1.15, "small": 0.85}
_CENTRED = frozenset({"office", "title", "big"})
_PIECE = re.compile(r"[!-~]+|[^!-~]")
_NO_BREAK_BEFORE = frozenset("，。；：！？、）》”’％%")


def pages_of(lines: Sequence[tuple[str, str]], paper: Paper) -> list[Image.Image]:
    """The pages, each a black and white picture of the paper's width."""
    strips = (strip for style, text in lines for strip in _strips(style, text, paper))
    return _on_a_roll(strips, paper) if paper.height == 0 else _on_sheets(strips, paper)


def _on_a_roll(strips: Iterator[Image.Image], paper: Paper) -> list[Image.Image]:
    kept: list[Image.Image] = []
    height = 0
    for strip in strips:
        if height + strip.height > paper.longest:
            kept += _strips("small", CUT_OFF, paper)
            break
        kept.append(strip)
        height += strip.height
    return [_pasted(kept, paper, sum(each.height for each in kept) + 3 * paper.body)]


def _on_sheets(strips: Iterator[Image.Image], paper: Paper) -> list[Image.Image]:
    room = paper.height - 2 * paper.margin
    pages: list[list[Image.Image]] = [[]]
    height = 0
    for strip in strips:
        if height + strip.height > room:
            if len(pages) == paper.longest:
                pages[-1][-1:] = _strips("small", CUT_OFF, paper)
                break
            pages.append([])
            height = 0
        pages[-1].append(strip)
        height += strip.height
    return [_pasted(page, paper, paper.height) for page in pages]


def _pasted(strips: list[Image.Image], paper: Paper, height: int) -> Image.Image:
    page = Image.new("1", (paper.width, height), 1)
    top = paper.margin
    for strip in strips:
        page.paste(strip, (0, top))
        top += strip.height
    return page


def _strips(style: str, text: str, paper: Paper) -> Iterator[Image.Image]:
    if style == "qr":
        yield _qr(text, paper)
    elif style == "rule":
        strip = Image.new("1", (paper.width, paper.body), 1)
        ends = (paper.margin, paper.body // 2, paper.width - paper.margin, paper.body // 2)
        ImageDraw.Draw(strip).line(ends, fill=0, width=2)
        yield strip
    else:
        yield from _text_strips(style, text, paper)


def _text_strips(style: str, text: str, paper: Paper) -> Iterator[Image.Image]:
    size = round(paper.body * _SCALE.get(style, 1.0))
    is_heavy = style in {"title", "big", "pair"}
    font = ImageFont.truetype(str(BOLD if is_heavy else FONT), size, index=FONT_INDEX)
    room = paper.width - 2 * paper.margin
    for line in _wrapped(text, font, room):
        strip = Image.new("1", (paper.width, round(size * 1.45)), 1)
        left = paper.margin
        if style in _CENTRED:
            left += round((room - font.getlength(line)) / 2)
        ImageDraw.Draw(strip).text((left, 0), line, font=font, fill=0)
        yield strip


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room: int) -> Iterator[str]:
    for paragraph in text.splitlines():
        line = ""
        for piece in _pieces(paragraph, font, room):
            if line and font.getlength(line + piece) > room and piece not in _NO_BREAK_BEFORE:
                yield line
                line = ""
            line += piece
        yield line


def _pieces(paragraph: str, font: ImageFont.FreeTypeFont, room: int) -> Iterator[str]:
    """What stands together: a number or a Latin word, unless it is wider than the paper."""
    for piece in _PIECE.findall(paragraph):
        if font.getlength(piece) <= room:
            yield piece
        else:
            yield from piece


def _qr(link: str, paper: Paper) -> Image.Image:
    code = segno.make(link, error="m", micro=False)
    matrix = code.matrix_iter(border=4)
    rows = [bytes(0 if dark else 255 for dark in row) for row in matrix]
    small = Image.frombytes("L", (len(rows), len(rows)), b"".join(rows))
    scale = max(1, min(paper.width // 2, 420) // len(rows))
    big = small.resize((len(rows) * scale, len(rows) * scale), Image.Resampling.NEAREST)
    strip = Image.new("1", (paper.width, big.height), 1)
    strip.paste(big.convert("1"), ((paper.width - big.width) // 2, 0))
    return strip


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the PDF; 0 when it is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--paper", choices=PAPERS, required=True)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    paper = PAPERS[chosen.paper]
    lines = [(str(style), str(text)) for style, text in json.load(sys.stdin)]
    first, *others = pages_of(lines, paper)
    first.save(
        chosen.out, "PDF", save_all=True, append_images=others, resolution=paper.dots_per_inch
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
