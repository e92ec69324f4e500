"""All notices a person may see, filtered by words of the title, category and state (R000-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from hub.catalogue.models import Category
from hub.notices.history import last_refusal
from hub.notices.models import NoticePage
from hub.office.access import for_staff
from hub.places.models import Role
from hub.places.posts import holds, villages_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from hub.office.access import DeskRequest

PAGE_SIZE = 30
STATES = [
    ("draft", _("草稿")),
    ("returned", _("退回待改")),
    ("review", _("审核中")),
    ("published", _("公开中")),
    ("correcting", _("更正中")),
    ("withdrawn", _("已撤回")),
]
_NAMES = dict(STATES)


def state_of(page: NoticePage) -> str:
    """One word for where a notice stands."""
    if page.withdrawals.filter(confirmed_at__isnull=False).exists():
        return "withdrawn"
    if last_refusal(page) is not None:
        return "returned"
    if page.workflow_in_progress:
        return "review"
    if page.live:
        return "correcting" if page.has_unpublished_changes else "published"
    return "draft"


def _visible(user: User) -> list[NoticePage]:
    """Own villages' notices; only what went out for people above the village."""
    found: list[NoticePage] = []
    for village in villages_of(user):
        pages = NoticePage.objects.child_of(village).select_related("item__category")
        roles = (Role.CLERK, Role.COMMITTEE, Role.SECRETARY)
        if not any(holds(user, role, village) for role in roles):
            pages = pages.filter(publications__isnull=False).distinct()
        found += pages.order_by("-latest_revision_created_at")
    return found


@require_safe
@for_staff
def notices(request: DeskRequest) -> HttpResponse:
    """The list, newest first."""
    wanted = {name: request.GET.get(name, "").strip() for name in ("q", "category", "state")}
    rows = []
    for page in _visible(request.user):
        state = state_of(page)
        category = page.item.category_id if page.item else ""
        title = page.draft_title or page.title
        if wanted["q"] and wanted["q"] not in title and wanted["q"] != page.notice_id:
            continue
        if wanted["category"] not in ("", category) or wanted["state"] not in ("", state):
            continue
        rows.append({"page": page, "title": title, "state": state, "state_name": _NAMES[state]})
    context = {
        "rows": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("p")),
        "total": len(rows),
        "wanted": wanted,
        "categories": Category.objects.all(),
        "states": STATES,
    }
    return render(request, "office/notices.html", context)
