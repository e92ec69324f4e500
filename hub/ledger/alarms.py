"""Refusals that an operator must hear of: somebody sends what the hub did not sign."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from contract.errors import RefusalReason
from hub.ledger.models import FleetAlarm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.receipt import Receipt

QUIET = timedelta(hours=1)
"""The same kind from the same box is raised again after this; the receipts hold every case."""
_REASONS = frozenset(
    {
        RefusalReason.MALFORMED,
        RefusalReason.TOO_LARGE,
        RefusalReason.UNSIGNED,
        RefusalReason.BAD_SIGNATURE,
        RefusalReason.UNKNOWN_KEY,
        RefusalReason.WRONG_ROLE,
        RefusalReason.WRONG_AREA,
        RefusalReason.ROLLED_BACK,
        RefusalReason.REPLAYED,
        RefusalReason.PERSONAL_DATA,
        RefusalReason.HASH_MISMATCH,
    }
)


def raise_for(box: str, receipts: Iterable[Receipt]) -> None:
    """Raise an alarm for every kind of refusal that should not happen."""
    reasons = {
        receipt.reason.value: receipt
        for receipt in receipts
        if receipt.stage == "refused" and receipt.reason in _REASONS
    }
    for reason, receipt in reasons.items():
        since = timezone.now() - QUIET
        if not FleetAlarm.objects.filter(kind=reason, box_id=box, at__gt=since).exists():
            FleetAlarm.objects.create(
                kind=reason,
                box_id=box,
                detail=f"{receipt.notice_id}@{receipt.revision}: {receipt.detail}"[:200],
            )
