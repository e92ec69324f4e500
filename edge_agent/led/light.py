"""Brightness by a light sensor at the box: lux out of a file, a level for the panel.

Linux keeps the reading of a BH1750, TSL2561, VEML7700 or the like (device-tree overlay, I²C) as
a number in ``/sys/bus/iio/devices/iio:device0/in_illuminance_input``. Any file with a number does.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

from edge_agent.led.brightness import FULL, NIGHT

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)

DARK_LUX, BRIGHT_LUX = 10.0, 10_000.0
"""A lit village street, and an overcast day: below and above it gets no darker, no brighter."""
READINGS = 5
"""A headlight or a shadow is over before most of so many readings have seen it."""
PAUSE_S = 60.0
"""A panel that follows every cloud is restless, and each change costs the card a frame."""


class LightSensor:
    """Levels out of lux, slowly.

    Args:
        path: The file to read.
        full: The level at full daylight, 1 to 15.
    """

    def __init__(self, path: Path, full: int = FULL) -> None:
        self._path = path
        self._full = full
        self._seen: list[float] = []
        self._level: int | None = None
        self._changed_at_s = -math.inf
        self._failing = False

    def level(self, at_s: float) -> int | None:
        """The level at monotonic ``at_s``; None while the sensor gives nothing."""
        lux = self._read()
        if lux is None:
            return None
        self._seen = [*self._seen[-READINGS + 1 :], lux]
        wanted = level_of(sorted(self._seen)[len(self._seen) // 2], self._full)
        if self._level is None or (wanted != self._level and at_s - self._changed_at_s >= PAUSE_S):
            self._level, self._changed_at_s = wanted, at_s
        return self._level

    def _read(self) -> float | None:
        try:
            lux = float(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            if not self._failing:
                _log.warning("no light reading, going by the sun: %s", error)
            self._failing, self._level = True, None
            return None
        self._failing = False
        return lux if math.isfinite(lux) and lux >= 0 else None


def level_of(lux: float, full: int = FULL) -> int:
    """Night level up to `DARK_LUX`, ``full`` from `BRIGHT_LUX` on, by the logarithm between."""
    night = min(NIGHT, full)
    share = math.log10(max(lux, DARK_LUX) / DARK_LUX) / math.log10(BRIGHT_LUX / DARK_LUX)
    return night + round((full - night) * min(1.0, share))
