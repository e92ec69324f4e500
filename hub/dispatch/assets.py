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

_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})", re.ASCII)


@require_safe
def asset(request: HttpRequest, sha256: str) -> HttpResponse:
    """One file, or the part of it that ``Range`` asks for (RFC 9110, one range)."""
    blob = AssetBlob.objects.filter(sha256=sha256).first()
    if blob is None or not _is_in_force(sha256):
        raise Http404
    etag = f'"{sha256}"'
    if request.headers.get("If-None-Match") in (etag, "*"):
        return _named(HttpResponse(status=304), etag)
    body = bytes(blob.body)
    part = None
    if request.headers.get("If-Range", etag) == etag:
        part = _part(request.headers.get("Range", ""), len(body))
    if part is None:
        return _named(HttpResponse(body, content_type=blob.mime), etag)
    if not part:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{len(body)}"})
    answer = HttpResponse(body[part.start : part.stop], status=206, content_type=blob.mime)
    answer["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(body)}"
    return _named(answer, etag)


def _part(asked: str, size: int) -> range | None:
    """The bytes that a ``Range`` header names; empty when there are none, None without a range."""
    found = _RANGE.fullmatch(asked)
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:  # the last so many bytes
        return range(max(0, size - int(found[2])), size)
    if found[2] and int(found[2]) < int(found[1]):
        return None
    last = int(found[2]) if found[2] else size - 1
    return range(int(found[1]), min(last + 1, size))


def _named(answer: HttpResponse, etag: str) -> HttpResponse:
    answer["ETag"] = etag
    answer["Accept-Ranges"] = "bytes"
    answer["Cache-Control"] = "private, immutable, max-age=31536000"
    answer["Content-Security-Policy"] = "sandbox"
    return answer


def _is_in_force(sha256: str) -> bool:
    uses = AssetUse.objects.filter(asset_id=sha256).values_list("notice_id", "revision")
    return any(
        SealedNotice.objects.filter(notice_id=key, revision=number, in_force=True).exists()
        for key, number in uses
    )
