"""Which dispatchers live: how long ago each said so."""

from __future__ import annotations

from django.utils import timezone

from hub.leases.models import Worker

ALIVE_S = 30.0


def ages_s() -> dict[str, float]:
    """Seconds since the last beat of every worker that is known."""
    now = timezone.now()
    beats = Worker.objects.values_list("name", "beat_at")
    return {name: max(0.0, (now - beat_at).total_seconds()) for name, beat_at in beats}


def faults() -> list[str]:
    """What is wrong with the dispatchers, as codes; empty when all is well."""
    ages = ages_s()
    if not any(age_s < ALIVE_S for age_s in ages.values()):
        return ["no_dispatcher"]
    alive = [name for name, age_s in ages.items() if age_s < ALIVE_S]
    if not Worker.objects.filter(name__in=alive, brokers__gt=0).exists():
        return ["no_broker"]
    return []
