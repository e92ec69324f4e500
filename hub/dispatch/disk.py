"""Room on the hub's disk: once it is full Mosquitto goes on acknowledging and keeps nothing."""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from hub.ledger.models import FleetAlarm

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)
LOW_BYTES = 200 * 1024 * 1024
QUIET = timedelta(hours=1)
"""The alarm is raised again after this while the room is still small."""


def note_low(broker: Path) -> None:
    """Raise an alarm when the broker's folder, or the hub's around it, has little room left."""
    free = min(shutil.disk_usage(each).free for each in (broker, broker.parent) if each.exists())
    recent = FleetAlarm.objects.filter(kind="hub_disk_low", at__gt=timezone.now() - QUIET)
    if free < LOW_BYTES and not recent.exists():
        detail = f"{free // 1024} KB free"
        FleetAlarm.objects.create(kind="hub_disk_low", detail=detail)
        _log.error("little room on the hub's disk: %s", detail)
