"""What this hub says to the hub above: which layers it passes on, and how many boxes have what.

The numbers of the hubs below this one are added to those of its own boxes, so that every level
reads one line a hub.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum
from django.utils import timezone

from contract import codec, envelope, wire
from contract.alert import Alert
from contract.areas import Area
from contract.manifest import LARGE_MANIFEST_BYTES
from contract.messages import sha256_hex
from contract.relay import HubReport, ItemCount
from contract.uplink import LayerState
from hub.dispatch import manifests
from hub.dispatch.models import Layer
from hub.ledger.models import Box, Delivery
from hub.relay import refusals
from hub.relay.delegation import ancestors
from hub.relay.models import Child, ChildDelivery, HeardLayer, Parent
from hub.sealing.models import SealedNotice

if TYPE_CHECKING:
    from collections.abc import Iterable

SETTLE_S = 2.0
EVERY_S = 300.0
LONGEST_ITEMS = 400
"""Of a longer list the newest are reported; a report is one message of the broker's size."""
_STAGES = ("stored", "shown", "spoken", "refused")
_Name = tuple[str, int]


class Reporting:
    """Says when a report is due: two seconds after a change, and every five minutes."""

    def __init__(self) -> None:
        self._said = b""
        self._look_s = self._due_s = float("-inf")

    def restart(self) -> None:
        """A new connection: the hub above wants to hear."""
        self._said, self._look_s, self._due_s = b"", float("-inf"), float("-inf")

    def due(self, now_s: float) -> bytes | None:
        """The report to send now, if any."""
        if now_s < self._look_s:
            return None
        self._look_s = now_s + SETTLE_S
        report = made(online=True)
        said = wire.dumps({**codec.encode(report), "at": ""})
        if said == self._said and now_s < self._due_s:
            return None
        self._said, self._due_s = said, now_s + EVERY_S
        return wire.dumps(codec.encode(report))


def will() -> bytes:
    """The last will: this hub is away."""
    parent = Parent.objects.get()
    return wire.dumps(codec.encode(HubReport(parent.hub, online=False, at=timezone.now())))


def made(*, online: bool) -> HubReport:
    """The report as things stand."""
    parent = Parent.objects.get()
    boxes = list(Box.objects.filter(revoked_at=None).only("area", "groups", "is_online"))
    below = Child.objects.filter(dismissed_at=None).values_list("report", flat=True)
    keys = ancestors().get(parent.area)
    return HubReport(
        hub=parent.hub,
        online=online,
        at=timezone.now(),
        boxes=len(boxes) + sum(int(each.get("boxes", 0)) for each in below),
        boxes_online=sum(box.is_online for box in boxes)
        + sum(int(each.get("boxes_online", 0)) for each in below),
        keys_version=keys.version if keys is not None else 0,
        layers={row.area: _state(row) for row in HeardLayer.objects.exclude(body=b"")},
        items=tuple(_counts(boxes)),
        faults=refusals.recent(),
    )


def _state(row: HeardLayer) -> LayerState:
    """``complete`` is false while boxes that live by deltas have no way to this manifest."""
    layers = Layer.objects.filter(area=row.area, delta=b"")
    is_large = len(row.body) > LARGE_MANIFEST_BYTES
    has_way = not (is_large and not manifests.is_ours(row.area) and layers.exists())
    return LayerState(row.epoch, row.generation, has_way, sha256_hex(bytes(row.body))[:16])


def _counts(boxes: list[Box]) -> Iterable[ItemCount]:
    """One line for every notice and alert from above that is in force."""
    rows = SealedNotice.objects.filter(in_force=True).exclude(sealed_by="")
    seen: dict[_Name, tuple[_Name, set[Area]]] = {}
    for row in rows.order_by("-pk"):
        name = (row.notice_id, row.revision)
        seen.setdefault(name, (_said_as(row), set()))[1].add(Area.parse(row.area))
        if len(seen) == LONGEST_ITEMS:
            break
    own, below = _own({said for said, _ in seen.values()}), _below(seen)
    followed = [set(box.followed) for box in boxes]
    for name, (said, areas) in seen.items():
        count = Counter(boxes=sum(bool(areas & each) for each in followed))
        count.update(own.get(said, {}))
        count.update(below.get(name, {}))
        yield ItemCount(
            *name, count["boxes"], count["stored"], count["shown"], count["spoken"],
            count["refused"],
        )  # fmt: skip


def _said_as(row: SealedNotice) -> _Name:
    """The name that receipts give it; those of an alert give the name of its notice."""
    if row.kind != "alert":
        return (row.notice_id, row.revision)
    return _inside(row.sha256)


@lru_cache(maxsize=4 * LONGEST_ITEMS)
def _inside(sha256: str) -> _Name:
    """Of an alert by its hash; what has that hash never changes."""
    body = bytes(SealedNotice.objects.filter(sha256=sha256).exclude(body=b"")[0].body)
    notice = codec.decode(Alert, wire.loads(envelope.parse(body).content())).notice
    return (notice.id, notice.revision)


def _own(names: set[_Name]) -> dict[_Name, dict[str, int]]:
    """How far each came in our own boxes, with one query."""
    lines = Delivery.objects.filter(notice_id__in={name for name, _ in names}, box__revoked_at=None)
    found = lines.values("notice_id", "revision").annotate(
        stored=Count("pk", filter=Q(stored_at__isnull=False)),
        shown=Count("pk", filter=Q(shown_at__isnull=False)),
        spoken=Count("pk", filter=Q(spoken_state="finished")),
        refused=Count("pk", filter=Q(refused_at__isnull=False, stored_at=None)),
    )
    rows = found.values_list("notice_id", "revision", *_STAGES)
    return {
        (name, number): dict(zip(_STAGES, counts, strict=True)) for name, number, *counts in rows
    }


def _below(names: Iterable[_Name]) -> dict[_Name, dict[str, int]]:
    """What the hubs below this one counted."""
    rows = ChildDelivery.objects.filter(
        item_id__in={name for name, _ in names}, child__dismissed_at=None
    )
    stages = ("boxes", *_STAGES)
    found = rows.values("item_id", "revision").annotate(
        **{f"all_{each}": Sum(each) for each in stages}
    )
    sums = found.values_list("item_id", "revision", *(f"all_{each}" for each in stages))
    return {
        (name, number): dict(zip(stages, counts, strict=True)) for name, number, *counts in sums
    }
