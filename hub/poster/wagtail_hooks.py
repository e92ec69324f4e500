"""Where printing enters the back office: its addresses and its line in the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import include, path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from hub.places.posts import posts_of
from hub.poster import urls

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLResolver


@hooks.register("register_admin_urls")
def register_addresses() -> list[URLResolver]:
    """Our pages beside the desk's own."""
    return [path("desk/", include(urls))]


@hooks.register("construct_main_menu", order=2000)
def add_to_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """Printing, behind the list of notices, for whoever holds a post."""
    if posts_of(request.user):
        items.append(
            MenuItem(
                _("打印张贴"),
                reverse("poster-desk"),
                name="print",
                icon_name="clipboard-list",
                order=35,
            )
        )
