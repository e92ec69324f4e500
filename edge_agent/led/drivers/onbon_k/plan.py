"""Which parts of a screen a K card can say in text codes, and which must go as a picture.

The card has a few text areas with a limited memory each and, on some models, one area that
takes pixels. A text too long for one area's memory is cut into loads that the driver sends one
after the other; whatever is not text shares the one pixel area.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from edge_agent.led.drivers.onbon_k import area as k_area
from edge_agent.led.drivers.onbon_k import mosaic
from edge_agent.led.drivers.onbon_k import text as k_text
from edge_agent.led.drivers.onbon_k.area import TextArea
from edge_agent.led.drivers.picture import Reel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.led.panel import Area, Page, PanelSpec, Screen

PICTURE = "[图]"
"""What `Plan.unshown` says for a picture that the card cannot take."""
GAP = "　　"
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


@dataclass(frozen=True, slots=True)
class Zone:
    """One text area and its loads; a single load needs no further care."""

    number: int
    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class PictureZone:
    """The rectangle that goes as pixels (x and width multiples of eight) and what is in it."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int
    areas: tuple[Area, ...]

    def touches(self, area: Area) -> bool:
        """Whether an area shares a pixel with this rectangle."""
        return (
            self.x_px < area.x_px + area.width_px
            and area.x_px < self.x_px + self.width_px
            and self.y_px < area.y_px + area.height_px
            and area.y_px < self.y_px + self.height_px
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What the card holds for a while; the box brings one step after the other."""

    zones: tuple[Zone, ...]
    picture: PictureZone | None
    play_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A screen in the card's terms: one step, or several that the box turns."""

    steps: tuple[Step, ...]
    unshown: tuple[str, ...] = ()

    @property
    def fits_program(self) -> bool:
        """Whether it can stand in flash: text only, every area in one load."""
        loads = [zone.loads for step in self.steps for zone in step.zones]
        return not self.needs_pixels and all(len(held) == 1 for held in loads)

    @property
    def needs_pixels(self) -> bool:
        """Whether any of it goes as pixels."""
        return any(step.picture is not None for step in self.steps)


def plan_screen(
    screen: Screen, spec: PanelSpec, abilities: Abilities, *, in_program: bool = False
) -> Plan:
    """Divide a screen; ``in_program``: texts of any length fit, because they go to flash."""
    limit = 1 << 31 if in_program else abilities.text_bytes
    pictured: list[Area] = []
    unshown: list[str] = []
    if abilities.pictures:
        pictured = [area for area in screen.areas if _needs_picture(area, spec, abilities)]
    else:
        unshown = _unshown(screen.areas, abilities)
    while True:
        picture = _bounding(pictured, screen.areas)
        inside = picture.areas if picture else ()
        texts = [area for area in screen.areas if area not in inside and not _is_empty(area)]
        pieces = [piece for area in texts for piece in _pieces(area, spec, abilities, limit)]
        if len(pieces) <= abilities.areas:
            break
        if not abilities.pictures:
            pieces, extra = pieces[: abilities.areas], pieces[abilities.areas :]
            unshown += _characters(extra)
            break
        pictured = [*inside, texts[-1]]
    zones = tuple(
        Zone(
            number,
            _loads(piece, spec, abilities, limit if piece in texts else ONE_PAGE),
        )
        for number, piece in enumerate(pieces)
    )
    told = tuple(dict.fromkeys(unshown))
    if picture is not None and len(picture.areas) == 1 and picture.areas[0].pages:
        return Plan(_mosaic_steps(picture.areas[0], zones, spec, abilities), told)
    return Plan((Step(zones, picture, 0.0),), told)


def _mosaic_steps(
    area: Area, zones: tuple[Zone, ...], spec: PanelSpec, abilities: Abilities
) -> tuple[Step, ...]:
    """The steps of the one area that has pages with rare characters, among the other zones."""
    first, limit = len(zones), abilities.text_bytes
    sizes = spec.text_sizes_px or tuple(k_text.FONTS)
    steps: list[Step] = []
    for rare, pages in mosaic.page_groups(area, abilities.lettering, sizes):
        if rare:
            room = abilities.areas - first
            texts, pixels = mosaic.cut_page(pages[0], area, abilities.lettering, room)
            loads = [_loads(text, spec, abilities, limit) for text in texts]
            zone = _bounding([pixels], [pixels])
            around = tuple(Zone(first + number, load) for number, load in enumerate(loads))
            play_s = Reel(pixels, spec, smooth=False).loop_s
            steps.append(Step((*zones, *around), zone, play_s))
            continue
        group = replace(area, pages=pages)
        halves = _pieces(group, spec, abilities, limit)
        room = limit if len(halves) == 1 else ONE_PAGE
        for turn in _turns([_loads(half, spec, abilities, room) for half in halves]):
            parts = tuple(Zone(first + number, (load,)) for number, load in enumerate(turn))
            steps.append(Step((*zones, *parts), None, turn[0].play_s))
    return tuple(steps)


def _turns(halves: list[tuple[Load, ...]]) -> list[tuple[Load, ...]]:
    """The loads that stand together: the n-th of every half."""
    return list(zip(*halves, strict=True))


def numbered_from_top(plan: Plan, areas: int) -> Plan:
    """The plan with other area numbers: a card changes one area only once a second."""
    steps = tuple(
        replace(
            step,
            zones=tuple(replace(zone, number=areas - 1 - zone.number) for zone in step.zones),
        )
        for step in plan.steps
    )
    return replace(plan, steps=steps)


def speed_code(speed_px_per_s: float) -> int:
    """The card's speed, 0 to 24, nearest to a speed; see `speed_px_per_s`."""
    return min(24, max(0, round(100 / max(speed_px_per_s, 1.0)) - 1))


def speed_px_per_s(code: int) -> float:
    """Pixels a second at the card's speed ``code``.

    The maker only says 0 is fastest and 24 slowest; ten milliseconds a step is our assumption.
    """
    return 100 / (code + 1)


def _is_empty(area: Area) -> bool:
    return not area.pages and not area.clock_format


def _needs_picture(area: Area, spec: PanelSpec, abilities: Abilities) -> bool:
    sizes = spec.text_sizes_px or tuple(k_text.FONTS)
    return any(k_text.needs_picture(page, abilities.lettering, sizes) for page in area.pages)


def _bounding(pictured: Sequence[Area], areas: Sequence[Area]) -> PictureZone | None:
    """The smallest rectangle on the 8-px grid around the given areas and all that it touches."""
    if not pictured:
        return None
    left = min(area.x_px for area in pictured) // 8 * 8
    top = min(area.y_px for area in pictured)
    right = -(-max(area.x_px + area.width_px for area in pictured) // 8) * 8
    bottom = max(area.y_px + area.height_px for area in pictured)
    zone = PictureZone(left, top, right - left, bottom - top, tuple(pictured))
    touched = [area for area in areas if area in pictured or zone.touches(area)]
    return zone if len(touched) == len(pictured) else _bounding(touched, areas)


def _unshown(areas: Sequence[Area], abilities: Abilities) -> list[str]:
    pages = [page for area in areas for page in area.pages]
    characters = [
        char
        for page in pages
        for run in page.runs
        for char in k_text.missing(run.text, abilities.lettering)
        if char != "\\"
    ]
    return characters + [PICTURE for page in pages if page.picture is not None]


def _characters(areas: Sequence[Area]) -> list[str]:
    runs = [run for area in areas for page in area.pages for run in page.runs]
    return [char for run in runs for char in run.text]


def _size_px(area: Area, spec: PanelSpec) -> int:
    sizes = [run.size_px for page in area.pages for run in page.runs]
    known = spec.text_sizes_px or tuple(k_text.FONTS)
    return sizes[0] if sizes and sizes[0] in known else known[0]


def _pieces(area: Area, spec: PanelSpec, abilities: Abilities, limit: int) -> list[Area]:
    """The area itself, or its upper and lower half when one page is too long for the memory."""
    size_px = _size_px(area, spec)
    rows = area.height_px // size_px
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
    return [piece for half in halves for piece in _pieces(half, spec, abilities, limit)]


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


def _loads(area: Area, spec: PanelSpec, abilities: Abilities, limit: int) -> tuple[Load, ...]:
    """One load, or several where pages differ in size or movement: a card area has one of each."""
    if area.clock_format:
        codes = k_text.clock_codes(area.clock_format, abilities.lettering)
        return (_load(area, _size_px(area, spec), codes, display_mode=k_area.STATIC),)
    loads: list[Load] = []
    parts = [replace(area, pages=(page,)) for page in area.pages]
    for (size_px, scrolls), alike in groupby(
        parts, key=lambda part: (_size_px(part, spec), _scrolls(part))
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
    texts: list[bytes] = []
    for page in area.pages:
        codes = k_text.line_codes(page.runs, abilities.lettering)
        if texts and len(texts[-1]) + len(gap) + len(codes) <= room:
            texts[-1] += gap + codes
        else:
            texts += _cut_codes(codes, room)
    loads = []
    for codes in texts:
        load = _load(area, size_px, codes, display_mode=k_area.LEFT, single_line=True)
        way_px = len(codes) * size_px // 2 + area.width_px
        loads.append(replace(load, play_s=way_px / speed_px_per_s(load.area.speed)))
    return tuple(loads)


def _cut_codes(codes: bytes, room: int) -> list[bytes]:
    """Pieces no longer than ``room`` that never part the two bytes of a character."""
    pieces = [b""]
    offset = 0
    while offset < len(codes):
        step = 2 if codes[offset] >= 0x80 else 1
        if len(pieces[-1]) + step > room:
            pieces.append(b"")
        pieces[-1] += codes[offset : offset + step]
        offset += step
    return pieces


def _paged_loads(area: Area, size_px: int, abilities: Abilities, limit: int) -> tuple[Load, ...]:
    cells = _cells(area, size_px)
    room = limit - len(k_text.FONTS[size_px])
    groups: list[tuple[list[k_text.Row], list[Page]]] = []
    for page in area.pages:
        rows = k_text.page_rows(page, area, size_px, abilities.lettering)
        if groups and len(k_text.join_rows(groups[-1][0] + rows, cells)[0]) <= room:
            groups[-1][0].extend(rows)
            groups[-1][1].append(page)
        else:
            groups.append((rows, [page]))
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
