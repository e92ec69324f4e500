"""Areas: the official 12-digit division code, cut after any level, plus a village group.

Source of the code: the national statistical division code (province 2, city 2, county 2,
town 3, village 3 digits). A village group (村民小组) has no official code; it is written
behind the village as ``-3``. A notice is addressed to areas; a box follows every area on the
path above its own village, and its own groups.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contract.errors import ContractError

LEVELS: dict[int, str] = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}
_CODE = re.compile(r"(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})(?:-([1-9]\d?))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Area:
    """One area. ``group`` is 0 for the area itself, 1 to 99 for a village group."""

    code: str
    group: int = 0

    @classmethod
    def parse(cls, text: str) -> Area:
        """Read ``530199001001`` or ``530199001001-3``.

        Raises:
            ContractError: any other text; above all one with ``/``, ``#`` or ``+``, which
                would reach other villages' topics.
        """
        match = _CODE.fullmatch(text)
        if match is None or (match[2] and len(match[1]) != 12):
            raise ContractError(f"not an area code: {text[:40]!r}")
        return cls(match[1], int(match[2] or 0))

    @property
    def level(self) -> str:
        """province, city, county, town, village or group."""
        return "group" if self.group else LEVELS[len(self.code)]

    @property
    def village(self) -> Area:
        """The village a group belongs to; the area itself otherwise."""
        return Area(self.code)

    def path(self) -> tuple[Area, ...]:
        """Every area from the province down to this one, itself included."""
        above = tuple(Area(self.code[:n]) for n in LEVELS if n < len(self.code))
        own = (Area(self.code), self) if self.group else (self,)
        return above + own

    def covers(self, other: Area) -> bool:
        """Whether ``other`` lies in this area (or is it)."""
        if self.group:
            return self == other
        return other.code.startswith(self.code)

    def __str__(self) -> str:
        return f"{self.code}-{self.group}" if self.group else self.code
