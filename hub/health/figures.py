"""The hub's figures for Prometheus, read from the database when they are asked for.

Labels are codes of ours (states, stages, kinds, worker names), never a person, a village or a
text.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from hub.broker.files import TAKERS
from hub.dispatch.models import KeySetVersion, Layer
from hub.health.workers import ages_s
from hub.leases.holding import DISPATCH
from hub.leases.models import Lease, Worker
from hub.ledger.models import Box, Delivery, FeedbackSlip, FleetAlarm, ReceiptRow
from hub.relay.models import Child, Parent
from hub.sealing.models import OutboxRow, SealedNotice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.metrics_core import Metric

STAGES = ("stored", "shown", "readable", "spoken", "refused", "withdrawn", "purged")


def exposition() -> bytes:
    """All figures in Prometheus's text format."""
    registry = CollectorRegistry()
    registry.register(HubFigures())
    return generate_latest(registry)


class HubFigures(Collector):
    """Reads each figure with one query or two."""

    def collect(self) -> Iterator[Metric]:
        """Boxes, acts on their way, deliveries, what needs a person, workers, other hubs."""
        yield from _boxes()
        yield from _acts()
        yield from _deliveries()
        yield from _people()
        yield from _workers()
        yield from _tree()


def _boxes() -> Iterator[Metric]:
    boxes = list(Box.objects.filter(revoked_at=None).only("area", "groups", "is_online", "state"))
    layers = {layer.area: layer.version for layer in Layer.objects.defer("body")}
    states = Counter("online" if box.is_online else "away" for box in boxes)
    counted = GaugeMetricFamily("village_boxes", "Boxes that are not revoked", labels=["state"])
    for state in ("online", "away"):
        counted.add_metric([state], states[state])
    yield counted
    behind = sum(box.is_online and _is_behind(box, layers) for box in boxes)
    yield GaugeMetricFamily(
        "village_boxes_behind", "Boxes on line that do not hold the newest manifests", behind
    )
    distrusted = Box.objects.filter(revoked_at=None, is_online=True, clock_trusted=False).count()
    yield GaugeMetricFamily(
        "village_boxes_clock_untrusted", "Boxes on line with an unproven clock", distrusted
    )


def _is_behind(box: Box, layers: dict[str, tuple[int, int]]) -> bool:
    reported = box.state.get("layers") or {}
    for area in map(str, box.followed):
        seen = reported.get(area, {})
        if layers.get(area, (0, 0)) > (seen.get("epoch", 0), seen.get("generation", 0)):
            return True
    return False


def _acts() -> Iterator[Metric]:
    waiting = OutboxRow.objects.filter(done_at=None)
    found = waiting.aggregate(count=Count("pk"), since=Min("created_at"), tries=Max("attempts"))
    age_s = (timezone.now() - found["since"]).total_seconds() if found["since"] else 0.0
    yield GaugeMetricFamily(
        "village_outbox_waiting", "Acts that the broker does not hold yet", found["count"]
    )
    yield GaugeMetricFamily(
        "village_outbox_oldest_seconds", "Age of the oldest of them", max(0.0, age_s)
    )
    in_force = SealedNotice.objects.filter(in_force=True)
    yield GaugeMetricFamily(
        "village_notices_in_force",
        "Notices and alerts in force, by area",
        in_force.count(),
    )
    keys = KeySetVersion.objects.aggregate(newest=Max("version"))["newest"] or 0
    yield GaugeMetricFamily("village_key_set_version", "Newest key set", keys)


def _deliveries() -> Iterator[Metric]:
    """Counted from the ledger; receipts by their running number, which costs no scan."""
    receipts = CounterMetricFamily("village_receipts", "Receipts taken in")
    receipts.add_metric([], ReceiptRow.objects.aggregate(last=Max("pk"))["last"] or 0)
    yield receipts
    counts = Delivery.objects.aggregate(
        **{stage: Count("pk", filter=Q(**{f"{stage}_at__isnull": False})) for stage in STAGES}
    )
    reached = GaugeMetricFamily(
        "village_deliveries", "Revisions of notices in boxes, by stage reached", labels=["stage"]
    )
    for stage in STAGES:
        reached.add_metric([stage], counts[stage])
    yield reached


def _people() -> Iterator[Metric]:
    alarms = GaugeMetricFamily(
        "village_alarms_unseen", "Warnings that no operator has seen yet", labels=["kind"]
    )
    unseen = FleetAlarm.objects.filter(seen_at=None).order_by().values_list("kind")
    for kind, count in unseen.annotate(Count("pk")):
        alarms.add_metric([kind], count)
    yield alarms
    open_slips = FeedbackSlip.objects.filter(answer=None).count()
    yield GaugeMetricFamily(
        "village_slips_unanswered", "Slips from query screens without an answer", open_slips
    )


def _workers() -> Iterator[Metric]:
    beats = GaugeMetricFamily(
        "village_worker_beat_age_seconds",
        "Since a dispatcher last said it lives",
        labels=["worker"],
    )
    for name, age_s in ages_s().items():
        beats.add_metric([name], age_s)
    yield beats
    brokers = GaugeMetricFamily(
        "village_worker_broker_up", "1 while the broker is there", labels=["worker"]
    )
    waiting = GaugeMetricFamily(
        "village_worker_messages_waiting", "Still to be asserted", labels=["worker"]
    )
    shares = GaugeMetricFamily(
        "village_worker_shares",
        "Of dispatching (one) and of taking in; 0 while it stands by",
        labels=["worker", "work"],
    )
    leases = Lease.objects.filter(until__gt=timezone.now()).values_list("worker", "share")
    held = Counter((worker, "events" if share in TAKERS else share) for worker, share in leases)
    for worker in Worker.objects.all():
        brokers.add_metric([worker.name], float(worker.brokers > 0))
        waiting.add_metric([worker.name], worker.waiting)
        for work in (DISPATCH, "events"):
            shares.add_metric([worker.name, work], held[worker.name, work])
    yield from (brokers, waiting, shares)


def _tree() -> Iterator[Metric]:
    """The hub above, if there is one, and the hubs below."""
    above = GaugeMetricFamily("village_hub_above_up", "1 while the hub above is connected")
    for parent in Parent.objects.all():
        above.add_metric([], float(parent.is_up))
    yield above
    below = GaugeMetricFamily("village_hubs_below", "Hubs below this one", labels=["state"])
    children = Child.objects.filter(dismissed_at=None).values_list("is_online", flat=True)
    states = Counter("online" if each else "away" for each in children)
    for state in ("online", "away"):
        below.add_metric([state], states[state])
    yield below
