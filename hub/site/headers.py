"""Security headers that Django does not set itself: the content security policy.

Wagtail's back office writes a few inline scripts and styles; there they are allowed. The
pages a villager opens carry none and get the strict policy. Nothing may come from elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

_COMMON = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none';"
    " base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
STRICT = f"{_COMMON}; script-src 'self'; style-src 'self'"
BACK_OFFICE = f"{_COMMON}; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"


class ContentPolicyMiddleware:
    """Puts the policy on every answer that does not bring its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request and add the headers."""
        response = self._get_response(request)
        policy = BACK_OFFICE if request.path.startswith("/admin/") else STRICT
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=()")
        return response
