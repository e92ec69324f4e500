"""From laid-out pages to the card's text codes, and what must go as a picture (section 11).

The card draws text from the top left of its area, line under line on the grid of its font, and
turns to the next page when an area is full. Runs are put on that grid with spaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from edge_agent.led import fonts
from edge_agent.led.drivers.onbon_k.own_font import back_to
from edge_agent.led.panel import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from edge_agent.led.drivers.onbon_k.own_font import OwnFont
    from edge_agent.led.panel import Area, Colour, Page

NEWLINE = b"\\n"
BAR = "|"
BLOCK = "■"
"""U+25A0 stands in GB 2312 (A1F6): a line of them is the light field of an inverted page."""
STAND_IN = "〓"
"""The mark that Chinese printing sets for a character the font has not (GB2312 A1FE)."""
FONTS = {16: b"", 24: b"\\FO001\\FE001", 32: b"\\FO002\\FE002"}
"""Font names by size; 16 px is what the card uses when nothing is said."""
_LONGEST_CODE, _FONT_BYTES = 2, 6
_COLOURS = {"red": b"\\C1", "green": b"\\C2", "yellow": b"\\C3"}
_CLOCK_FIELDS = {
    "%Y": b"\\DY",
    "%m": b"\\DL",
    "%d": b"\\DD",
    "%H": b"\\DH",
    "%M": b"\\DM",
    "%S": b"\\DS",
    "%a": b"\\DW",
    "%A": b"\\DW",
    "%u": b"\\DW",
}


@dataclass(frozen=True, slots=True)
class Lettering:
    """What the card's fonts hold, and whether it has more than one colour."""

    gbk: bool = False
    colours: bool = False
    own: tuple[OwnFont, ...] = ()
    """Fonts that the box has put there."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an area: its codes and its width in half-width cells."""

    codes: bytes
    cells: int


def code_of(char: str, lettering: Lettering) -> bytes | None:
    """The card's code for a character; None when its font cannot have it.

    A backslash starts an escape, so neither it nor a code whose second byte is one (5Ch) can
    be sent. Python's ``gb2312`` codec does not know — and ·, its ``gbk`` does.
    """
    code, in_gb2312 = _gbk_code(char)
    return code if in_gb2312 or lettering.gbk else None


@lru_cache(maxsize=2048)
def _gbk_code(char: str) -> tuple[bytes | None, bool]:
    """A character's code in GBK that can be sent, and whether GB2312 has it too."""
    if " " <= char <= "~":
        return (None, False) if char == "\\" else (char.encode("ascii"), True)
    try:
        code = char.encode("gbk")
    except UnicodeEncodeError:
        return None, False
    if len(code) != 2 or code[1] == 0x5C:
        return None, False
    return code, _in_gb2312(code)


def codes_of(char: str, lettering: Lettering, size_px: int) -> bytes | None:
    """The same, or the way to it in one of the box's own fonts."""
    code = code_of(char, lettering)
    if code is None:
        own = (font.codes(char) for font in lettering.own if font.height_px == size_px)
        code = next((codes for codes in own if codes), None)
    return code


def missing(text: str, lettering: Lettering, size_px: int = 16) -> tuple[str, ...]:
    """Characters of ``text`` that the card cannot draw, each once, in order."""
    return tuple(c for c in dict.fromkeys(text) if codes_of(c, lettering, size_px) is None)


def needs_picture(page: Page, lettering: Lettering, sizes_px: Sequence[int]) -> bool:
    """Whether a page cannot be said in text codes: a picture, a rare character, odd sizes."""
    sizes = {run.size_px for run in page.runs}
    return (
        page.picture is not None
        or len(sizes) > 1
        or not sizes <= set(sizes_px)
        or any(missing(run.text, lettering, run.size_px) for run in page.runs)
    )


def clock_codes(clock_format: str, lettering: Lettering, colour: Colour = "red") -> bytes:
    """``%H:%M`` as the card's own clock fields; other text goes through unchanged."""
    codes = _COLOURS[colour] if lettering.colours and colour != "red" else b""
    rest = clock_format
    while rest:
        field = _CLOCK_FIELDS.get(rest[:2])
        if field is not None:
            codes, rest = codes + field, rest[2:]
        else:
            codes, rest = codes + _code_or_stand_in(rest[0], lettering), rest[1:]
    return codes


def page_rows(page: Page, area: Area, size_px: int, lettering: Lettering) -> list[Row]:
    """The rows of one page, as many as the area holds lines (more when runs lie lower)."""
    per_page = max(1, area.height_px // size_px)
    lowest = max((_row_number(run, size_px) for run in page.runs), default=0)
    lines: list[list[Run]] = [[] for _ in range(-(-(lowest + 1) // per_page) * per_page)]
    for run in page.runs:
        lines[_row_number(run, size_px)].append(run)
    if page.framed or page.inverted:
        lines = _framed(lines, area, size_px)
    return [_row(sorted(runs, key=lambda run: run.x_px), size_px, lettering) for runs in lines]


def join_rows(rows: Sequence[Row], cells_per_line: int) -> tuple[bytes, bool]:
    """The rows as one text: full lines are left to the card to break, short ones are ended.

    A card breaks lines by itself only in text of one font; else every line is ended.

    Returns:
        The text, and whether the card is to wrap lines by itself.
    """
    used = max((number for number, row in enumerate(rows, 1) if row.cells), default=0)
    rows = rows[:used]
    codes = [row.codes for row in rows]
    gaps = [cells_per_line - row.cells for row in rows]
    broken = NEWLINE.join(codes)
    if b"\\F" in broken or any(gap < 0 for gap in gaps):
        return broken, False
    wrapped = _wrapped(codes, gaps, cells_per_line)
    return (wrapped, True) if len(wrapped) < len(broken) else (broken, False)


def _wrapped(codes: Sequence[bytes], gaps: Sequence[int], cells_per_line: int) -> bytes:
    """Rows for a card that breaks full lines by itself.

    Whether it has gone to the next line when one is just full, nobody says: a line end comes
    only behind a line that is not full, and an empty line behind a full one is spaces.
    """
    text = bytearray()
    is_full = False
    for number, (code, gap) in enumerate(zip(codes, gaps, strict=True)):
        is_last = number + 1 == len(codes)
        before_empty = not is_last and not codes[number + 1]
        text += code
        if not code and is_full:
            text += b" " * cells_per_line
        elif gap and (before_empty or gap >= len(NEWLINE)):
            is_full = False
            text += b"" if is_last else NEWLINE
        else:
            is_full = True
            text += b"" if is_last else b" " * gap
    return bytes(text)


def row_bytes(row: Row, cells_per_line: int) -> int:
    """At most so many bytes a row takes among others in `join_rows`."""
    if not row.codes:
        return max(cells_per_line, len(NEWLINE))
    gap = cells_per_line - row.cells
    ended = gap < 0 or b"\\F" in row.codes
    return len(row.codes) + (len(NEWLINE) if ended else min(gap, len(NEWLINE)))


def line_pieces(
    runs: Iterable[Run], lettering: Lettering, size_px: int, room: int
) -> list[tuple[bytes, int]]:
    """Runs one behind the other, for a single scrolling line: codes and cells.

    In several pieces where they are longer than ``room``, never cut inside a character.
    """
    pieces: list[list[str]] = [[]]
    used = 0
    for char in "".join(run.text for run in runs):
        length = len(_code_or_stand_in(char, lettering, size_px))
        if pieces[-1] and used + length > room:
            pieces.append([])
            used = 0
        pieces[-1].append(char)
        used += length
    return [_spelled("".join(piece), lettering, size_px) for piece in pieces]


def _row(runs: Sequence[Run], size_px: int, lettering: Lettering) -> Row:
    codes, cells, colour = b"", 0, "red"
    for run in runs:
        column = (run.x_px + size_px // 4) // (size_px // 2)
        codes += b" " * (column - cells)
        cells = max(cells, column)
        if lettering.colours and run.colour != colour:
            colour = run.colour
            codes += _COLOURS[colour]
        text, text_cells = _spelled(run.text, lettering, size_px)
        codes += text
        cells += text_cells
    if colour != "red":
        codes += _COLOURS["red"]
    return Row(codes.rstrip(b" "), cells) if colour == "red" else Row(codes, cells)


def _framed(lines: Sequence[list[Run]], area: Area, size_px: int) -> list[list[Run]]:
    """As much of a frame as codes can draw: full lines of blocks, and bars where all have room."""
    half_px = size_px // 2
    last_px = (area.width_px // half_px - 1) * half_px
    roomy = all(
        run.x_px >= half_px and run.x_px + fonts.width_px(run.text, size_px) <= last_px
        for runs in lines
        for run in runs
    )
    bars = [Run(0, 0, BAR, size_px), Run(last_px, 0, BAR, size_px)] if roomy else []
    field = Run(0, 0, BLOCK * (area.width_px // size_px), size_px)
    return [[*runs, *bars] if runs else [field] for runs in lines]


def _row_number(run: Run, size_px: int) -> int:
    return (run.y_px + size_px // 2) // size_px


def _spelled(text: str, lettering: Lettering, size_px: int) -> tuple[bytes, int]:
    """The codes of a text and its width in half-width cells."""
    parts = [_code_or_stand_in(char, lettering, size_px) for char in text]
    cells = sum(
        len(part) if len(part) <= _LONGEST_CODE else fonts.width_px(char, size_px) * 2 // size_px
        for char, part in zip(text, parts, strict=True)
    )
    return _joined(parts, size_px), cells


def _joined(parts: Iterable[bytes], size_px: int) -> bytes:
    """The codes behind one another; between two characters of one own font no way back."""
    codes, font, way_back = bytearray(), b"", back_to(size_px)
    for part in parts:
        own = part[:_FONT_BYTES] if len(part) > _LONGEST_CODE else b""
        goes_on = bool(own) and own == font
        if goes_on:
            del codes[-len(way_back) :]
        codes += part[_FONT_BYTES:] if goes_on else part
        font = own
    return bytes(codes)


def _code_or_stand_in(char: str, lettering: Lettering, size_px: int = 16) -> bytes:
    code = codes_of(char, lettering, size_px)
    if code is None and char == "\\":
        code = "＼".encode("gbk")
    return STAND_IN.encode("gbk") if code is None else code


def _in_gb2312(code: bytes) -> bool:
    if code[0] < 0xA1 or code[1] < 0xA1:
        return False
    try:
        code.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True
