"""The catalogue to look things up in: 12 categories, each item with its rhythm and its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from hub.catalogue.models import Category, Rules
from hub.office.access import for_staff

if TYPE_CHECKING:
    from django.http import HttpResponse

    from hub.office.access import DeskRequest


@require_safe
@for_staff
def items(request: DeskRequest) -> HttpResponse:
    """Every item under its category."""
    cadences = Rules.table("cadences")
    retention = Rules.table("retention")
    rows = [
        (
            category,
            [
                {
                    "item": item,
                    "cadence": cadences.get(item.cadence, ""),
                    "display": retention.get(item.retention, {}).get("name", ""),
                }
                for item in category.items.select_related("template")
            ],
        )
        for category in Category.objects.prefetch_related("items")
    ]
    return render(request, "office/catalogue.html", {"rows": rows})
