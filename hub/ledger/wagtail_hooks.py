"""Where the airing log enters the back office: its address, and a line in the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from hub.ledger.views import airing_log
from hub.places.posts import posts_of

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern


@hooks.register("register_admin_urls")
def register_addresses() -> list[URLPattern]:
    """``/admin/airing/``."""
    return [path("airing/", airing_log, name="airing-log")]


@hooks.register("construct_main_menu", order=1100)
def set_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """Behind the deliveries."""
    if posts_of(request.user):
        address = reverse("airing-log")
        items.append(MenuItem(_("播出台账"), address, name="airing", icon_name="history", order=55))
        items.sort(key=lambda item: item.order)
