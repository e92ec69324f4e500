"""The catalogue sheet (公开目录、查询指南): what is published, how often, and how to look it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from hub.catalogue.models import Item, Rules
from hub.poster.sheet import drawn, qr

if TYPE_CHECKING:
    from hub.places.models import VillagePage
    from hub.poster.paper import Paper


def catalogue_sheet(village: VillagePage, paper: Paper) -> str:
    """Every base item under its board and column, and the ways to ask."""
    address = f"{settings.PUBLIC_URL}/v/{village.code}/"
    cadences = Rules.table("cadences")
    retention = Rules.table("retention")
    items = list(Item.objects.order_by("position"))
    boards = []
    for board, columns in Rules.table("columns").items():
        rows = [
            (column, [
                (item, cadences.get(item.cadence, ""),
                 retention.get(item.retention, {}).get("name", ""))
                for item in items if item.column == f"{board}/{column}"
            ])
            for column in columns
        ]  # fmt: skip
        boards.append((board, len(columns), [row for row in rows if row[1]]))
    return drawn(
        "catalogue", village, paper, boards=boards, total=len(items), qr=qr(address),
        address=address,
    )  # fmt: skip
