"""The county's lexicon: how places, families and roads are said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from hub.lexicon import desk
from hub.lexicon.models import Entry
from hub.office.access import for_staff

if TYPE_CHECKING:
    from django.http import HttpResponse

    from hub.office.access import DeskRequest


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff
def lexicon(request: DeskRequest) -> HttpResponse:
    """Everybody reads it; the county's officers change it."""
    if request.method == "POST":
        word = request.POST.get("word", "")
        if request.POST.get("action") == "remove":
            desk.remove(request.user, word)
            messages.success(request, _("已删去，改由通用词典读。"))
        else:
            entry = desk.put(request.user, word, request.POST.get("spoken", ""))
            messages.success(request, _("已记下：%(entry)s") % {"entry": entry})
        return redirect("desk-lexicon")
    context = {
        "entries": Entry.objects.select_related("changed_by"),
        "may_change": desk.may_change(request.user),
    }
    return render(request, "office/lexicon.html", context)
