"""The preview modes of the editor: panel, loudspeaker, query screen."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.preview.led import panel_view
from hub.preview.speech import words_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from hub.notices.models import NoticePage

PREVIEW_MODES = [
    ("kiosk", _("查询机")),
    ("led", _("电子屏")),
    ("speaker", _("大喇叭")),
]


def render_preview(page: NoticePage, request: HttpRequest, mode: str) -> HttpResponse:
    """One preview as a page for the editor's side panel; shows what the gate would leave."""
    from hub.notices import gate  # noqa: PLC0415 - notices import this list of modes
    from hub.notices.to_contract import to_notice  # noqa: PLC0415 - as above

    if not page.notice_id:
        page.notice_id = "preview"
    found = gate.clean(page)
    notice = to_notice(page, 1, timezone.now())
    context: dict[str, object] = {"notice": notice, "village": page.village, "gate": found}
    if mode == "led":
        view = panel_view(notice, str(page.village))
        context["pictures"] = [base64.b64encode(each).decode("ascii") for each in view.pictures]
        context["panel"] = view
    elif mode == "speaker":
        context["words"] = words_of(notice)
    return render(request, f"preview/{mode}.html", context)
