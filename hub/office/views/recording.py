"""The recording as the village will hear it, for those who decide on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hub.emergency.models import Emergency
from hub.notices import gate
from hub.notices.to_contract import to_notice
from hub.office.access import for_staff
from hub.office.templatetags.loudspeaker import recordings
from hub.office.views.notice import shown, visible
from hub.places.posts import is_supervisor

if TYPE_CHECKING:
    from hub.office.access import DeskRequest


@require_safe
@for_staff
def of_notice(request: DeskRequest, pk: int) -> HttpResponse:
    """The recording of the text that the dossier shows to this person."""
    text = shown(request.user, visible(request.user, pk))
    gate.clean(text)
    speech = to_notice(text, 1, timezone.now()).speech
    return _sound(speech.text if speech else "")


@require_safe
@for_staff
def of_emergency(request: DeskRequest, pk: int) -> HttpResponse:
    """The recording of an emergency, for town and county."""
    if not is_supervisor(request.user):
        raise PermissionDenied(_("紧急发布只能由县、乡值班人员进行。"))
    return _sound(get_object_or_404(Emergency, pk=pk).spoken)


def _sound(text: str) -> HttpResponse:
    found = recordings().known(text) if text else None
    if found is None:
        raise Http404
    return HttpResponse(
        found.body, content_type=found.mime, headers={"Cache-Control": "private, no-store"}
    )
