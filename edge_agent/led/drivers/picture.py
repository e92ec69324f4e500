"""Areas drawn by the box for panels that take pixels: which page is on when, and its image.

A `Reel` plays one area; `Wall` puts several into one image. Nothing here knows a protocol.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PIL import Image

from edge_agent.led import draw, fonts
from edge_agent.led.panel import Page, Run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edge_agent.led.panel import Area, PanelSpec

_SECOND_FIELDS = ("%S", "%T", "%c", "%X")


@dataclass(frozen=True, slots=True)
class Shot:
    """One page of a reel: how long it plays and how far its picture is to the right."""

    page: Page
    play_s: float
    strip_px: int
    """Width of the whole page; wider than the area when it runs out to the left."""
    moves: bool


class Reel:
    """One area, played from its first page in a loop.

    Args:
        area: What to play.
        spec: The panel, for its colours.
        smooth: Whether moving pages are moved pixel by pixel; else they are turned like pages.
    """

    def __init__(self, area: Area, spec: PanelSpec, *, smooth: bool) -> None:
        self.area = area
        self._spec = spec
        self._shots = tuple(
            shot for page in area.pages for shot in _shots(page, area, smooth=smooth)
        )
        self.loop_s = sum(shot.play_s for shot in self._shots)
        self._drawn: tuple[Page, Image.Image] | None = None

    def image(self, elapsed_s: float, now: datetime) -> Image.Image:
        """What the area shows ``elapsed_s`` after its start; ``now`` is local, for clocks."""
        if self.area.clock_format:
            return self._draw(_clock_page(self.area, now), self.area.width_px)
        if not self._shots:
            return blank(self._spec, self.area.width_px, self.area.height_px)
        shot, into_s = self._shot_at(elapsed_s)
        strip = self._draw(shot.page, shot.strip_px)
        left_px = 0
        if shot.moves:
            left_px = int(into_s * shot.page.speed_px_per_s) - self.area.width_px
        elif shot.strip_px > self.area.width_px:
            left_px = int(into_s / shot.page.stay_s) * self.area.width_px
        if strip.size == (self.area.width_px, self.area.height_px) and left_px == 0:
            return strip
        return strip.crop((left_px, 0, left_px + self.area.width_px, self.area.height_px))

    def next_turn_s(self, elapsed_s: float, now: datetime) -> float | None:
        """Seconds from ``elapsed_s`` until the image changes; None when it never does."""
        if self.area.clock_format:
            by_second = any(field in self.area.clock_format for field in _SECOND_FIELDS)
            period_s = 1 if by_second else 60
            return period_s - (now.second + now.microsecond / 1e6) % period_s
        if not self._shots:
            return None
        shot, into_s = self._shot_at(elapsed_s)
        if shot.moves:
            return 1 / shot.page.speed_px_per_s
        if shot.strip_px > self.area.width_px:
            return shot.page.stay_s - into_s % shot.page.stay_s
        return shot.play_s - into_s if len(self._shots) > 1 else None

    def _shot_at(self, elapsed_s: float) -> tuple[Shot, float]:
        into_s = elapsed_s % self.loop_s if self.loop_s > 0 else 0.0
        for shot in self._shots:
            if into_s < shot.play_s:
                return shot, into_s
            into_s -= shot.play_s
        return self._shots[-1], 0.0

    def _draw(self, page: Page, width_px: int) -> Image.Image:
        if self._drawn is None or self._drawn[0] is not page:
            wide = replace(self.area, width_px=width_px)
            self._drawn = page, draw.draw_page(page, wide, self._spec)
        return self._drawn[1]


class Wall:
    """Several areas in one image."""

    def __init__(
        self,
        areas: Sequence[Area],
        spec: PanelSpec,
        *,
        origin_px: tuple[int, int] = (0, 0),
        size_px: tuple[int, int] | None = None,
        smooth: bool = False,
    ) -> None:
        self._spec = spec
        self._origin_px = origin_px
        self._size_px = size_px or (spec.width_px, spec.height_px)
        self._reels = [Reel(area, spec, smooth=smooth) for area in areas]

    @property
    def loop_s(self) -> float:
        """How long the longest area takes to play once."""
        return max((reel.loop_s for reel in self._reels), default=0.0)

    def image(self, elapsed_s: float, now: datetime) -> Image.Image:
        """The areas as they stand ``elapsed_s`` after the start."""
        whole = blank(self._spec, *self._size_px)
        left, top = self._origin_px
        for reel in self._reels:
            place = reel.area.x_px - left, reel.area.y_px - top
            whole.paste(reel.image(elapsed_s, now), place)
        return whole

    def next_turn_s(self, elapsed_s: float, now: datetime) -> float | None:
        """Seconds until the image changes; None when it never does."""
        due = [reel.next_turn_s(elapsed_s, now) for reel in self._reels]
        return min((seconds for seconds in due if seconds is not None), default=None)


def blank(spec: PanelSpec, width_px: int, height_px: int) -> Image.Image:
    """A dark image of the panel's colours."""
    return Image.new("1" if spec.colours == "mono" else "RGB", (width_px, height_px))


def missing_glyphs(areas: Sequence[Area]) -> tuple[str, ...]:
    """Characters that no font of the box has, each once; they are drawn as a stand-in."""
    found = [
        char
        for area in areas
        for page in area.pages
        for run in page.runs
        for char in fonts.missing(run.text, run.size_px)
    ]
    return tuple(dict.fromkeys(found))


def _shots(page: Page, area: Area, *, smooth: bool) -> list[Shot]:
    strip_px = area.width_px
    if page.effect == "left" and page.picture is None:
        ends = [run.x_px + fonts.width_px(run.text, run.size_px) for run in page.runs]
        strip_px = max([strip_px, *ends])
    if page.effect == "left" and smooth:
        way_px = strip_px + area.width_px
        return [Shot(page, way_px / page.speed_px_per_s, strip_px, moves=True)]
    windows = math.ceil(strip_px / area.width_px)
    return [Shot(page, page.stay_s * windows, strip_px, moves=False)]


def _clock_page(area: Area, now: datetime) -> Page:
    size_px = fonts.BASE_SIZE_PX
    text = now.strftime(area.clock_format)
    top_px = max(0, (area.height_px - size_px) // 2)
    return Page(runs=(Run(0, top_px, text, size_px, area.clock_colour),), effect="static")
