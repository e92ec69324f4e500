"""Refuses addresses with a NUL character: nothing of ours has one, and PostgreSQL stores none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponseNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase


class OddAddressMiddleware:
    """Answers 404 before any view or query sees the address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on, or refuse it."""
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseNotFound("没有这个网址 no such address")
        return self._get_response(request)
