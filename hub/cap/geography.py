"""Which of our places a warning means: by division code, by shape on the map, by name.

Codes come first. A code above the county means the whole county; one inside must be a place of
ours. Codes of other schemes (postal, FIPS, EMMA …) are left alone: six digits of an American
county could otherwise alarm a Chinese one. A shape takes every village whose point lies in it
or within two kilometres of its edge, for a village is not a point. Names are the last resort
and never go out without a person having looked.
"""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.areas import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hub.cap.message import CapArea, Corner

MARGIN_KM = 2.0
_KM_PER_DEGREE = 111.32
_DIVISION = re.compile(r"区划|行政|gb.?/?t?.?2260|adcode|division|area.?code|国标", re.IGNORECASE)
_FOREIGN = re.compile(
    r"same|fips|ugc|emma|nuts|cap-cp|canada|iso.?3166|post|zip|warn|wmo|ansi|nwr|clc", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Place:
    """One of our places; ``point`` is latitude and longitude where somebody entered them."""

    code: str
    name: str
    point: Corner | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The codes of the places that are meant, widest first, and what a person must look at."""

    codes: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def places_of(areas: Iterable[CapArea], places: tuple[Place, ...]) -> Found:
    """The places of one county that the areas of a warning mean.

    Args:
        areas: the areas of one ``info``.
        places: county, towns and villages of this hub.
    """
    codes: set[str] = set()
    remarks: list[str] = []
    for area in areas:
        found = _by_code(area, places, remarks)
        if found is None and (area.rings or area.discs):
            found = _by_shape(area, places, remarks)
        if found is None:
            found = _by_name(area, places, remarks)
        codes |= found
    if not codes:
        remarks.append("没有对上本县的任何地方，请选择发到哪里")
    return Found(tuple(_widest(codes)), tuple(dict.fromkeys(remarks)))


def _by_code(area: CapArea, places: tuple[Place, ...], remarks: list[str]) -> set[str] | None:
    """Codes that mean us; None when the area has no division code at all."""
    known = {place.code for place in places}
    county = min(known, key=len, default="")
    is_coded = False
    found: set[str] = set()
    for name, value in area.geocodes:
        code = division_code(value)
        if not code or _FOREIGN.search(name):
            continue
        related = code.startswith(county) or county.startswith(code)
        if not _DIVISION.search(name):
            if not related:
                continue
            remarks.append(f"区划代码的名称“{name[:30]}”不认识，请核对范围")
        is_coded = True
        if county.startswith(code):
            found.add(county)
        elif code in known:
            found.add(code)
        elif related:
            remarks.append(f"本县没有代码为 {code} 的地方，请核对范围")
    return found if is_coded else None


def division_code(value: str) -> str:
    """A division code without the zeros that fill it up; empty if it is none.

    Example:
        >>> division_code("530199000000"), division_code("530000")
        ('530199', '53')
    """
    digits = value.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) not in LEVELS:
        return ""
    code = digits
    for shorter in (9, 6, 4, 2):
        if len(code) > shorter and not code[shorter:].strip("0"):
            code = code[:shorter]
    return code if code.strip("0") else ""


def _by_shape(area: CapArea, places: tuple[Place, ...], remarks: list[str]) -> set[str]:
    villages = [place for place in places if len(place.code) == max(LEVELS)]
    without = sum(place.point is None for place in villages)
    if without:
        remarks.append(f"按地图范围对照：有 {without} 个村没有填经纬度，请核对有没有遗漏")
    return {
        place.code for place in villages if place.point is not None and touches(area, place.point)
    }


def touches(area: CapArea, point: Corner) -> bool:
    """Whether a point lies in one of the area's shapes or within two kilometres of it."""
    discs = any(_distance_km(centre, point) <= radius + MARGIN_KM for centre, radius in area.discs)
    return discs or any(_in_ring(ring, point) or _near(ring, point) for ring in area.rings)


def _in_ring(ring: tuple[Corner, ...], point: Corner) -> bool:
    """Even-odd rule; a county is small enough for flat degrees."""
    latitude, longitude = point
    inside = False
    for (lat1, lon1), (lat2, lon2) in _edges(ring):
        if (lat1 > latitude) != (lat2 > latitude):
            crossing = lon1 + (latitude - lat1) / (lat2 - lat1) * (lon2 - lon1)
            inside ^= longitude < crossing
    return inside


def _near(ring: tuple[Corner, ...], point: Corner) -> bool:
    shrink = math.cos(math.radians(point[0]))
    for start, end in _edges(ring):
        y1, x1 = _flat(start, point, shrink)
        y2, x2 = _flat(end, point, shrink)
        length = (x2 - x1) ** 2 + (y2 - y1) ** 2
        reach = -(x1 * (x2 - x1) + y1 * (y2 - y1))
        along = 0.0 if length == 0 else max(0.0, min(1.0, reach / length))
        if math.hypot(x1 + along * (x2 - x1), y1 + along * (y2 - y1)) <= MARGIN_KM:
            return True
    return False


def _edges(ring: tuple[Corner, ...]) -> Iterator[tuple[Corner, Corner]]:
    return itertools.pairwise(ring)


def _flat(corner: Corner, origin: Corner, shrink: float) -> tuple[float, float]:
    """Kilometres north and east of ``origin``."""
    north = (corner[0] - origin[0]) * _KM_PER_DEGREE
    return north, (corner[1] - origin[1]) * _KM_PER_DEGREE * shrink


def _distance_km(one: Corner, other: Corner) -> float:
    """Great circle by the haversine, on a sphere of 6,371 km."""
    lat1, lon1, lat2, lon2 = map(math.radians, (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(half)))


def _by_name(area: CapArea, places: tuple[Place, ...], remarks: list[str]) -> set[str]:
    """Places whose name stands in the description; of a place and its towns, the towns."""
    text = area.description
    found = {place.code for place in places if place.name and place.name in text}
    narrow = {code for code in found if not any(o != code and o.startswith(code) for o in found)}
    if narrow:
        remarks.append("发布范围是按地名对照的，请核对")
    return narrow


def _widest(codes: set[str]) -> list[str]:
    """Without those that lie inside another one."""
    return sorted(
        code for code in codes if not any(o != code and code.startswith(o) for o in codes)
    )
