"""Texts for one area of a K card: codes within its memory, cut into loads between pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import area as k_area
from edge_agent.led.drivers.onbon_k import text as k_text
from edge_agent.led.drivers.onbon_k.area import TextArea

if TYPE_CHECKING:
    from edge_agent.led.panel import Area, Page, PanelSpec

GAP = "　　"
UNLIMITED = 1 << 31
"""A load's limit in a program file."""
ONE_PAGE = 0
"""In place of a load's limit: every page by itself, so that two halves of a page turn together."""
_COMMAND_BYTES = 9
"""Bytes of a dynamic-area command before the first area block."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this card can do; the defaults are the smallest card's, a BX-5K1 with GB2312 fonts."""

    lettering: k_text.Lettering = field(default_factory=k_text.Lettering)
    pictures: bool = False
    areas: int = 8
    own_fonts: bool = True
    """Whether it takes fonts of the box's making."""
    frame_bytes: int = 512
    """Size of the card's receive buffer and of a dynamic area's memory."""

    @property
    def text_bytes(self) -> int:
        """Longest text of one dynamic area."""
        return self.frame_bytes - _COMMAND_BYTES - k_area.FIXED_BYTES


@dataclass(frozen=True, slots=True)
class Load:
    """What one text area holds at a time, and how long the card takes to play it once."""

    area: TextArea
    play_s: float


def speed_code(speed_px_per_s: float) -> int:
    """The card's speed, 0 to 24, nearest to a speed; see `speed_px_per_s`."""
    return min(24, max(0, round(100 / max(speed_px_per_s, 1.0)) - 1))


def speed_px_per_s(code: int) -> float:
    """Pixels a second at the card's speed ``code``.

    The maker only says 0 is fastest and 24 slowest; ten milliseconds a step is our assumption.
    """
    return 100 / (code + 1)


def size_px_of(area: Area, spec: PanelSpec) -> int:
    """The size of type of an area's first run, if the card has it."""
    sizes = [run.size_px for page in area.pages for run in page.runs]
    known = spec.text_sizes_px or tuple(k_text.FONTS)
    return sizes[0] if sizes and sizes[0] in known else known[0]


def pieces_of(area: Area, spec: PanelSpec, abilities: Abilities, limit: int) -> list[Area]:
    """The area itself, or its upper and lower half when one page is too long for the memory."""
    size_px = size_px_of(area, spec)
    rows = area.height_px // size_px
    if limit == UNLIMITED:
        return [area]
    longest = max((_page_bytes(page, area, size_px, abilities) for page in area.pages), default=0)
    if longest <= limit or rows < 2 or _scrolls(area):
        return [area]
    cut_px = (rows + 1) // 2 * size_px
    upper = [_part(page, 0, cut_px) for page in area.pages]
    lower = [_part(page, cut_px, area.height_px) for page in area.pages]
    halves = (
        replace(area, height_px=cut_px, pages=tuple(upper)),
        replace(
            area,
            y_px=area.y_px + cut_px,
            height_px=area.height_px - cut_px,
            pages=tuple(lower),
        ),
    )
    return [piece for half in halves for piece in pieces_of(half, spec, abilities, limit)]


def _page_bytes(page: Page, area: Area, size_px: int, abilities: Abilities) -> int:
    rows = k_text.page_rows(page, area, size_px, abilities.lettering)
    return len(k_text.join_rows(rows, _cells(area, size_px))[0]) + len(k_text.FONTS[size_px])


def _part(page: Page, top_px: int, bottom_px: int) -> Page:
    inside = [run for run in page.runs if top_px <= run.y_px < bottom_px]
    return replace(page, runs=tuple(replace(run, y_px=run.y_px - top_px) for run in inside))


def _cells(area: Area, size_px: int) -> int:
    return max(2, area.width_px // (size_px // 2))


def _scrolls(area: Area) -> bool:
    """One line that runs out to the left, over and over."""
    return bool(area.pages) and all(
        page.effect == "left" and len({run.y_px for run in page.runs}) == 1 for page in area.pages
    )


def loads_of(area: Area, spec: PanelSpec, abilities: Abilities, limit: int) -> tuple[Load, ...]:
    """One load, or several where pages differ in size or movement: a card area has one of each."""
    if area.clock_format:
        codes = k_text.clock_codes(area.clock_format, abilities.lettering, area.clock_colour)
        return (_load(area, size_px_of(area, spec), codes, display_mode=k_area.STATIC),)
    loads: list[Load] = []
    parts = [replace(area, pages=(page,)) for page in area.pages]
    for (size_px, scrolls), alike in groupby(
        parts, key=lambda part: (size_px_of(part, spec), _scrolls(part))
    ):
        pages = tuple(part.pages[0] for part in alike)
        make = _scrolling_loads if scrolls else _paged_loads
        loads += make(replace(area, pages=pages), size_px, abilities, limit)
    return tuple(loads)


def _scrolling_loads(
    area: Area, size_px: int, abilities: Abilities, limit: int
) -> tuple[Load, ...]:
    gap = GAP.encode("gbk")
    room = limit - len(k_text.FONTS[size_px])
    texts: list[tuple[bytes, int]] = []
    for page in area.pages:
        pieces = k_text.line_pieces(page.runs, abilities.lettering, size_px, room)
        codes, cells = pieces[0]
        if texts and len(texts[-1][0]) + len(gap) + len(codes) <= room:
            texts[-1] = texts[-1][0] + gap + codes, texts[-1][1] + len(gap) + cells
            pieces = pieces[1:]
        texts += pieces
    loads = []
    for codes, cells in texts:
        load = _load(area, size_px, codes, display_mode=k_area.LEFT, single_line=True)
        way_px = cells * size_px // 2 + area.width_px
        loads.append(replace(load, play_s=way_px / speed_px_per_s(load.area.speed)))
    return tuple(loads)


def _paged_loads(area: Area, size_px: int, abilities: Abilities, limit: int) -> tuple[Load, ...]:
    cells = _cells(area, size_px)
    room = limit - len(k_text.FONTS[size_px])
    groups: list[tuple[list[k_text.Row], list[Page]]] = []
    used = 0
    for page in area.pages:
        rows = k_text.page_rows(page, area, size_px, abilities.lettering)
        length = sum(k_text.row_bytes(row, cells) for row in rows)
        if limit != ONE_PAGE and groups and used + length <= room:
            groups[-1][0].extend(rows)
            groups[-1][1].append(page)
            used += length
        else:
            groups.append((rows, [page]))
            used = length
    return tuple(_group_load(area, size_px, rows, pages) for rows, pages in groups)


def _group_load(area: Area, size_px: int, rows: list[k_text.Row], pages: list[Page]) -> Load:
    mode = {"static": k_area.STATIC, "up": k_area.UP}.get(pages[0].effect, k_area.SNAP)
    middle = len(area.pages) == 1 and _is_middle_line(pages[0], area, size_px)
    if middle:
        rows = [row for row in rows if row.cells]
    codes, wraps = k_text.join_rows(rows, _cells(area, size_px))
    load = _load(area, size_px, codes, display_mode=mode, auto_wrap=wraps, middle=middle)
    stay_s = max(page.stay_s for page in pages)
    stay_half_s = min(255, max(1, round(stay_s * 2)))
    return Load(replace(load.area, stay_half_s=stay_half_s), len(pages) * stay_half_s / 2)


def _is_middle_line(page: Page, area: Area, size_px: int) -> bool:
    tops = {run.y_px for run in page.runs}
    return tops == {(area.height_px - size_px) // 2} and bool(min(tops) % size_px)


def _load(  # noqa: PLR0913 - the ways in which areas differ, each by name
    area: Area,
    size_px: int,
    codes: bytes,
    *,
    display_mode: int,
    single_line: bool = False,
    auto_wrap: bool = False,
    middle: bool = False,
) -> Load:
    first = area.pages[0] if area.pages else None
    centred = middle or ((single_line or bool(area.clock_format)) and area.height_px > size_px)
    return Load(
        TextArea(
            x_px=area.x_px,
            y_px=area.y_px,
            width_px=area.width_px,
            height_px=area.height_px,
            text=k_text.FONTS[size_px] + codes,
            align=k_area.ALIGN_MIDDLE if centred else 0,
            single_line=single_line,
            auto_wrap=auto_wrap,
            display_mode=display_mode,
            speed=speed_code(first.speed_px_per_s) if first else 2,
        ),
        play_s=0.0,
    )
