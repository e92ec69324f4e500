"""群众反映: what villagers said at the query screens, and answering it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from hub.feedback import desk
from hub.feedback.opening import open_slip
from hub.notices.desk import find
from hub.notices.models import NoticePage
from hub.office.access import for_staff
from hub.places.models import PlacePage

if TYPE_CHECKING:
    from hub.ledger.models import FeedbackSlip
    from hub.office.access import DeskRequest

SHOWN = 200
KINDS = {
    "help_find": gettext_lazy("请人帮找"),
    "question": gettext_lazy("提问"),
    "correction": gettext_lazy("纠错"),
    "complaint": gettext_lazy("投诉、意见"),
    "satisfaction": gettext_lazy("满意度"),
}


@require_safe
@for_staff
def slips(request: DeskRequest) -> HttpResponse:
    """The person's slips: those without an answer first, the oldest of them on top."""
    found = list(desk.slips_of(request.user)[:SHOWN])
    names = dict(PlacePage.objects.values_list("code", "title"))
    overdue = timezone.now() - desk.DUE
    waiting = sorted((each for each in found if not hasattr(each, "answer")), key=lambda s: s.at)
    answered = [each for each in found if hasattr(each, "answer")]
    rows = [
        {
            "slip": each,
            "kind": KINDS.get(each.kind, each.kind),
            "village": names.get(each.village, each.village),
            "late": not hasattr(each, "answer") and each.at < overdue,
        }
        for each in (*waiting, *answered)
    ]
    return render(request, "office/slips.html", {"rows": rows, "waiting": len(waiting)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def slip(request: DeskRequest, pk: int) -> HttpResponse:
    """One slip, opened for whoever may read it; a post answers it."""
    found = _own(request, pk)
    if request.method == "POST":
        desk.give_answer(request.user, found, request.POST.get("text", ""))
        messages.success(request, _said_after(found))
        return redirect("desk-slip", pk)
    notice = None
    if found.notice_id:
        try:
            notice = find(found.notice_id)
        except NoticePage.DoesNotExist:
            notice = None
    context = {
        "slip": found,
        "kind": KINDS.get(found.kind, found.kind),
        "opened": open_slip(found),
        "notice": notice,
        "answer": getattr(found, "answer", None),
        "longest": desk.LONGEST_CHARS,
    }
    response = render(request, "office/slip.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
@for_staff
def voice(request: DeskRequest, pk: int) -> HttpResponse:
    """The recording on a slip."""
    opened = open_slip(_own(request, pk))
    if opened is None or not opened.voice:
        raise Http404
    response = HttpResponse(opened.voice, content_type=opened.voice_type)
    response.headers["Cache-Control"] = "no-store"
    return response


def _said_after(slip: FeedbackSlip) -> str:
    if slip.box_id is None:
        return _("答复已签好，本人凭编号和查询码在手机上就能看到。")
    return _("答复已签好，正在送往村里的查询机。")


def _own(request: DeskRequest, pk: int) -> FeedbackSlip:
    found = desk.slips_of(request.user).filter(pk=pk).first()
    if found is None:
        raise PermissionDenied(_("这张单子不归您办理。"))
    return found
