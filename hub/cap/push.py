"""``POST /cap/v1``: a configured sender pushes one CAP message, with its token."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hub.cap.desk import apply_rules
from hub.cap.errors import SourcesFileError
from hub.cap.models import Road, Verdict
from hub.cap.reading import MAX_BYTES
from hub.cap.sources import by_token, read_sources
from hub.cap.taking import take

if TYPE_CHECKING:
    from django.http import HttpRequest

_log = logging.getLogger(__name__)
_STATUS = {Verdict.TAKEN: 202, Verdict.IGNORED: 200, Verdict.REFUSED: 422}


@csrf_exempt  # a machine has no session; its token is its right to speak
@require_POST
def push(request: HttpRequest) -> JsonResponse:
    """Take one message; 202 taken, 200 nothing to do, 401 no token, 413 too large, 422 refused."""
    try:
        sources = read_sources(settings.DATA.root)
    except SourcesFileError as error:
        _log.error("%s", error)
        return _answer("not_configured", "本县的接收设置有误，请告诉县里", 503)
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    source = by_token(sources, token.strip()) if kind == "Bearer" else None
    if source is None:
        answer = _answer("token", "令牌不对 / Authorization: Bearer TOKEN", 401)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    data = request.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        return _answer("too_large", f"报文太大，上限 {MAX_BYTES} 字节", 413)
    row = take(data, source, Road.PUSH)
    released = apply_rules(timezone.now())
    body = {
        "code": row.verdict,
        "message": row.reason,
        "alert_id": row.alert_id,
        "times": row.times,
        "released": [each.alert_id for each in released],
    }
    return JsonResponse(body, status=_STATUS[Verdict(row.verdict)])


def _answer(code: str, message: str, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
