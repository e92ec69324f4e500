"""Where the tree of hubs enters the back office; only for a hub that has one above or below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from hub.places.posts import is_supervisor
from hub.relay.models import Child, Parent
from hub.relay.views import hubs

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern


@hooks.register("register_admin_urls")
def register_addresses() -> list[URLPattern]:
    """``/admin/hubs/``."""
    return [path("hubs/", hubs, name="hubs")]


@hooks.register("construct_main_menu", order=1110)
def set_menu(request: HttpRequest, items: list[MenuItem]) -> None:
    """Behind the airing log."""
    if is_supervisor(request.user) and (Parent.objects.exists() or Child.objects.exists()):
        address = reverse("hubs")
        items.append(MenuItem(_("上下级平台"), address, name="hubs", icon_name="site", order=57))
        items.sort(key=lambda item: item.order)
