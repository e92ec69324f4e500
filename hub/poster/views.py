"""The clerk's printing: one sheet, a month's set with progress, the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub.notices.errors import NotReadyError
from hub.office.access import for_staff
from hub.office.views.notice import visible
from hub.places.posts import villages_of
from hub.poster import batch, month
from hub.poster.boards import BOARDS
from hub.poster.catalogue_sheet import catalogue_sheet
from hub.poster.errors import PressError
from hub.poster.models import PrintJob, forget_old
from hub.poster.paper import PAPERS, paper_of
from hub.poster.printing import printed_pdf
from hub.poster.sheet import sheet_of, usual_paper

if TYPE_CHECKING:
    from hub.office.access import DeskRequest
    from hub.places.models import VillagePage

JOBS_SHOWN = 5
USUAL = "usual"


@require_safe
@for_staff
def poster(request: DeskRequest, pk: int) -> HttpResponse:
    """The published edition as PDF; what was never published or was withdrawn has none."""
    page = visible(request.user, pk)
    last = page.last_publication
    if last is None or not page.live:
        raise Http404
    name = request.GET.get("size", "")
    made = sheet_of(last, PAPERS.get(name) or usual_paper(page))
    return _pdf(made.html, f"{page.notice_id}-{last.number}")


@require_safe
@for_staff
def catalogue(request: DeskRequest, code: str) -> HttpResponse:
    """The catalogue sheet of one village as PDF."""
    village = _village(request, code)
    paper = paper_of(request.GET.get("size", ""))
    return _pdf(catalogue_sheet(village, paper), f"{village.code}-catalogue")


@require_safe
@for_staff
def desk(request: DeskRequest) -> HttpResponse:
    """What can be printed for one village, and how far the orders are."""
    villages = villages_of(request.user)
    if not villages:
        raise PermissionDenied(_("您没有负责的村，没有可打印的内容。"))
    codes = {village.code: village for village in villages}
    village = codes.get(request.GET.get("village", ""), villages[0])
    wanted = month.read_month(request.GET.get("month", ""))
    jobs = PrintJob.objects.filter(village_id=village.pk)[:JOBS_SHOWN]
    context = {
        "villages": villages,
        "village": village,
        "month": wanted,
        "months": [(each, month.spoken(each)) for each in month.months_of(village)],
        "spoken_month": month.spoken(wanted),
        "rows": [(page, usual_paper(page)) for page in month.notices_of(village, wanted)],
        "papers": list(PAPERS),
        "boards": list(BOARDS.values()),
        "jobs": jobs,
        "is_busy": any(job.is_open for job in jobs),
    }
    return render(request, "poster/desk.html", context)


@require_POST
@for_staff
def order(request: DeskRequest) -> HttpResponse:
    """Order a month's set; while one is under way for the village, that one is shown instead."""
    village = _village(request, request.POST.get("village", ""))
    wanted = month.read_month(request.POST.get("month", ""))
    if not month.notices_of(village, wanted):
        raise NotReadyError([_("这个月没有要张贴的公开。请换一个月份。")])
    forget_old()
    is_busy = any(job.is_open for job in PrintJob.objects.filter(village_id=village.pk))
    if not is_busy:
        paper = request.POST.get("paper", "")
        board = request.POST.get("board", "")
        job = PrintJob.objects.create(
            village=village,
            month=wanted,
            paper=paper if paper in PAPERS else USUAL,
            board=board if board in BOARDS else next(iter(BOARDS)),
            ordered_by=request.user,
        )
        transaction.on_commit(lambda: batch.start(job))
    answer = redirect("poster-desk")
    answer["Location"] += f"?village={village.code}&month={wanted}"
    return answer


@require_safe
@for_staff
def job_file(request: DeskRequest, pk: int) -> HttpResponse:
    """The finished set, for people of that village and above."""
    job = get_object_or_404(PrintJob, pk=pk)
    _village(request, job.village.code)
    if job.state != PrintJob.State.DONE or not job.file.is_file():
        raise Http404
    name = f"{job.village.title}{month.spoken(job.month)}张贴.pdf"
    answer = HttpResponse(job.file.read_bytes(), content_type="application/pdf")
    return _private(answer, name)


def _village(request: DeskRequest, code: str) -> VillagePage:
    for village in villages_of(request.user):
        if village.code == code:
            return village
    raise PermissionDenied(_("这是别村的张贴，您不能打印。"))


def _pdf(html: str, name: str) -> HttpResponse:
    try:
        body = printed_pdf([html])
    except PressError as error:
        raise NotReadyError([str(error)]) from error
    answer = HttpResponse(body, content_type="application/pdf")
    return _private(answer, f"{name}.pdf")


def _private(answer: HttpResponse, name: str) -> HttpResponse:
    """Shown in the browser, kept by no cache."""
    answer["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    answer["Cache-Control"] = "no-store"
    return answer
