"""The airing log on a page, and as a file that a spreadsheet opens."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.intake.excel_out import csv_bytes, workbook_bytes
from hub.ledger.airing import HEADINGS, airings
from hub.office.access import for_staff
from hub.places.posts import villages_of

if TYPE_CHECKING:
    from hub.intake.excel_out import Cell
    from hub.office.access import DeskRequest

DAYS = 31
SHOWN = 100
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
@for_staff
def airing_log(request: DeskRequest) -> HttpResponse:
    """``?from=2024-07-01&to=2024-07-31``, by default the last month; ``&form=xlsx`` or ``csv``."""
    today = timezone.localdate()
    last = _day(request.GET.get("to", ""), today)
    first = _day(request.GET.get("from", ""), last - timedelta(days=DAYS))
    codes = [village.code for village in villages_of(request.user)]
    rows = airings(codes, _midnight(first), _midnight(last + timedelta(days=1)))
    form = request.GET.get("form", "")
    if form in {"xlsx", "csv"}:
        return _file(form, first, last, [row.cells() for row in rows])
    context = {"rows": rows[:SHOWN], "total": len(rows), "first": first, "last": last}
    return render(request, "ledger/airing.html", context)


def _file(form: str, first: date, last: date, cells: list[list[Cell]]) -> HttpResponse:
    title = f"大喇叭播出台账 {first:%Y-%m-%d} {last:%Y-%m-%d}"
    if form == "xlsx":
        lines = [_("时间以终端时钟为准；“话筒听到”表示喇叭旁的话筒也听到了。")]
        answer = HttpResponse(workbook_bytes(title, HEADINGS, cells, lines=lines), _XLSX)
    else:
        answer = HttpResponse(csv_bytes(HEADINGS, cells), "text/csv; charset=utf-8")
    name = f"airing-{first:%Y%m%d}-{last:%Y%m%d}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _day(text: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return otherwise


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
