"""Where live speech enters the back office: its addresses, and a line in the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from hub.live import views
from hub.live.desk import posts_that_speak

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLResolver

URLS = [
    path("", views.page, name="live"),
    path("begin/", views.begin, name="live-begin"),
    path("<slug:talk_id>/sound/", views.sound, name="live-sound"),
    path("<slug:talk_id>/end/", views.end, name="live-end"),
    path("<slug:talk_id>.wav", views.recording, name="live-recording"),
]


@hooks.register("register_admin_urls")
def register_addresses() -> list[URLResolver]:
    """Our pages under ``/admin/live/``."""
    return [path("live/", include(URLS))]


@hooks.register("construct_main_menu", order=1100)
def set_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """For who may speak; behind the hook that makes the rest of the menu."""
    if posts_that_speak(request.user):
        items.append(
            MenuItem(_("直播喊话"), reverse("live"), name="live", icon_name="media", order=25)
        )
        items.sort(key=lambda item: item.order)
