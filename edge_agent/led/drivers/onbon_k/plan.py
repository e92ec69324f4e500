"""Which parts of a screen a K card can say in text codes, and which must go as a picture.

The card has a few text areas with a limited memory each and, on some models, one area that
takes pixels. A text too long for one area's memory is cut into loads that the driver sends one
after the other; whatever is not text shares the one pixel area.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge_agent.led import fonts
from edge_agent.led.drivers.onbon_k import mosaic
from edge_agent.led.drivers.onbon_k import text as k_text
from edge_agent.led.drivers.onbon_k.loads import (
    ONE_PAGE,
    UNLIMITED,
    Abilities,
    Load,
    loads_of,
    pieces_of,
)
from edge_agent.led.drivers.picture import Reel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.led.panel import Area, PanelSpec, Screen

PICTURE = "[图]"
"""What `Plan.unshown` says for a picture that the card cannot take."""


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
    limit = UNLIMITED if in_program else abilities.text_bytes
    areas = tuple(area for area in screen.areas if area.pages or area.clock_format)
    unshown = [] if abilities.pictures else _unshown(areas, abilities)
    pieces, picture = _divide(areas, spec, abilities, limit)
    unshown += _characters(pieces[abilities.areas :])
    zones = tuple(
        Zone(number, loads_of(piece, spec, abilities, limit if piece in areas else ONE_PAGE))
        for number, piece in enumerate(pieces[: abilities.areas])
    )
    return Plan(_steps(zones, picture, spec, abilities), tuple(dict.fromkeys(unshown)))


def _divide(
    areas: Sequence[Area], spec: PanelSpec, abilities: Abilities, limit: int
) -> tuple[list[Area], PictureZone | None]:
    """Text areas, and what goes as pixels: more of it when there are too many text areas."""
    picture = _first_picture(areas, spec, abilities)
    while True:
        inside = picture.areas if picture else ()
        texts = [area for area in areas if area not in inside]
        pieces = [piece for area in texts for piece in pieces_of(area, spec, abilities, limit)]
        if len(pieces) <= abilities.areas or not abilities.pictures:
            return pieces, picture
        picture = _bounding([*inside, texts[-1]], areas)


def _first_picture(
    areas: Sequence[Area], spec: PanelSpec, abilities: Abilities
) -> PictureZone | None:
    """What must go as pixels because of what is in it, where the card takes pixels."""
    if not abilities.pictures:
        return None
    return _bounding([area for area in areas if _needs_picture(area, spec, abilities)], areas)


def _steps(
    zones: tuple[Zone, ...], picture: PictureZone | None, spec: PanelSpec, abilities: Abilities
) -> tuple[Step, ...]:
    if picture is not None and len(picture.areas) == 1 and picture.areas[0].pages:
        return _mosaic_steps(picture.areas[0], zones, spec, abilities)
    return (Step(zones, picture, 0.0),)


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
            loads = [loads_of(text, spec, abilities, limit) for text in texts]
            zone = _bounding([pixels], [pixels])
            around = tuple(Zone(first + number, load) for number, load in enumerate(loads))
            play_s = Reel(pixels, spec, smooth=False).loop_s
            steps.append(Step((*zones, *around), zone, play_s))
            continue
        group = replace(area, pages=pages)
        halves = pieces_of(group, spec, abilities, limit)
        room = limit if len(halves) == 1 else ONE_PAGE
        for turn in _turns([loads_of(half, spec, abilities, room) for half in halves]):
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


def rare_characters(screen: Screen, abilities: Abilities) -> set[tuple[str, int]]:
    """What the card's own fonts lack, each with its size; only where ours have it."""
    pages = (page for area in screen.areas for page in area.pages)
    used = {(char, run.size_px) for page in pages for run in page.runs for char in run.text}
    return {
        (char, size_px)
        for char, size_px in used
        if size_px in k_text.FONTS
        and k_text.code_of(char, abilities.lettering) is None
        and char != "\\"
        and not fonts.missing(char, size_px)
    }


def _unshown(areas: Sequence[Area], abilities: Abilities) -> list[str]:
    pages = [page for area in areas for page in area.pages]
    characters = [
        char
        for page in pages
        for run in page.runs
        for char in k_text.missing(run.text, abilities.lettering, run.size_px)
        if char != "\\"
    ]
    return characters + [PICTURE for page in pages if page.picture is not None]


def _characters(areas: Sequence[Area]) -> list[str]:
    runs = [run for area in areas for page in area.pages for run in page.runs]
    return [char for run in runs for char in run.text]
