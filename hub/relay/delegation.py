"""Whose keys of the hubs above stand in this hub's key set, and what may be believed by them.

A hub speaks for its own area. From the key set of the hub that speaks for province 53 come only
keys for areas inside 53 that hold our own area and are larger than it; so a city's hub, which
passes the province's word on, can add no key that speaks for the province, and no hub above gets
a key for less than all of us. What our boxes believe is still signed by our own roots alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from contract import codec, envelope, wire
from contract.areas import Area
from contract.keys import KeySet, Trust
from hub.places.models import CountyPage
from hub.relay.models import AncestorKeys

if TYPE_CHECKING:
    from contract.keys import PublicKey

_HOLDER = re.compile(r"[0-9]{2,12}\.[A-Za-z0-9][A-Za-z0-9_.-]{0,66}", re.ASCII)
_ROLES = frozenset({"target", "content", "emergency"})


def own_area() -> Area:
    """The area that this hub speaks for.

    Raises:
        CountyPage.DoesNotExist: it has none yet.
    """
    return Area.parse(CountyPage.objects.get().code)


def ancestors() -> dict[str, KeySet]:
    """The newest key set of every hub above, by area, the largest area first."""
    newest = {row.area: bytes(row.body) for row in AncestorKeys.objects.order_by("version")}
    return {area: opened(newest[area]) for area in sorted(newest, key=len)}


def opened(sealed: bytes) -> KeySet:
    """The key set in bytes that were verified before.

    Raises:
        ContractError: not a key set.
    """
    return codec.decode(KeySet, wire.loads(envelope.parse(sealed).content()))


def delegated() -> tuple[PublicKey, ...]:
    """Keys of the hubs above for this hub's key set, each held by ``<area>.<its holder>``."""
    found: dict[str, PublicKey] = {}
    own = own_area() if AncestorKeys.objects.exists() else None
    for code, keys in ancestors().items():
        for key in keys.keys:
            holder = f"{code}.{key.holder}"
            if own is None or _HOLDER.fullmatch(holder) is None:
                continue
            if _speaks_for(key, Area.parse(code), own):
                found.setdefault(key.key_id, replace(key, holder=holder))
    return tuple(found.values())


def _speaks_for(key: PublicKey, theirs: Area, own: Area) -> bool:
    """Whether a key of the hub of ``theirs`` is for an area inside it that holds ours."""
    if not key.area or not set(key.roles) <= _ROLES:
        return False  # a root of theirs is no root of ours
    return theirs.covers(Area.parse(key.area)) and is_above(key.area, own)


def is_above(code: str, own: Area) -> bool:
    """Whether the area with this code holds ours and is larger."""
    area = Area.parse(code)
    return area != own and area.covers(own)


def trust_above(keys: KeySet) -> Trust:
    """What this hub's key set lets the hubs above say: our own keys have no part in it."""
    own = own_area()
    above = tuple(key for key in keys.keys if key.area and is_above(key.area, own))
    return Trust(replace(keys, keys=above))
