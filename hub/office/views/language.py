"""Switching between Chinese and English, kept with the account and in a cookie for the login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST
from wagtail.users.models import UserProfile

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

YEAR_S = 365 * 86_400


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Take the language that was asked for and go back to where one was."""
    code = request.POST.get("language", "")
    back = request.POST.get("next", "/admin/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/admin/"
    response: HttpResponse = redirect(back)
    if code in dict(settings.LANGUAGES):
        if request.user.is_authenticated:
            UserProfile.objects.update_or_create(
                user=request.user, defaults={"preferred_language": code}
            )
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, code, max_age=YEAR_S, samesite="Lax", httponly=True
        )
    return response
