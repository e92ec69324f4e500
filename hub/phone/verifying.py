"""A sheet on the wall, asked after by its code: in force, corrected, over or withdrawn."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.shortcuts import redirect
from django.utils import timezone

from hub.notices.reasons import public_reason
from hub.phone.codes import printed, read_code
from hub.phone.frame import page, unlisted
from hub.phone.limits import limited
from hub.phone.models import Edition
from hub.phone.shown import shown_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_HEX = re.compile(r"[0-9a-f]{6,64}", re.ASCII)


@limited("verify", 60)
def verification(request: HttpRequest, typed: str) -> HttpResponse:
    """What became of the edition; an unknown code is said to be unknown, with what to do."""
    code = read_code(typed)
    edition = Edition.objects.filter(code=code).select_related("publication__page").first()
    if edition is None:
        return unlisted(page(request, "unknown_code", None, status=404, typed=typed[:20]))
    publication = edition.publication
    notice_page = publication.page
    gone = notice_page.withdrawals.filter(confirmed_at__isnull=False).first()
    newest = notice_page.last_publication
    is_ahead = notice_page.publish_at > timezone.now()
    return unlisted(
        page(
            request,
            "verify",
            notice_page.village,
            code=printed(edition.code),
            publication=publication,
            notice_id=notice_page.notice_id,
            gone=gone,
            reason=public_reason(gone) if gone else "",
            newest=newest if newest and newest.number > publication.number else None,
            is_over=notice_page.valid_until and notice_page.valid_until <= timezone.now(),
            is_ahead=is_ahead,
            shown=shown_of(publication) if gone is None and not is_ahead else None,
            sha256=edition.sha256,
            comparison=_compared(request.GET.get("h", ""), edition.sha256),
        )
    )


def _compared(typed: str, sha256: str) -> str:
    """``same``, ``different``, ``unreadable``, or nothing when no hash was given."""
    if not typed.strip():
        return ""
    plain = re.sub(r"[\s-]", "", typed[:100]).lower()
    if _HEX.fullmatch(plain) is None:
        return "unreadable"
    return "same" if sha256.startswith(plain) else "different"


def ask(request: HttpRequest) -> HttpResponse:
    """Where a code is typed in: ``/v/?code=…`` leads on to the code's own address."""
    typed = request.GET.get("code", "")[:40].strip()
    if not typed:
        return redirect("phone-home")
    return redirect("phone-place", read_code(typed) or "unknown")
