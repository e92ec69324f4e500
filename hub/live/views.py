"""The page with the big button, and what its script asks for."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contract.live import LONGEST_S, wav_header
from hub.live import desk
from hub.live.heard import hearings_of
from hub.live.models import LiveTalk
from hub.notices.errors import NotReadyError
from hub.office.access import for_staff

if TYPE_CHECKING:
    from hub.office.access import DeskRequest

SHOWN = 20


@require_safe
@for_staff
def page(request: DeskRequest) -> HttpResponse:
    """One big button, the areas to speak to, and the talks so far."""
    areas = _areas(request)
    talks = [
        {"talk": talk, "heard": hearings_of(talk), "names": _names(talk, dict(areas))}
        for talk in LiveTalk.objects.all()[: 5 * SHOWN]
        if _is_theirs(talk, dict(areas))
    ][:SHOWN]
    context = {"areas": areas, "talks": talks, "minutes": LONGEST_S // 60}
    return render(request, "live/live.html", context)


@require_POST
@for_staff
def begin(request: DeskRequest) -> HttpResponse:
    """Open a talk to the ticked areas."""
    try:
        talk = desk.open_talk(request.user, request.POST.getlist("areas"))
    except (PermissionDenied, NotReadyError) as error:
        return JsonResponse({"error": str(error)}, status=403)
    return JsonResponse(_state(talk, 0))


@require_POST
@for_staff
def sound(request: DeskRequest, talk_id: str) -> HttpResponse:
    """Sound from sample ``?at=N`` on, as µ-law bytes; without any, a sign of life."""
    talk = _own(request, talk_id)
    at = request.GET.get("at", "")
    if not at.isdecimal() or len(at) > 9:
        return JsonResponse({"error": _("请求不对，请刷新页面。")}, status=400)
    try:
        have = desk.feed(talk, int(at), request.body)
    except desk.TalkOverError as error:
        return JsonResponse({**_state(talk, talk.samples), "error": str(error)}, status=409)
    return JsonResponse(_state(talk, have))


@require_POST
@for_staff
def end(request: DeskRequest, talk_id: str) -> HttpResponse:
    """The speaker is done."""
    talk = _own(request, talk_id)
    desk.end_talk(talk, "speaker")
    return JsonResponse(_state(talk, talk.samples))


@require_safe
@for_staff
def recording(request: DeskRequest, talk_id: str) -> HttpResponse:
    """What was said, as a WAV file, for who may speak there."""
    talk = get_object_or_404(LiveTalk, pk=talk_id)
    if not _is_theirs(talk, dict(_areas(request))):
        raise PermissionDenied(_("只能听本辖区的录音。"))
    if talk.purged_at is not None:
        raise Http404(_("录音已按期删除。"))
    said = Path(talk.recording).read_bytes()
    answer = HttpResponse(wav_header(len(said)) + said, content_type="audio/wav")
    answer["Content-Disposition"] = f'inline; filename="{talk.pk}.wav"'
    return answer


def _areas(request: DeskRequest) -> list[tuple[str, str]]:
    areas = desk.areas_of(request.user)
    if not areas:
        raise PermissionDenied(_("直播喊话只能由村党组织书记和县、乡值班人员进行。"))
    return areas


def _is_theirs(talk: LiveTalk, areas: dict[str, str]) -> bool:
    return any(area in areas for area in talk.areas)


def _names(talk: LiveTalk, areas: dict[str, str]) -> list[str]:
    return [areas.get(area, area) for area in talk.areas]


def _own(request: DeskRequest, talk_id: str) -> LiveTalk:
    return get_object_or_404(LiveTalk, pk=talk_id, spoken_by=request.user)


def _state(talk: LiveTalk, have: int) -> dict[str, object]:
    left_s = (talk.ends_at - timezone.now()).total_seconds()
    return {
        "id": talk.pk,
        "have": have,
        "over": talk.ended_at is not None,
        "is_carried": desk.is_carried(talk),
        "reason": talk.end_words,
        "left_s": max(0, round(left_s)),
        "heard": [asdict(each) for each in hearings_of(talk)],
    }
