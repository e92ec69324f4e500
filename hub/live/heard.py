"""What became of a talk, village by village, from the boxes' receipts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from contract.areas import Area
from hub.ledger.models import Box, Delivery
from hub.places.models import VillagePage

if TYPE_CHECKING:
    from hub.live.models import LiveTalk

_WORDS = {
    "accepted": (_("已接通，就要开播"), "wait"), "queued": (_("已接通，就要开播"), "wait"),
    "started": (_("正在播出"), "done"), "resumed": (_("正在播出"), "done"),
    "interrupted": (_("被应急广播打断，稍后续播"), "wait"), "finished": (_("播完"), "done"),
    "failed": (_("中断"), "back"), "missed": (_("静音时段，未播"), "back"),
    "expired": (_("过时未播"), "back"), "superseded": (_("未播"), "back"),
    "cancelled": (_("未播"), "back"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hearing:
    """One box: its village, the state in words, and its tone (done, wait, back)."""

    village: str
    words: str
    tone: str
    seconds: float = 0.0
    evidence: str = "none"


def hearings_of(talk: LiveTalk) -> list[Hearing]:
    """One line for each box that the talk is meant for."""
    wanted = [Area.parse(area).village for area in talk.areas]
    boxes = [
        box
        for box in Box.objects.filter(revoked_at=None).order_by("area", "id")
        if any(area.covers(Area.parse(box.area)) for area in wanted)
    ]
    names = dict(VillagePage.objects.values_list("code", "title"))
    lines = {line.box_id: line for line in Delivery.objects.filter(notice_id=talk.pk)}
    return [_hearing(names.get(box.area, box.area), box, lines.get(box.pk)) for box in boxes]


def _hearing(village: str, box: Box, line: Delivery | None) -> Hearing:
    if line is None:
        words = _("正在接通") if box.is_online else _("终端离线，听不到")
        return Hearing(village, str(words), "wait" if box.is_online else "back")
    if line.refused_at is not None and not line.spoken_state:
        return Hearing(village, str(_("被终端拒收")), "back")
    words, tone = _WORDS.get(line.spoken_state, (_("已接通，就要开播"), "wait"))
    played = max((line.spoken.get("samples_played") or {}).values(), default=0)
    rate_hz = int(line.spoken.get("sample_rate_hz", 48_000))
    return Hearing(
        village, str(words), tone, played / rate_hz, str(line.spoken.get("evidence", "none"))
    )
