"""The frame of every phone page: where one is, as of when, the size of type, where to complain."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe

from hub.phone import tree
from hub.places.models import CountyPage, PlacePage

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

TYPE_SIZES = ("standard", "large", "largest")
_A_YEAR_S = 365 * 86_400
_ZIPPED = ("place", "column", "notice", "find")
"""Pages without a form that holds a secret; a slow line carries them in a fifth of their bytes."""


def place_of(code: str) -> PlacePage | None:
    """County, town or village with this division code, if there is one."""
    found = PlacePage.objects.filter(code=code).first()
    return found.specific if found is not None else None


def page(
    request: HttpRequest, name: str, place: PlacePage | None, status: int = 200, **more: object
) -> HttpResponse:
    """One page. Without a place it stands under the county."""
    county = CountyPage.objects.first()
    size = request.COOKIES.get("type_size", "")
    context = {
        "place": place or county,
        "county": county,
        "trail": tree.trail(place or county) if place or county else [],
        "now": timezone.now(),
        "type_size": size if size in TYPE_SIZES else TYPE_SIZES[0],
        "type_sizes": zip(TYPE_SIZES, ("标准", "大", "特大"), strict=True),
        **more,
    }
    answer = render(request, f"phone/{name}.html", context, status=status)
    answer["Cache-Control"] = "no-cache"
    answer["Vary"] = "Cookie"
    return _zipped(request, answer) if name in _ZIPPED else answer


def _zipped(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    found = GZipMiddleware(lambda _: answer)(request)
    return cast("HttpResponse", found)


def missing(request: HttpRequest) -> HttpResponse:
    """404 with what to do next."""
    return unlisted(page(request, "missing", None, status=404))


def unlisted(answer: HttpResponse) -> HttpResponse:
    """The answer marked so that no search engine and no cache keeps it."""
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def set_type_size(request: HttpRequest, size: str) -> HttpResponse:
    """Remember the size of type for a year, and go back to the page one came from."""
    back = request.GET.get("back", "")
    is_ours = url_has_allowed_host_and_scheme(back, None) and back.startswith("/")
    answer = redirect(back if is_ours else "phone-home")
    answer.set_cookie(
        "type_size",
        size if size in TYPE_SIZES else TYPE_SIZES[0],
        max_age=_A_YEAR_S,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
    return answer
