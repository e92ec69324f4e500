"""A notice's pictures for phones: small, upright, without camera data."""

from __future__ import annotations

import io
from itertools import islice
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from PIL import Image, ImageOps
from wagtail.images import get_image_model

from hub.notices import content
from hub.notices.models import NoticePage
from hub.phone.notice import newest_of
from hub.phone.shown import shown_of

if TYPE_CHECKING:
    from django.http import HttpRequest

MAX_PX = (720, 1080)
QUALITY = 60
BYTES_MAX = 60_000
KEPT_S = 600


@require_safe
def picture(request: HttpRequest, notice_id: str, number: int) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Picture ``number`` (from 1) of the edition in force, as JPEG of at most 60 KB."""
    page = get_object_or_404(NoticePage, notice_id=notice_id)
    newest = newest_of(page)
    if newest is None or not shown_of(newest).is_open:
        raise Http404
    found = [
        block["value"]["image"]
        for block in content.raw_body(newest.revision.as_object())
        if block["type"] == "picture"
    ]
    image_id = next(islice(found, number - 1, None), None) if number > 0 else None
    if image_id is None:
        raise Http404
    key = f"phone-picture-{image_id}"
    body = cache.get(key)
    if body is None:
        with get_object_or_404(get_image_model(), pk=image_id).file.open("rb") as file:
            body = small(file.read())
        cache.set(key, body, KEPT_S)
    answer = HttpResponse(body, content_type="image/jpeg")
    answer["Cache-Control"] = "private, max-age=600"
    answer["Content-Security-Policy"] = "sandbox"
    return answer


def small(original: bytes) -> bytes:
    """The picture drawn anew, at most 720 px wide, coarser until it weighs at most 60 KB."""
    with Image.open(io.BytesIO(original)) as source:
        drawn = ImageOps.exif_transpose(source).convert("RGB")
    drawn.thumbnail(MAX_PX)
    body = b""
    for quality in (QUALITY, 45, 30, 20):
        out = io.BytesIO()
        drawn.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        body = out.getvalue()
        if len(body) <= BYTES_MAX:
            break
    return body
