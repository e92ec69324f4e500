"""The places of this county for matching warnings: code, name, and coordinates if entered."""

from __future__ import annotations

from hub.cap.geography import Place
from hub.places.models import CountyPage, TownPage, VillagePage


def our_places() -> tuple[Place, ...]:
    """County, towns and villages, the county first."""
    above = [*CountyPage.objects.all(), *TownPage.objects.all()]
    found = [Place(place.code, str(place.title)) for place in above]
    for village in VillagePage.objects.all():
        latitude, longitude = village.latitude, village.longitude
        point = None if latitude is None or longitude is None else (latitude, longitude)
        found.append(Place(village.code, str(village.title), point))
    return tuple(found)
