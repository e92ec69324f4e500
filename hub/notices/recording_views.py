"""The page on which a clerk gives a notice people's own recordings, and where they are heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from hub.notices.errors import NotReadyError
from hub.notices.own_recordings import MOST_BYTES, attach, choices_of, detach
from hub.notices.to_contract import words_mark
from hub.office.access import for_staff
from hub.office.views.notice import shown, visible
from hub.preview.own_recording import LONGEST_S
from hub.sealing.models import AssetBlob

if TYPE_CHECKING:
    from hub.notices.models import NoticePage
    from hub.office.access import DeskRequest


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def recordings(request: DeskRequest, pk: int) -> HttpResponse:
    """The recordings of a notice; a POST adds one or takes one away."""
    page = visible(request.user, pk)
    problem = ""
    if request.method == "POST":
        try:
            _change(request, page)
        except NotReadyError as error:
            problem = str(error)
        else:
            return redirect("own-recordings", pk)
    text = shown(request.user, page)
    names = dict(choices_of(text))
    context = {
        "page": page,
        "text": text,
        "rows": [{
                **row,
                "name": names.get(row["area"], row["area"]),
                "is_stale": row["words"] != words_mark(text),
            }
                 for row in text.own_recordings],
        "areas": choices_of(text),
        "problem": problem,
        "most_bytes": MOST_BYTES,
        "longest_s": LONGEST_S,
        "can_edit": page.permissions_for_user(request.user).can_edit() and not page.locked,
    }  # fmt: skip
    return render(request, "notices/own_recordings.html", context, status=400 if problem else 200)


def _change(request: DeskRequest, page: NoticePage) -> None:
    area = request.POST.get("area", "")
    if "remove" in request.POST:
        detach(request.user, page, area)
        return
    file = request.FILES.get("file")
    if file is None:
        raise NotReadyError([_("请选择录音文件。")])
    attach(request.user, page, area, request.POST.get("speaker", ""), file.read(MOST_BYTES + 1))


@require_safe
@for_staff
def sound(request: DeskRequest, pk: int, sha256: str) -> HttpResponse:
    """One recording as the village will hear it."""
    text = shown(request.user, visible(request.user, pk))
    if sha256 not in {row["sha256"] for row in text.own_recordings}:
        raise Http404
    blob = get_object_or_404(AssetBlob, sha256=sha256)
    headers = {"Cache-Control": "private, no-store"}
    return HttpResponse(bytes(blob.body), content_type=blob.mime, headers=headers)
