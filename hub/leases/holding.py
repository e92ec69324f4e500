"""Shares the counties out among the workers that are alive, and takes over from those that died.

A lease ends by itself, in the database's time; its holder stops earlier, in its own. So at no
moment do two workers serve one county, whatever their clocks say. Newcomers get their share
because those who hold more than theirs let go. What a worker does is safe to do twice all the
same: leases spare the work, they do not guard the truth.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models.functions import Now

from hub.leases.models import Lease, Worker
from hub.site.conflicts import committed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

_log = logging.getLogger(__name__)
LEASE_S = 10.0
RENEW_S = 3.0
MARGIN_S = 2.0


class Holding:
    """What one worker holds. Call `turn` for ever; times are ``time.monotonic()``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._counties: frozenset[str] = frozenset()
        self._until_s = float("-inf")
        self._due_s = float("-inf")

    def turn(
        self, counties: Collection[str], now_s: float, *, is_broker_up: bool, waiting: int
    ) -> frozenset[str]:
        """Renew, take, let go when due; the counties to serve now.

        Args:
            counties: every county that this hub serves.
            now_s: monotonic time, read before the call.
            is_broker_up: said of this worker on the health page.
            waiting: likewise, messages still to be asserted.
        """
        if now_s >= self._due_s:
            self._due_s = now_s + RENEW_S
            beat = {"is_broker_up": is_broker_up, "waiting": waiting}
            held = committed(lambda: _renew(self._name, counties, beat))
            if held != self._counties:
                _log.info("serving %d of %d counties", len(held), len(counties))
            self._counties, self._until_s = held, now_s + LEASE_S - MARGIN_S
        return self.serving(now_s)

    def serving(self, now_s: float) -> frozenset[str]:
        """What may be served at this moment: nothing once the leases might have run out."""
        return self._counties if now_s < self._until_s else frozenset()

    def let_go(self) -> None:
        """At a wanted end: others need not wait for the leases to run out."""
        committed(lambda: Lease.objects.filter(worker=self._name).update(until=Now()))
        Worker.objects.filter(name=self._name).delete()
        self._counties, self._until_s = frozenset(), float("-inf")


def _renew(name: str, counties: Collection[str], beat: Mapping[str, object]) -> frozenset[str]:
    """One transaction: beat, see who is alive, settle what is ours."""
    Worker.objects.update_or_create(name=name, defaults={**beat, "beat_at": Now()})
    now = Worker.objects.values_list("beat_at", flat=True).get(name=name)
    dead = now - timedelta(seconds=LEASE_S)
    Worker.objects.filter(beat_at__lt=dead - timedelta(hours=1)).delete()
    alive = Worker.objects.filter(beat_at__gte=dead).count()
    leases = {lease.county: lease for lease in Lease.objects.all()}
    ours = [each for each in sorted(counties) if _is_held(leases.get(each), name, now)]
    free = deque(each for each in sorted(counties) if _is_free(leases.get(each), now))
    share = -(-len(counties) // max(1, alive))
    while free and len(ours) < share:
        ours.append(free.popleft())
    for county in ours[share:]:
        Lease.objects.filter(county=county, worker=name).update(until=now)
    until = now + timedelta(seconds=LEASE_S)
    for county in ours[:share]:
        Lease.objects.update_or_create(county=county, defaults={"worker": name, "until": until})
    return frozenset(ours[:share])


def _is_held(lease: Lease | None, name: str, now: datetime) -> bool:
    return lease is not None and lease.worker == name and lease.until > now


def _is_free(lease: Lease | None, now: datetime) -> bool:
    return lease is None or lease.until <= now
