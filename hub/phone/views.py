"""Places, columns and search on a phone: no login, no script, at most five steps to any notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from contract.plain_text import search_form, without_unsafe
from hub.phone import alarms, tree
from hub.phone.frame import missing, page, place_of, unlisted
from hub.phone.limits import limited
from hub.phone.models import Entry
from hub.phone.verifying import verification
from hub.places.models import CountyPage, VillagePage

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from hub.places.models import PlacePage

NEWEST = 5
PAGE_SIZE = 60
FOUND_MAX = 40
QUERY_MAX_CHARACTERS = 40
_DIVISION = (6, 9, 12)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The county's page."""
    county = CountyPage.objects.first()
    return missing(request) if county is None else redirect("phone-place", county.code)


@require_safe
def place_page(request: HttpRequest, code: str) -> HttpResponse:
    """A place; or, under a verification code, whether the sheet on the wall still holds."""
    if not (code.isdecimal() and len(code) in _DIVISION):
        return verification(request, code)
    place = place_of(code)
    if place is None:
        return missing(request)
    entries = Entry.objects.shown().within(code).select_related("page")
    return page(
        request,
        "place",
        place,
        below=_below(place),
        boards=tree.boards_of(place) if isinstance(place, VillagePage) else [],
        guides=_guides(place),
        newest=entries[:NEWEST],
        alarms=alarms.in_force_at(place.area),
    )


def _below(place: PlacePage) -> list[PlacePage]:
    """The towns or villages below; what lies under a village are its notices, drafts too."""
    if isinstance(place, VillagePage):
        return []
    return [child.specific for child in place.get_children().order_by("path")]


def _guides(place: PlacePage) -> list[tree.ColumnTile]:
    """Service guides and policies, which are the same for whoever comes from above."""
    if isinstance(place, VillagePage):
        return []
    boards = [board for board in tree.boards_of(place) if board.name == tree.GUIDE_BOARD]
    return [column for board in boards for column in board.columns]


@require_safe
def column_page(request: HttpRequest, code: str, board: str, column: str) -> HttpResponse:
    """The notices of one column, newest first; every further page is one step away."""
    place = place_of(code)
    if place is None or not tree.is_column(board, column):
        return missing(request)
    entries = Entry.objects.shown().within(code).filter(column=f"{board}/{column}")
    pages = Paginator(entries.select_related("page"), PAGE_SIZE)
    shown = pages.get_page(request.GET.get("page"))
    return page(request, "column", place, board=board, column=column, entries=shown)


@require_safe
@limited("find", 60)
def find(request: HttpRequest, code: str) -> HttpResponse:
    """Words of a title or text, or pinyin initials; names of persons are not on line."""
    place = place_of(code)
    if place is None:
        return missing(request)
    asked = search_form(without_unsafe(request.GET.get("q", "")[:QUERY_MAX_CHARACTERS]))
    entries: list[Entry] = []
    if asked:
        base = Entry.objects.shown().within(code).select_related("page")
        in_title = Q(title__icontains=asked) | Q(item_name__icontains=asked)
        if asked.isascii() and asked.isalnum():
            in_title |= Q(initials__contains=asked)
        entries = list(base.filter(in_title)[:FOUND_MAX])
        rest = base.filter(text__contains=asked).exclude(pk__in=[each.pk for each in entries])
        entries += rest[: FOUND_MAX - len(entries)]
    return unlisted(page(request, "find", place, asked=asked, entries=entries, limit=FOUND_MAX))
