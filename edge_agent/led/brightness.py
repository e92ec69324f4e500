"""How bright the panel is through the day: 48 half-hour levels that the card keeps.

Computed from the sun's height at the village (its latitude and longitude) on that date, so
that it follows the seasons; dark in the village's quiet hours. The sun's position is from the
low-accuracy formulas of NOAA's solar calculator, good to a few minutes at our latitudes.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from contract.errors import VillageError
from edge_agent.clock import CHINA

SLOTS = 48
FULL, NIGHT = 15, 4
_DAY_DEG, _DARK_DEG = 10.0, -6.0
"""Above ten degrees it is full day; below six under the horizon (civil twilight) it is night."""
_HALF_HOUR = timedelta(minutes=30)


class QuietHoursError(VillageError, ValueError):
    """Quiet hours that are not written ``23:00-05:30``."""


class Spot(NamedTuple):
    """Where the panel stands; north and east are positive."""

    latitude_deg: float
    longitude_deg: float


def brightness_table(
    day: date,
    spot: Spot,
    *,
    full: int = FULL,
    quiet_hours: str = "",
    zone: tzinfo = CHINA,
) -> tuple[int, ...]:
    """48 levels from 00:00 local time, 0 (dark) to ``full``; 0 within ``quiet_hours``.

    Raises:
        QuietHoursError: quiet hours are not written ``23:00-05:30``.
    """
    quiet = quiet_slots(quiet_hours)
    midnight = datetime.combine(day, time(), zone)
    levels = []
    for slot in range(SLOTS):
        middle = midnight + _HALF_HOUR * slot + _HALF_HOUR / 2
        height_deg = sun_height_deg(middle, spot)
        levels.append(0 if slot in quiet else _level(height_deg, full))
    return tuple(levels)


def quiet_slots(hours: str) -> frozenset[int]:
    """The half hours that begin within ``23:00-05:30``; none for an empty text."""
    if not hours.strip():
        return frozenset()
    try:
        start, end = (time.fromisoformat(part.strip()) for part in hours.split("-"))
    except ValueError as cause:
        raise QuietHoursError(
            f"静音时段应写成 23:00-05:30；quiet hours are not like 23:00-05:30: {hours!r}"
        ) from cause
    first, last = (moment.hour * 60 + moment.minute for moment in (start, end))
    inside = (
        slot
        for slot in range(SLOTS)
        if (first <= slot * 30 < last if first < last else slot * 30 >= first or slot * 30 < last)
    )
    return frozenset(inside)


def sun_height_deg(moment: datetime, spot: Spot) -> float:
    """Height of the sun's centre above the horizon, in degrees, without refraction."""
    utc = moment.astimezone(UTC)
    hours = utc.hour + utc.minute / 60 + utc.second / 3600
    year_angle = 2 * math.pi / 365 * (utc.timetuple().tm_yday - 1 + (hours - 12) / 24)
    declination = _series(
        year_angle,
        (0.006918, 0.0),
        (-0.399912, 0.070257),
        (-0.006758, 0.000907),
        (-0.002697, 0.00148),
    )
    equation_min = 229.18 * _series(
        year_angle, (0.000075, 0.0), (0.001868, -0.032077), (-0.014615, -0.040849)
    )
    solar_min = hours * 60 + equation_min + 4 * spot.longitude_deg
    hour_angle = math.radians(solar_min / 4 - 180)
    latitude = math.radians(spot.latitude_deg)
    sine = math.sin(latitude) * math.sin(declination)
    sine += math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def _series(angle: float, *terms: tuple[float, float]) -> float:
    """A Fourier series: factors of cosine and sine of 0, 1, 2 … times the angle."""
    return sum(c * math.cos(n * angle) + s * math.sin(n * angle) for n, (c, s) in enumerate(terms))


def _level(height_deg: float, full: int) -> int:
    night = min(NIGHT, full)
    share = (height_deg - _DARK_DEG) / (_DAY_DEG - _DARK_DEG)
    return night + round((full - night) * max(0.0, min(1.0, share)))
