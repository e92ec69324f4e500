"""What every page of the back office knows: where the person stands in the county."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.functional import SimpleLazyObject

from hub.places.posts import posts_of

if TYPE_CHECKING:
    from django.http import HttpRequest


def where(request: HttpRequest) -> dict[str, object]:
    """``places``: county › town › village of the person's first post, names only."""
    return {"places": SimpleLazyObject(lambda: _path(request))}


def _path(request: HttpRequest) -> list[str]:
    user = getattr(request, "user", None)
    posts = posts_of(user) if user is not None else []
    if not posts:
        return []
    above = posts[0].place.get_ancestors(inclusive=True).filter(depth__gt=1)
    return [str(place.title) for place in above]
