"""What a villager's phone shows: one notice, or what a place has published. No login, no index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseGone
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from hub.notices.models import NoticePage
from hub.notices.to_contract import to_notice
from hub.places.models import PlacePage

if TYPE_CHECKING:
    from django.http import HttpRequest

LATEST = 60


@require_safe
def notice_page(request: HttpRequest, notice_id: str) -> HttpResponse:
    """One published notice; 410 when it was taken back, 404 before its time."""
    page = get_object_or_404(NoticePage, notice_id=notice_id)
    if page.withdrawals.filter(confirmed_at__isnull=False).exists():
        body = render(request, "notices/phone/withdrawn.html", {"page": page}).content
        return HttpResponseGone(body)
    last = page.last_publication
    if last is None or not page.live or page.publish_at > timezone.now():
        return render(request, "notices/phone/missing.html", status=404)
    notice = to_notice(last.revision.as_object(), last.number, last.at)
    context = {"notice": notice, "place": page.village, "is_over": _is_over(page)}
    response = render(request, "notices/phone/notice.html", context)
    if notice.personal:
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Cache-Control"] = "no-store"
    return response


def _is_over(page: NoticePage) -> bool:
    return page.valid_until is not None and page.valid_until <= timezone.now()


@require_safe
def place_page(request: HttpRequest, code: str) -> HttpResponse:
    """The newest notices in force of a village, or the villages of a town or county."""
    place = get_object_or_404(PlacePage, code=code).specific
    now = timezone.now()
    notices = NoticePage.objects.live().child_of(place).filter(publish_at__lte=now)
    in_force = [page for page in notices.order_by("-publish_at")[:LATEST] if not _is_over(page)]
    context = {"place": place, "notices": in_force, "below": place.get_children().specific()}
    return render(request, "notices/phone/place.html", context)
