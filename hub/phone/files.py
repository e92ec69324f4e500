"""The small files beside the pages: manifest for the home screen, robots.txt, sitemap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from hub.phone.frame import missing, place_of
from hub.phone.models import Entry
from hub.places.models import PlacePage

if TYPE_CHECKING:
    from django.http import HttpRequest

SITEMAP_MAX = 40_000
ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /n/*/*/
Disallow: /v/*/find/
Disallow: /v/*/say/
Disallow: /v/type/
Disallow: /slip/
Sitemap: {address}/sitemap.xml
"""


@require_safe
def manifest(request: HttpRequest, code: str) -> HttpResponse:
    """The Web app manifest of one place, so that its page can sit on a home screen."""
    place = place_of(code)
    if place is None:
        return missing(request)
    icons = [
        {"src": static(f"phone/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    return JsonResponse(
        {
            "name": f"{place.title}村务公开",
            "short_name": str(place.title)[:6],
            "lang": "zh-Hans",
            "start_url": f"/v/{place.code}/",
            "scope": "/",
            "display": "minimal-ui",
            "background_color": "#f5f7fa",
            "theme_color": "#0b4f8a",
            "icons": icons,
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@require_safe
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """What search engines may read; lists of persons forbid it themselves, in their headers."""
    text = ROBOTS.format(address=settings.PUBLIC_URL)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every place, and every notice that is no list of persons."""
    entries = Entry.objects.shown().filter(is_personal=False).select_related("page")
    context = {
        "root": settings.PUBLIC_URL,
        "codes": PlacePage.objects.order_by("code").values_list("code", flat=True),
        "entries": entries[:SITEMAP_MAX],
    }
    return render(request, "phone/sitemap.xml", context, content_type="application/xml")
