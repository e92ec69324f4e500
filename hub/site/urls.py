"""Addresses: the phone pages (``/`` leads to them), the back office and its uploaded media."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from django.views.static import serve
from wagtail.admin import urls as admin_urls
from wagtail.admin.auth import require_admin_access

from hub.cap.push import push as push_cap
from hub.dispatch.assets import asset
from hub.enrol.views import enrol
from hub.health.views import healthz, metrics
from hub.office.views.account import Account
from hub.phone import urls as phone_urls

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


@login_required(login_url="wagtailadmin_login")
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Uploaded pictures, for people of the back office; villagers get sealed assets."""
    return serve(request, path, document_root=str(settings.MEDIA_ROOT))


urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="phone-home", permanent=False)),
    path("enrol/v1", enrol),
    path("cap/v1", push_cap, name="cap-push"),
    path("b/<str:sha256>", asset),
    path("healthz", healthz),
    path("metrics", metrics),
    path("favicon.ico", RedirectView.as_view(url="/static/office/mark.svg", permanent=True)),
    path("admin/account/", require_admin_access(Account.as_view())),
    path("admin/", include(admin_urls)),
    path("", include(phone_urls)),
    path("media/<path:path>", media, name="media"),
]
