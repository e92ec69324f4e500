"""Village by village: what was received, shown, spoken, and who was away since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_safe

from hub.ledger.models import Box
from hub.ledger.summary import delivery_of, snapshot_of
from hub.notices.models import NoticePage, Publication
from hub.office.access import for_staff
from hub.places.models import VillagePage
from hub.places.posts import villages_of

if TYPE_CHECKING:
    from hub.ledger.summary import BoxDelivery
    from hub.office.access import DeskRequest

SHOWN = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One box and one revision, in words. ``tone`` is done, wait or back."""

    village: str
    at: BoxDelivery
    state: str
    tone: str
    symbol: str

    @property
    def spoken(self) -> str:
        """The state of the announcement in Chinese; empty when it was never spoken."""
        return str(_SPOKEN.get(self.at.spoken_state, ""))

    @property
    def samples(self) -> int:
        """Samples that the horns got, the most of any zone."""
        return max((self.at.samples_played or {}).values(), default=0)

    @property
    def seconds(self) -> float:
        """How long that sounded."""
        return round(self.samples / self.at.sample_rate_hz, 1)


_SPOKEN = {
    "accepted": _lazy("等待播出"), "queued": _lazy("等待播出"), "started": _lazy("播报中"),
    "interrupted": _lazy("被打断"), "resumed": _lazy("续播中"), "finished": _lazy("播完"),
    "failed": _lazy("播报失败"), "expired": _lazy("过期未播"), "missed": _lazy("错过"),
    "superseded": _lazy("被更正替换"), "cancelled": _lazy("已取消"),
}  # fmt: skip
_STEPS = (
    ("withdrawn_at", _lazy("已撤下"), "done", "⊘"),
    ("expired_at", _lazy("到期撤下"), "done", "⊘"),
    ("shown_at", _lazy("已上屏"), "done", "✓"),
    ("readable_at", _lazy("可查询"), "done", "✓"),
    ("stored_at", _lazy("已收存"), "done", "✓"),
    ("received_at", _lazy("已收到"), "done", "✓"),
)


def lines_of(notice_id: str, revision: int | None = None) -> list[Line]:
    """One line a box that the revision is addressed to, whether it answered or not."""
    names = dict(VillagePage.objects.values_list("code", "title"))
    return [
        Line(names.get(box.area, box.area), box, *_state(box))
        for box in delivery_of(notice_id, revision).boxes
    ]


def _state(box: BoxDelivery) -> tuple[str, str, str]:
    """A word for how far it came."""
    if box.is_refused:
        return _("被终端拒收"), "back", "✕"
    for name, word, tone, symbol in _STEPS:
        if getattr(box, name):
            return str(word), tone, symbol
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
def snapshot(request: DeskRequest, notice_id: str, revision: int, box: str) -> HttpResponse:
    """The picture of the panel that a box sent as evidence."""
    found = get_object_or_404(Box, pk=box)
    if found.area not in {village.code for village in villages_of(request.user)}:
        raise PermissionDenied(_("这是别村的终端。"))
    png = snapshot_of(notice_id, revision, box)
    if not png:
        raise Http404
    return HttpResponse(png, content_type="image/png")
