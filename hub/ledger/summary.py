"""Where a notice stands, village by village: what people of the back office and reports read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.areas import Area
from hub.emergency.models import Emergency
from hub.ledger.models import Box, Delivery
from hub.sealing.models import SealedNotice

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class BoxDelivery:
    """One box: whether it is there, and what it did with one revision. Times are the box's."""

    box: str
    area: str
    is_online: bool
    since: datetime | None
    """Since when it is online, or away (the hub's time); None: it never reported."""
    revision: int
    received_at: datetime | None = None
    stored_at: datetime | None = None
    shown_at: datetime | None = None
    shown_until: datetime | None = None
    shown_s: float = 0.0
    shown_pages: int = 0
    snapshot_sha256: str = ""
    has_snapshot: bool = False
    readable_at: datetime | None = None
    spoken_at: datetime | None = None
    spoken_state: str = ""
    samples_total: int = 0
    samples_played: dict[str, int] | None = None
    sample_rate_hz: int = 48000
    interruptions: int = 0
    evidence: str = "none"
    expired_at: datetime | None = None
    withdrawn_at: datetime | None = None
    purged_at: datetime | None = None
    refused_at: datetime | None = None
    refused_reason: str = ""
    unshowable: str = ""
    clock_trusted: bool = True
    label: str = ""
    """Its place and id, for people."""

    @property
    def is_refused(self) -> bool:
        """Whether it was refused and not taken afterwards (an alert that waited for a clock)."""
        return self.refused_at is not None and self.stored_at is None


@dataclass(frozen=True, slots=True)
class NoticeDelivery:
    """One notice: the revision in force (0: none), and every box it is addressed to."""

    notice_id: str
    revision: int
    areas: tuple[str, ...]
    is_withdrawn: bool
    boxes: tuple[BoxDelivery, ...]

    @property
    def stored(self) -> int:
        """How many boxes hold the revision in force."""
        return sum(each.stored_at is not None for each in self.boxes)

    @property
    def shown(self) -> int:
        """How many boxes showed it on a panel."""
        return sum(each.shown_at is not None for each in self.boxes)

    @property
    def spoken(self) -> int:
        """How many boxes spoke it to the end."""
        return sum(each.spoken_state == "finished" for each in self.boxes)

    @property
    def away(self) -> int:
        """How many of its boxes are not there."""
        return sum(not each.is_online for each in self.boxes)


def delivery_of(notice_id: str, revision: int | None = None) -> NoticeDelivery:
    """What became of a notice or an alert (by the id of its notice, or by the alert's).

    Args:
        notice_id: the contract id.
        revision: which revision; by default the newest that was sealed.
    """
    alert_ids = _alert_ids(notice_id)
    rows = SealedNotice.objects.filter(notice_id__in=[notice_id, *alert_ids])
    newest = max((row.revision for row in rows), default=0)
    wanted = revision if revision is not None else newest
    areas = tuple(sorted({row.area for row in rows}))
    is_withdrawn = bool(rows) and not any(row.in_force for row in rows)
    names = {notice_id, *_notice_ids(notice_id)}
    lines = {
        line.box_id: line
        for line in Delivery.objects.filter(notice_id__in=names, revision=wanted).select_related(
            "box"
        )
    }
    boxes = {box.id: box for box in _boxes_in(areas)}
    boxes.update({line.box_id: line.box for line in lines.values()})
    return NoticeDelivery(
        notice_id,
        wanted,
        areas,
        is_withdrawn,
        tuple(_line(box, wanted, lines.get(key)) for key, box in sorted(boxes.items())),
    )


def snapshot_of(notice_id: str, revision: int, box: str) -> bytes:
    """The PNG that a box sent of its panel; empty when there is none."""
    line = Delivery.objects.filter(notice_id=notice_id, revision=revision, box_id=box).first()
    return bytes(line.snapshot_png) if line is not None else b""


def _alert_ids(notice_id: str) -> list[str]:
    return list(Emergency.objects.filter(notice_id=notice_id).values_list("alert_id", flat=True))


def _notice_ids(alert_id: str) -> list[str]:
    """Receipts of an alert carry the id of the notice inside it."""
    return list(Emergency.objects.filter(alert_id=alert_id).values_list("notice_id", flat=True))


def _boxes_in(areas: tuple[str, ...]) -> list[Box]:
    wanted = {Area.parse(area) for area in areas}
    active = Box.objects.filter(revoked_at=None)
    return [box for box in active if wanted & set(box.followed)]


def _line(box: Box, revision: int, line: Delivery | None) -> BoxDelivery:
    if line is None:
        return BoxDelivery(
            box.id, box.area, box.is_online, box.online_changed_at, revision, label=box.label
        )
    spoken = line.spoken
    return BoxDelivery(
        box=box.id,
        area=box.area,
        is_online=box.is_online,
        since=box.online_changed_at,
        revision=revision,
        received_at=line.received_at,
        stored_at=line.stored_at,
        shown_at=line.shown_at,
        shown_until=line.shown_until,
        shown_s=line.shown_s,
        shown_pages=line.shown_pages,
        snapshot_sha256=line.snapshot_sha256,
        has_snapshot=bool(line.snapshot_png),
        readable_at=line.readable_at,
        spoken_at=line.spoken_at,
        spoken_state=line.spoken_state,
        samples_total=int(spoken.get("samples_total", 0)),
        samples_played=spoken.get("samples_played"),
        sample_rate_hz=int(spoken.get("sample_rate_hz", 48000)),
        interruptions=len(spoken.get("interruptions", ())),
        evidence=str(spoken.get("evidence", "none")),
        expired_at=line.expired_at,
        withdrawn_at=line.withdrawn_at,
        purged_at=line.purged_at,
        refused_at=line.refused_at,
        refused_reason=line.refused_reason,
        unshowable=line.unshowable,
        clock_trusted=line.clock_trusted,
        label=box.label,
    )
