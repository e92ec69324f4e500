"""Who may open the back office's own pages: people with an account that may enter it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from wagtail.admin.auth import require_admin_access

from hub.notices.errors import NotReadyError
from hub.notices.guard import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.models import User

P = ParamSpec("P")


class DeskRequest(HttpRequest):
    """A request by somebody who is logged in."""

    user: User


def for_staff(
    view: Callable[Concatenate[DeskRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only for people who may enter the back office; others are sent to the login.

    What the desk refuses is answered with 403 and its sentence; Wagtail would redirect.
    """

    @wraps(view)
    def logged_in(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(cast("DeskRequest", request), *args, **kwargs)
        except NotReadyError as error:
            return refused(request, str(error), status=400)
        except PermissionDenied as error:
            return refused(request, str(error))

    guarded: Callable[Concatenate[HttpRequest, P], HttpResponse] = require_admin_access(logged_in)
    return guarded
