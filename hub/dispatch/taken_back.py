"""What an area's villagers are told of notices that were taken back lately, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from contract.manifest import Withdrawn
from hub.notices.models import Withdrawal
from hub.notices.reasons import public_reason
from hub.sealing.models import SealedNotice

if TYPE_CHECKING:
    from datetime import datetime

TOLD_FOR = timedelta(days=30)
MOST_TOLD = 20


def taken_back(area: str, now: datetime) -> tuple[Withdrawn, ...]:
    """The newest withdrawals of the last month, in an order of their own, without any title."""
    ids = SealedNotice.objects.filter(
        area=area, kind="notice", sealed_by="", withdrawn_at__gt=now - TOLD_FOR
    )
    found = Withdrawal.objects.filter(
        confirmed_at__gt=now - TOLD_FOR,
        page__notice_id__in=ids.values_list("notice_id", flat=True),
    ).select_related("page__item")
    told = [
        Withdrawn(
            each.page.notice_id,
            each.confirmed_at,
            each.page.item.name if each.page.item else "",
            public_reason(each),
        )
        for each in found[:MOST_TOLD]
        if each.confirmed_at is not None
    ]
    return tuple(sorted(told, key=lambda each: each.id))
