"""What came from above and was not passed on: told to the operator, and up again as a reason."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from hub.ledger.models import FleetAlarm

if TYPE_CHECKING:
    from contract.errors import ContractError

_log = logging.getLogger(__name__)
QUIET = timedelta(hours=1)
"""The same refusal is told again after this."""
ABOVE = "上级 from above "
"""How the detail of such an alarm begins."""


def note(what: str, error: ContractError) -> None:
    """Something from above is refused."""
    _log.warning("%s from above is refused: %s", what, error)
    tell(error.reason.value, f"{what}: {error}")


def tell(kind: str, detail: str) -> None:
    """Raise an alarm about the hub above, once an hour for the same."""
    line = f"{ABOVE}{detail}"[:200]
    told = FleetAlarm.objects.filter(kind=kind, detail=line, at__gt=timezone.now() - QUIET)
    with transaction.atomic():
        if not told.exists():
            FleetAlarm.objects.create(kind=kind, detail=line)


def recent() -> tuple[str, ...]:
    """Kinds of what was refused in the last hour."""
    since = timezone.now() - QUIET
    found = FleetAlarm.objects.filter(detail__startswith=ABOVE, at__gt=since)
    return tuple(sorted(set(found.values_list("kind", flat=True))))
