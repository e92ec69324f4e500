"""A village's month: what was published in it and is to be hung up."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone

from hub.catalogue.models import Rules
from hub.notices.models import NoticePage

if TYPE_CHECKING:
    from hub.places.models import VillagePage

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)
MONTHS_SHOWN = 12


def read_month(text: str) -> str:
    """The month as ``2024-07``; the one that runs for any other text."""
    return text if _MONTH.fullmatch(text) else timezone.localdate().strftime("%Y-%m")


def spoken(month: str) -> str:
    """The month in words: ``2024年7月``."""
    year, number = month.split("-")
    return f"{year}年{int(number)}月"


def months_of(village: VillagePage) -> list[str]:
    """Months with notices in force, the newest first, the running one always among them."""
    moments = NoticePage.objects.live().child_of(village).values_list("publish_at", flat=True)
    found = {timezone.localtime(each).strftime("%Y-%m") for each in moments}
    return sorted(found | {read_month("")}, reverse=True)[:MONTHS_SHOWN]


def notices_of(village: VillagePage, month: str) -> list[NoticePage]:
    """The month's notices in force that go on the board, in the order of its columns."""
    first = timezone.make_aware(datetime.strptime(month, "%Y-%m"))  # noqa: DTZ007 - made aware here
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    pages = NoticePage.objects.live().child_of(village).select_related("item__category")
    found = [
        page
        for page in pages.filter(publish_at__gte=first, publish_at__lt=after)
        if "poster" in page.channels and page.last_publication is not None
    ]
    order = [f"{board}/{name}" for board, names in Rules.table("columns").items() for name in names]
    return sorted(found, key=lambda page: (_rank(order, page), page.publish_at))


def _rank(order: list[str], page: NoticePage) -> int:
    column = page.item.column if page.item else ""
    return order.index(column) if column in order else len(order)
