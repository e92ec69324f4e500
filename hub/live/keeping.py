"""Recordings of talks are kept for a term, then erased; who spoke, when and how long stays.

The term is ``VILLAGE_HUB_LIVE_DAYS``. The default is half a year: as long as the village's own
rules keep the longest-standing postings in sight, and the county answers questions about them.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from hub.live.models import LiveTalk

if TYPE_CHECKING:
    from datetime import datetime

_log = logging.getLogger(__name__)


def purge(now: datetime) -> int:
    """Erase the recordings whose term is over; returns how many. Safe to repeat."""
    latest = now - timedelta(days=settings.LIVE_RECORDING_DAYS)
    over = LiveTalk.objects.filter(relayed_at__lt=latest, purged_at=None)
    for talk in over:
        Path(talk.recording).unlink(missing_ok=True)
        LiveTalk.objects.filter(pk=talk.pk).update(purged_at=now)
        _log.info("the recording of %s is erased, its term is over", talk.pk)
    return len(over)
