"""``/healthz`` for whoever watches the machine, ``/metrics`` for Prometheus with its token."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from hub.health import workers
from hub.health.figures import exposition

if TYPE_CHECKING:
    from django.http import HttpRequest

TOKEN = "metrics-token"  # noqa: S105 - the name of a file below keys/, not a secret


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 when database, dispatcher and broker work; otherwise 503 with the faults' codes."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        faults = workers.faults()
    except DatabaseError:
        faults = ["no_database"]
    return JsonResponse({"ok": not faults, "faults": faults}, status=503 if faults else 200)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures, for ``Authorization: Bearer`` with what stands in ``keys/metrics-token``."""
    wanted = f"Bearer {settings.DATA.secret(TOKEN)}"
    if not secrets.compare_digest(
        request.headers.get("Authorization", "").encode(), wanted.encode()
    ):
        return HttpResponse("keys/metrics-token\n", status=401, content_type="text/plain")
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
