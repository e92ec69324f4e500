"""Division codes for a county that is written as paths such as ``530199/清水镇/青石村``.

The paths carry the county's official code and names below it. Towns and villages are numbered
001, 002 … in the order in which they appear, which is the form of the official code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_COUNTY = re.compile(r"\d{6}", re.ASCII)
_FORBIDDEN = frozenset("/#+\x00")


class PlacePathError(VillageError, ValueError):
    """A place is not written as ``county code/town/village``."""


@dataclass(frozen=True, slots=True)
class NamedVillage:
    """A village with the codes and names above it."""

    county_code: str
    town_code: str
    town: str
    code: str
    name: str


def number_villages(paths: Iterable[str]) -> list[NamedVillage]:
    """Give every village its 12-digit code.

    Raises:
        PlacePathError: a path that is not ``six digits/town/village``, or a second county.
    """
    towns: dict[str, str] = {}
    villages_in: dict[str, int] = {}
    county_code = ""
    found: list[NamedVillage] = []
    for path in paths:
        county, town, village = _split(path)
        county_code = county_code or county
        if county != county_code:
            raise PlacePathError(f"两个县的村不能放在一个文件里 / two counties: {path[:60]!r}")
        town_code = towns.setdefault(town, f"{county}{len(towns) + 1:03d}")
        number = villages_in[town_code] = villages_in.get(town_code, 0) + 1
        found.append(NamedVillage(county, town_code, town, f"{town_code}{number:03d}", village))
    return found


def _split(path: str) -> tuple[str, str, str]:
    parts = path.split("/")
    clean = [part.strip() for part in parts]
    if len(clean) != 3 or not all(clean) or _COUNTY.fullmatch(clean[0]) is None:
        raise PlacePathError(
            f"村的写法应为“六位县代码/乡镇/村” / write county code/town/village: {path[:60]!r}"
        )
    if any(_FORBIDDEN & set(part) for part in clean):
        raise PlacePathError(f"地名含有不允许的字符 / characters not allowed: {path[:60]!r}")
    return clean[0], clean[1], clean[2]
