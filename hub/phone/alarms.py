"""Emergencies in force at a place: what stands at the top of every page of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from contract.areas import Area
from hub.emergency.models import Emergency

if TYPE_CHECKING:
    from collections.abc import Iterator


def in_force_at(place: Area) -> list[Emergency]:
    """Released, not expired, not ended by a later one, and meant for the place or a part of it."""
    found = list(Emergency.objects.filter(released_at__isnull=False, expires_at__gt=timezone.now()))
    ended = {each for later in found for each in later.references}
    return [
        emergency
        for emergency in found
        if emergency.msg_type != "Cancel"
        and emergency.alert_id not in ended
        and any(_touches(area, place) for area in _areas(emergency))
    ]


def _areas(emergency: Emergency) -> Iterator[Area]:
    yield from (Area.parse(code) for code in emergency.areas)


def _touches(area: Area, place: Area) -> bool:
    return area.covers(place) or place.covers(area)
