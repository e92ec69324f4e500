"""Deals shares of the work out to the workers that are alive, and takes over from the dead.

A lease ends by itself, in the database's time; its holder stops earlier, in its own. So at no
moment do two workers do one share, whatever their clocks say. Newcomers get theirs because
those who hold more than their part let go. With one share, one works and the others stand by.
What a worker does is safe to do twice all the same: leases spare work, they do not guard truth.
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
DISPATCH = "dispatch"
"""The share of sealing, sending and hearing how boxes are; the first to be given out."""
LEASE_S = 10.0
RENEW_S = 3.0
MARGIN_S = 2.0


class Holding:
    """What one worker holds. Call `turn` for ever; times are ``time.monotonic()``."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shares: frozenset[str] = frozenset()
        self._until_s = float("-inf")
        self._due_s = float("-inf")

    def turn(
        self, shares: Collection[str], now_s: float, *, brokers: int, waiting: int
    ) -> frozenset[str]:
        """Renew, take, let go when due; the shares to do now.

        Args:
            shares: names of all the work that there is to share.
            now_s: monotonic time, read before the call.
            brokers: how many this worker reaches; one that others reach better holds nothing.
            waiting: said of this worker to whoever watches, messages still to be asserted.
        """
        if now_s >= self._due_s:
            self._due_s = now_s + RENEW_S
            beat = {"brokers": brokers, "waiting": waiting}
            held = committed(lambda: _renew(self._name, shares, beat))
            if held != self._shares:
                _log.info("doing %s", ", ".join(sorted(held)) or "nothing, standing by")
            self._shares, self._until_s = held, now_s + LEASE_S - MARGIN_S
        return self.serving(now_s)

    def serving(self, now_s: float) -> frozenset[str]:
        """What may be served at this moment: nothing once the leases might have run out."""
        return self._shares if now_s < self._until_s else frozenset()

    def let_go(self) -> None:
        """At a wanted end: others need not wait for the leases to run out."""
        committed(lambda: Lease.objects.filter(worker=self._name).update(until=Now()))
        Worker.objects.filter(name=self._name).delete()
        self._shares, self._until_s = frozenset(), float("-inf")


def _renew(name: str, shares: Collection[str], beat: Mapping[str, object]) -> frozenset[str]:
    """One transaction: beat, see who is alive, settle what is ours."""
    Worker.objects.update_or_create(name=name, defaults={**beat, "beat_at": Now()})
    now = Worker.objects.values_list("beat_at", flat=True).get(name=name)
    dead = now - timedelta(seconds=LEASE_S)
    Worker.objects.filter(beat_at__lt=dead - timedelta(hours=1)).delete()
    alive = dict(Worker.objects.filter(beat_at__gte=dead).values_list("name", "brokers"))
    fit = [each for each, brokers in alive.items() if brokers == max(alive.values())]
    leases = {lease.share: lease for lease in Lease.objects.all()}
    ours = [each for each in sorted(shares) if _is_held(leases.get(each), name, now)]
    free = deque(each for each in sorted(shares) if _is_free(leases.get(each), now))
    part = -(-len(shares) // len(fit)) if name in fit else 0
    while free and len(ours) < part:
        ours.append(free.popleft())
    for share in ours[part:]:
        Lease.objects.filter(share=share, worker=name).update(until=now)
    until = now + timedelta(seconds=LEASE_S)
    for share in ours[:part]:
        Lease.objects.update_or_create(share=share, defaults={"worker": name, "until": until})
    return frozenset(ours[:part])


def _is_held(lease: Lease | None, name: str, now: datetime) -> bool:
    return lease is not None and lease.worker == name and lease.until > now


def _is_free(lease: Lease | None, now: datetime) -> bool:
    return lease is None or lease.until <= now
