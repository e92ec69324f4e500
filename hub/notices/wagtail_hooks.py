"""Where the pages of own recordings enter the back office."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path
from wagtail import hooks

from hub.notices.recording_views import recordings, sound

if TYPE_CHECKING:
    from django.urls import URLPattern


@hooks.register("register_admin_urls")
def register_addresses() -> list[URLPattern]:
    """``/admin/recordings/…``."""
    return [
        path("recordings/<int:pk>/", recordings, name="own-recordings"),
        path("recordings/<int:pk>/<str:sha256>.opus", sound, name="own-recording"),
    ]
