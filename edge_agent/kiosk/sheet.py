"""A printed page: words laid out on a roll of receipts or on A4, as a PDF of pictures.

``python -m edge_agent.kiosk.sheet --paper 80mm --out FILE`` reads lines from standard input as
JSON, ``[[style, text], …]``. It is a program of its own, so that Pillow (10 MB) lives only as
long as a page takes, and a picture because receipt printers have no Chinese type of their own.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from PIL import Image, ImageDraw

from edge_agent.kiosk.lettering import LINE, typeface, wrapped
from edge_agent.kiosk.ruled import Ruled, strips_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


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
_HEAVY = frozenset({"title", "big", "pair"})


@dataclass(frozen=True, slots=True)
class Strip:
    """A line's picture, as wide as the paper; ``head`` stands above it again on a new page."""

    picture: Image.Image
    head: Image.Image | None = None


def pages_of(lines: Sequence[tuple[str, str]], paper: Paper) -> list[Image.Image]:
    """The pages, each a black and white picture of the paper's width."""
    strips = (strip for style, text in lines for strip in _strips(style, text, paper))
    return _on_a_roll(strips, paper) if paper.height == 0 else _on_sheets(strips, paper)


def _on_a_roll(strips: Iterator[Strip], paper: Paper) -> list[Image.Image]:
    kept: list[Image.Image] = []
    height = 0
    for strip in strips:
        if height + strip.picture.height > paper.longest:
            kept += (each.picture for each in _strips("small", CUT_OFF, paper))
            break
        kept.append(strip.picture)
        height += strip.picture.height
    return [_pasted(kept, paper, sum(each.height for each in kept) + 3 * paper.body)]


def _on_sheets(strips: Iterator[Strip], paper: Paper) -> list[Image.Image]:
    room = paper.height - 2 * paper.margin
    pages: list[list[Image.Image]] = [[]]
    height = 0
    for strip in strips:
        if height + strip.picture.height > room:
            if len(pages) == paper.longest:
                pages[-1][-1:] = (each.picture for each in _strips("small", CUT_OFF, paper))
                break
            pages.append([strip.head] if strip.head else [])
            height = strip.head.height if strip.head else 0
        pages[-1].append(strip.picture)
        height += strip.picture.height
    sheets = [_pasted(page, paper, paper.height) for page in pages]
    if len(sheets) > 1:
        for number, sheet in enumerate(sheets, 1):
            _write_foot(sheet, f"第 {number} / {len(sheets)} 页", paper)
    return sheets


def _write_foot(sheet: Image.Image, word: str, paper: Paper) -> None:
    font = typeface(round(paper.body * _SCALE["small"]))
    left = (paper.width - font.getlength(word)) / 2
    ImageDraw.Draw(sheet).text((left, paper.height - paper.margin + 20), word, font=font, fill=0)


def _pasted(strips: list[Image.Image], paper: Paper, height: int) -> Image.Image:
    page = Image.new("1", (paper.width, height), 1)
    top = paper.margin
    for strip in strips:
        page.paste(strip, (0, top))
        top += strip.height
    return page


def _strips(style: str, text: str, paper: Paper) -> Iterator[Strip]:
    if style == "qr":
        yield Strip(_qr(text, paper))
    elif style == "rule":
        strip = Image.new("1", (paper.width, paper.body), 1)
        ends = (paper.margin, paper.body // 2, paper.width - paper.margin, paper.body // 2)
        ImageDraw.Draw(strip).line(ends, fill=0, width=2)
        yield Strip(strip)
    elif style == "table":
        yield from _table_strips(Ruled.from_text(text), paper)
    else:
        yield from _text_strips(style, text, paper)


def _text_strips(style: str, text: str, paper: Paper) -> Iterator[Strip]:
    size = round(paper.body * _SCALE.get(style, 1.0))
    font = typeface(size, heavy=style in _HEAVY)
    room = paper.width - 2 * paper.margin
    for line in wrapped(text, font, room):
        strip = Image.new("1", (paper.width, round(size * LINE)), 1)
        left = float(paper.margin)
        if style in _CENTRED:
            left += (room - font.getlength(line)) / 2
        ImageDraw.Draw(strip).text((left, 0), line, font=font, fill=0)
        yield Strip(strip)


def _table_strips(table: Ruled, paper: Paper) -> Iterator[Strip]:
    """A ruled table; label and value where its columns do not fit side by side."""
    ruled = strips_of(table, paper.width, paper.margin)
    if ruled is not None:
        head, rows = ruled
        yield Strip(Image.new("1", (paper.width, paper.body // 2), 1))
        yield Strip(head)
        yield from (Strip(row, head) for row in rows)
        yield Strip(Image.new("1", (paper.width, paper.body // 2), 1))
        return
    for row in (*table.rows, *((table.total,) if table.total else ())):
        pairs = (f"{label} {cell}" for label, cell in zip(table.labels, row, strict=True) if cell)
        yield from _strips("rule", "", paper)
        yield from _text_strips("text", "　".join(pairs), paper)


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
