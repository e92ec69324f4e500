"""``POST /enrol/v1``: the one door by which a box without a certificate may speak to the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from contract import codec, wire
from contract.enrolment import EnrolQuestion
from contract.errors import ContractError
from hub.enrol.tickets import EnrolmentRefusedError, answer

if TYPE_CHECKING:
    from django.http import HttpRequest

MAX_QUESTION_BYTES = 64 * 1024


@csrf_exempt  # a box has no session; the ticket's proof is its right to speak
@require_POST
def enrol(request: HttpRequest) -> HttpResponse:
    """Answer a box's question, or say in one word and one sentence why not."""
    try:
        data = wire.loads(request.read(MAX_QUESTION_BYTES + 1), max_bytes=MAX_QUESTION_BYTES)
        found = answer(codec.decode(EnrolQuestion, data))
    except EnrolmentRefusedError as error:
        return JsonResponse({"code": error.code, "message": str(error)}, status=error.status)
    except ContractError as error:
        return JsonResponse({"code": "bad_request", "message": str(error)}, status=400)
    return HttpResponse(wire.dumps(codec.encode(found)), content_type="application/json")
