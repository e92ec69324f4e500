"""The tree of hubs on a page: the hub above, the hubs below, how far each word of ours has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.office.access import for_staff
from hub.places.posts import is_supervisor
from hub.relay.models import Child, ChildDelivery, HeardLayer, Parent
from hub.sealing.models import SealedNotice

if TYPE_CHECKING:
    from django.http import HttpResponse

    from hub.office.access import DeskRequest

SHOWN = 100


@require_safe
@for_staff
def hubs(request: DeskRequest) -> HttpResponse:
    """``/admin/hubs/``, for supervisors."""
    if not is_supervisor(request.user):
        raise PermissionDenied(_("上下级平台只供县、乡干部查看。"))
    from_above = SealedNotice.objects.filter(in_force=True).exclude(sealed_by="")
    context = {
        "parent": Parent.objects.first(),
        "layers": HeardLayer.objects.exclude(body=b"").defer("body"),
        "items": from_above.defer("body").order_by("-pk")[:SHOWN],
        "children": Child.objects.filter(dismissed_at=None),
        "deliveries": ChildDelivery.objects.select_related("child").order_by(
            "-said_at", "-item_id"
        )[:SHOWN],
    }
    return render(request, "relay/hubs.html", context)
