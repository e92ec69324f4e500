"""Guessing passwords is slowed: too many failures for one name or address, and the door waits."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.core.cache import cache
from django.dispatch import receiver
from django.shortcuts import render
from django.urls import reverse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

_log = logging.getLogger(__name__)


class LoginThrottleMiddleware:
    """Answers a login attempt with 429 once a name or an address failed too often."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let the request through unless it is one login attempt too many."""
        if request.method == "POST" and request.path == reverse("wagtailadmin_login"):
            name = request.POST.get("username", "")
            counts = cache.get_many(_keys(name, request)).values()
            if any(count >= settings.LOGIN_FAILURES_ALLOWED for count in counts):
                minutes = settings.LOGIN_FAILURE_WINDOW_S // 60
                page = "office/too_many_logins.html"
                return render(request, page, {"minutes": minutes}, status=429)
        return self._get_response(request)


def _keys(name: str, request: HttpRequest) -> list[str]:
    """Cache keys of a login name and of the address it was tried from."""
    address = request.META.get("REMOTE_ADDR", "")
    digest = hashlib.sha256(name.strip().casefold().encode()).hexdigest()[:32]
    return [f"login-failures:name:{digest}", f"login-failures:address:{address}"]


@receiver(user_login_failed)
def _count_failure(
    sender: object,  # noqa: ARG001 - Django's signal names it
    credentials: dict[str, str],
    request: HttpRequest | None = None,
    **_: object,
) -> None:
    if request is None:
        return
    for key in _keys(credentials.get("username", ""), request):
        cache.add(key, 0, settings.LOGIN_FAILURE_WINDOW_S)
        cache.incr(key)
    _log.warning("a login failed")


@receiver(user_logged_in)
def _forget_failures(
    sender: object,  # noqa: ARG001 - Django's signal names it
    request: HttpRequest | None,
    user: object,
    **_: object,
) -> None:
    if request is not None:
        cache.delete_many(_keys(getattr(user, "username", ""), request))
