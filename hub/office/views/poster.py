"""The sheet to hang up: head strip, title, table with repeated head, QR code, where to complain.

Printed by the browser; the style sheet numbers the pages and repeats the table's head.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from hub.notices.to_contract import to_notice
from hub.office.access import for_staff
from hub.office.views.notice import visible
from hub.places.models import CountyPage

if TYPE_CHECKING:
    from hub.office.access import DeskRequest

SIZES = ("A4", "A3")
QR_SCALE = 4


@require_safe
@for_staff
def poster(request: DeskRequest, pk: int) -> HttpResponse:
    """The published revision as a sheet; what was never published or was withdrawn has none."""
    page = visible(request.user, pk)
    last = page.last_publication
    if last is None or not page.live:
        raise Http404
    notice = to_notice(last.revision.as_object(), last.number, last.at)
    size = request.GET.get("size", "A4")
    context = {
        "notice": notice,
        "village": page.village,
        "county": CountyPage.objects.get(),
        "size": size if size in SIZES else "A4",
        "sizes": SIZES,
        "qr": _qr(notice.link),
        "now": timezone.now(),
    }
    return render(request, "office/poster.html", context)


def _qr(link: str) -> str:
    """The QR code as SVG, error level M; our own address, so it is safe as it stands."""
    svg: str = segno.make(link, error="m", micro=False).svg_inline(scale=QR_SCALE, dark="#000")
    return mark_safe(svg)  # noqa: S308 - drawn by segno from our own address
