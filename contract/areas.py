"""Areas: the official 12-digit division code, cut after any level, plus a group or one box.

Source of the code: the national statistical division code (province 2, city 2, county 2,
town 3, village 3 digits). A village group (村民小组) has no official code; it is written
behind the village as ``-3``. One box of a village, the narrowest there is, is written ``@box-7``.
A notice is addressed to areas; a box follows every area on the path to itself, and its own
groups.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contract.errors import ContractError

LEVELS: dict[int, str] = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}
BOX_ID = r"[a-z0-9][a-z0-9-]{0,39}"
LONGEST = 12 + len("@") + 40
"""Characters of the longest area there is: a village and one of its boxes."""
_CODE = re.compile(
    rf"(\d{{2}}|\d{{4}}|\d{{6}}|\d{{9}}|\d{{12}})(?:-([1-9]\d?)|@({BOX_ID}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Area:
    """One area. ``group`` is 1 to 99 for a village group, ``box`` the id of a single box."""

    code: str
    group: int = 0
    box: str = ""

    @classmethod
    def parse(cls, text: str) -> Area:
        """Read ``530199001001``, ``530199001001-3`` or ``530199001001@box-7``.

        Raises:
            ContractError: any other text; above all one with ``/``, ``#`` or ``+``, which
                would reach other villages' topics.
        """
        match = _CODE.fullmatch(text)
        if match is None or (len(match[1]) != 12 and match[0] != match[1]):
            raise ContractError(f"not an area code: {text[:40]!r}")
        return cls(match[1], int(match[2] or 0), match[3] or "")

    @property
    def level(self) -> str:
        """province, city, county, town, village, group or box."""
        if self.box:
            return "box"
        return "group" if self.group else LEVELS[len(self.code)]

    @property
    def village(self) -> Area:
        """The village of a group or a box; the area itself otherwise."""
        return Area(self.code)

    def path(self) -> tuple[Area, ...]:
        """Every area from the province down to this one, itself included."""
        above = tuple(Area(self.code[:n]) for n in LEVELS if n < len(self.code))
        own = (self,) if self == self.village else (self.village, self)
        return above + own

    def covers(self, other: Area) -> bool:
        """Whether ``other`` lies in this area (or is it)."""
        if self.group or self.box:
            return self == other
        return other.code.startswith(self.code)

    def __str__(self) -> str:
        if self.box:
            return f"{self.code}@{self.box}"
        return f"{self.code}-{self.group}" if self.group else self.code
