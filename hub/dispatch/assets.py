"""Large files for boxes: ``GET /b/<sha256>``, resumable, named by content.

Only what a notice in force refers to is given out. The name is a hash that the signed manifest
carries, so nobody can guess one, and a box checks what it got.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from hub.sealing.models import AssetBlob, AssetUse, SealedNotice

if TYPE_CHECKING:
    from django.http import HttpRequest

_RANGE = re.compile(r"bytes=(\d{1,12})-", re.ASCII)


@require_safe
def asset(request: HttpRequest, sha256: str) -> HttpResponse:
    """One file, or what is left of it behind ``Range: bytes=N-``."""
    blob = AssetBlob.objects.filter(sha256=sha256).first()
    if blob is None or not _is_in_force(sha256):
        raise Http404
    body = bytes(blob.body)
    found = _RANGE.fullmatch(request.headers.get("Range", ""))
    start = int(found[1]) if found else 0
    if found and start >= len(body):
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
    answer = HttpResponse(body[start:], status=206 if found else 200, content_type=blob.mime)
    answer["ETag"] = f'"{sha256}"'
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, immutable, max-age=31536000"
    answer["Content-Security-Policy"] = "sandbox"
    if found:
        answer["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
    return answer


def _is_in_force(sha256: str) -> bool:
    uses = AssetUse.objects.filter(asset_id=sha256).values_list("notice_id", "revision")
    return any(
        SealedNotice.objects.filter(notice_id=key, revision=number, in_force=True).exists()
        for key, number in uses
    )
