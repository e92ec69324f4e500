"""How often one address may ask: a village shares an address, so the bounds are generous."""

from __future__ import annotations

import hashlib
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

from django.core.cache import cache
from django.shortcuts import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")
WINDOW_S = 60


def is_too_often(kind: str, who: str, at_most: int, window_s: int = WINDOW_S) -> bool:
    """Count one more of a kind; whether it is beyond what is allowed in the window."""
    digest = hashlib.sha256(who.encode()).hexdigest()[:24]
    key = f"phone-{kind}-{digest}"
    if cache.add(key, 1, window_s):
        return at_most < 1
    try:
        return cache.incr(key) > at_most
    except ValueError:  # it ran out between the two
        return False


def limited(
    kind: str, at_most: int, window_s: int = WINDOW_S, method: str = "GET"
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Answer with 429 and a sentence when one address asks more than that within the window."""

    def around(
        view: Callable[Concatenate[HttpRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def counted(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            address = request.META.get("REMOTE_ADDR", "")
            if request.method == method and is_too_often(kind, address, at_most, window_s):
                minutes = -(-window_s // 60)
                answer = render(request, "phone/too_often.html", {"minutes": minutes}, status=429)
                answer["Retry-After"] = str(window_s)
                return answer
            return view(request, *args, **kwargs)

        return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", counted)

    return around
