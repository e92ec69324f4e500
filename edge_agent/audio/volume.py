"""How loud each zone is: the technician's trim, and softer hours of the day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from edge_agent.clock import Reading
    from edge_agent.settings import ZoneSettings

_HOURS = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d) (-\d+(?:\.\d+)?) dB", re.ASCII)


@dataclass(frozen=True, slots=True)
class SoftHours:
    """A stretch of the day in which ordinary announcements are softer by ``gain_db``."""

    start: time
    end: time
    gain_db: float

    @classmethod
    def parse(cls, text: str) -> SoftHours:
        """Read ``06:30-08:00 -6 dB``.

        Raises:
            SettingsError: any other text, or a gain above 0 dB, which would clip.
        """
        match = _HOURS.fullmatch(text)
        if match is None:
            raise SettingsError([f"音量时段应写成 write 06:30-08:00 -6 dB, not {text!r}"])
        try:
            return cls(time.fromisoformat(match[1]), time.fromisoformat(match[2]), float(match[3]))
        except ValueError as error:
            raise SettingsError([f"没有这个时间 no such hours: {text!r}"]) from error

    def covers(self, moment: time) -> bool:
        """Whether ``moment`` lies in the stretch, which may run over midnight."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


class Volume:
    """The gain of every zone at every hour. Emergencies are as loud as the zone can be."""

    def __init__(self, zones: Iterable[ZoneSettings], soft: Iterable[SoftHours] = ()) -> None:
        self._trim_db = {zone.name: zone.gain_db for zone in zones}
        self._soft = tuple(soft)

    @property
    def zones(self) -> tuple[str, ...]:
        """Every zone of the box."""
        return tuple(self._trim_db)

    def gains(
        self, zones: Collection[str], reading: Reading, *, urgent: bool, muted: bool = False
    ) -> dict[str, float]:
        """Factor (0 to 1) for each of ``zones``; 0 for a silent self-test."""
        if muted:
            return dict.fromkeys(zones, 0.0)
        softer_db = 0.0
        if not urgent:
            moment = reading.local.time()
            softer_db = min((one.gain_db for one in self._soft if one.covers(moment)), default=0.0)
        return {zone: min(1.0, 10 ** ((self._trim_db[zone] + softer_db) / 20)) for zone in zones}
