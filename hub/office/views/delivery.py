"""Village by village: what was received, shown, spoken, and who was away since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.ledger.models import Box, Delivery
from hub.notices.models import NoticePage, Publication
from hub.office.access import for_staff
from hub.places.models import VillagePage
from hub.places.posts import villages_of
from hub.sealing.models import SealedNotice

if TYPE_CHECKING:
    from hub.office.access import DeskRequest

SHOWN = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One box and one revision. ``tone`` is done, wait or back."""

    village: str
    box: Box | None
    delivery: Delivery | None
    state: str
    tone: str
    symbol: str

    @property
    def played(self) -> dict[str, Any]:
        """What was really played, in words and numbers."""
        spoken = self.delivery.spoken if self.delivery else {}
        total = int(spoken.get("samples_total") or 0)
        rate = int(spoken.get("sample_rate_hz") or 48000)
        zones = spoken.get("samples_played") or {}
        return {
            "state": _SPOKEN.get(str(spoken.get("state", "")), ""),
            "seconds": round(max(zones.values(), default=0) / rate, 1) if rate else 0,
            "samples": max(zones.values(), default=0),
            "total": total,
            "interruptions": spoken.get("interruptions") or [],
        }


_SPOKEN = {
    "accepted": "已接收", "queued": "排队中", "started": "播报中", "interrupted": "被打断",
    "resumed": "续播中", "finished": "播完", "failed": "播报失败", "expired": "过期未播",
    "missed": "错过", "superseded": "被更正替换", "cancelled": "已取消",
}  # fmt: skip


def lines_of(notice_id: str, revision: int) -> list[Line]:
    """One line a box that the revision is addressed to, whether it answered or not."""
    areas = SealedNotice.objects.filter(notice_id=notice_id).values_list("area", flat=True)
    codes = {area.partition("-")[0] for area in areas}
    names = {village.code: village.title for village in VillagePage.objects.all()}
    found = []
    for box in Box.objects.filter(revoked_at=None):
        if not any(box.area.startswith(code) for code in codes):
            continue
        delivery = Delivery.objects.filter(box=box, notice_id=notice_id, revision=revision).first()
        state, tone, symbol = _state(box, delivery)
        found.append(Line(names.get(box.area, box.area), box, delivery, state, tone, symbol))
    return found


def _state(box: Box, delivery: Delivery | None) -> tuple[str, str, str]:
    """A word for how far it came."""
    steps = (
        ("withdrawn_at", _("已撤下"), "done", "⊘"),
        ("refused_at", _("被终端拒收"), "back", "✕"),
        ("shown_at", _("已上屏"), "done", "✓"),
        ("readable_at", _("可查询"), "done", "✓"),
        ("stored_at", _("已收存"), "done", "✓"),
        ("received_at", _("已收到"), "done", "✓"),
    )
    for name, word, tone, symbol in steps:
        if delivery is not None and getattr(delivery, name):
            return word, tone, symbol
    if not box.is_online:
        return _("终端离线，恢复后自动补送"), "wait", "…"
    return _("正在送达"), "wait", "…"


@require_safe
@for_staff
def overview(request: DeskRequest) -> HttpResponse:
    """The newest publications of the person's villages, each with its lines."""
    villages = villages_of(request.user)
    pages = {page.pk: page for village in villages for page in NoticePage.objects.child_of(village)}
    newest: dict[int, Publication] = {}
    for publication in Publication.objects.filter(page_id__in=pages).order_by("-at"):
        newest.setdefault(publication.page_id, publication)
    rows = [
        {
            "page": pages[pk],
            "publication": publication,
            "lines": lines_of(pages[pk].notice_id, publication.number),
        }
        for pk, publication in list(newest.items())[:SHOWN]
    ]
    codes = {village.code: village.title for village in villages}
    boxes = [(codes[box.area], box) for box in Box.objects.filter(area__in=codes, revoked_at=None)]
    context = {"rows": rows, "boxes": boxes, "now": timezone.now()}
    return render(request, "office/delivery.html", context)


@require_safe
@for_staff
def snapshot(request: DeskRequest, notice_id: str, line: int) -> HttpResponse:
    """The picture of the panel that a box sent as evidence."""
    delivery = get_object_or_404(Delivery, pk=line, notice_id=notice_id)
    if delivery.box.area not in {village.code for village in villages_of(request.user)}:
        raise PermissionDenied(_("这是别村的终端。"))
    if not delivery.snapshot_png:
        raise Http404
    return HttpResponse(bytes(delivery.snapshot_png), content_type="image/png")
