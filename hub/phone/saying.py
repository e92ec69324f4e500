"""What a villager says on a phone: closed at once, numbered, and its answer read with a code.

The words go into the county's one feedback desk (`hub.feedback`), sealed with the key that the
boxes seal with: the database holds no readable word of them. The receipt number and the code
are shown once; both are asked for by post, so that neither stands in an address or a log.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from contract.plain_text import without_unsafe
from contract.sealing import seal_for, slip_context
from hub.enrol.feedback_key import feedback_key
from hub.feedback.desk import DUE
from hub.feedback.opening import open_slip
from hub.ledger.models import PHONE, FeedbackSlip
from hub.phone.frame import missing, page, place_of, unlisted
from hub.phone.limits import is_too_often, limited
from hub.phone.models import Entry

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from hub.feedback.models import SlipAnswer

KINDS = {
    "question": "咨询",
    "correction": "公示有错",
    "help_find": "没找到，请人帮找",
    "complaint": "投诉举报",
}
LONGEST_CHARACTERS = 1000
PHONE_NUMBER = re.compile(r"[\d+ -]{5,20}", re.ASCII)
A_DAY_S = 86_400
SLIPS_A_DAY_AND_PLACE = 300
FORM_KEPT_S = 3600
TRIES_A_NUMBER = 5
TRIES_WINDOW_S = 600
_DRAWS = 8


@require_http_methods(["GET", "HEAD", "POST"])
@limited("say", 10, 600, method="POST")
def say(request: HttpRequest, code: str) -> HttpResponse:
    """The form; and, once it is sent, the receipt."""
    place = place_of(code)
    if place is None:
        return missing(request)
    about = _clean(request.GET.get("about", "") or request.POST.get("about", ""))
    entry = Entry.objects.shown().within(code).filter(page__notice_id=about[:64]).first()
    said = {name: _clean(request.POST.get(name, "")) for name in ("kind", "text", "phone")}
    fault = _fault(request, said) if request.method == "POST" else ""
    if request.method != "POST" or fault:
        form = {
            "kinds": KINDS, "fault": fault, "entry": entry, "longest": LONGEST_CHARACTERS,
            "said": said if fault else {"kind": request.GET.get("kind", "")},
            "form": secrets.token_urlsafe(18),
        }  # fmt: skip
        return unlisted(page(request, "say", place, status=400 if fault else 200, **form))
    form_key = f"phone-form-{request.POST.get('form', '')[:40]}"
    receipt = cache.get(form_key)
    if receipt is None:
        if is_too_often("place", code, SLIPS_A_DAY_AND_PLACE, A_DAY_S):
            return unlisted(page(request, "too_often", place, status=429, minutes=60))
        receipt = _take(code, said, entry.page.notice_id if entry else "")
        cache.set(form_key, receipt, FORM_KEPT_S)
    number, secret = receipt
    days = DUE.days
    return unlisted(page(request, "receipt", place, number=number, secret=secret, days=days))


def _clean(text: str) -> str:
    return without_unsafe(text[: 4 * LONGEST_CHARACTERS]).strip()


def _fault(request: HttpRequest, said: dict[str, str]) -> str:
    """What is wrong with the form, in a sentence that says what to do; empty if nothing is."""
    if request.POST.get("website"):
        return "没有收下，请重新填写。"
    if said["kind"] not in KINDS:
        return "请选一下是哪一类。"
    if len(said["text"]) < 2:
        return "请写几个字，说清楚是什么事。"
    if len(said["text"]) > LONGEST_CHARACTERS:
        return f"写得太长了，请缩到{LONGEST_CHARACTERS}字以内。"
    if said["phone"] and PHONE_NUMBER.fullmatch(said["phone"]) is None:
        return "电话号码请只写数字；不想留可以空着。"
    return ""


def _take(code: str, said: dict[str, str], notice_id: str) -> tuple[str, str]:
    """Seal and store; the number and the code of the receipt.

    Raises:
        IntegrityError: no free number was drawn, which does not happen by chance.
    """
    public = feedback_key(settings.DATA.keys).public_key().public_bytes_raw()
    secret = f"{secrets.randbelow(10**6):06d}"
    words = json.dumps({"text": said["text"], "phone": said["phone"], "code": secret})
    for draw in range(_DRAWS):
        number = f"SJ-{1000 + secrets.randbelow(9000)}-{secrets.randbelow(10**4):04d}"
        sealed = seal_for(public, words.encode(), slip_context(number, PHONE))
        try:
            with transaction.atomic():
                FeedbackSlip.objects.create(
                    box=None,
                    village=code,
                    slip=number,
                    kind=said["kind"],
                    notice_id=notice_id,
                    at=timezone.now(),
                    sealed_b64=base64.b64encode(sealed).decode("ascii"),
                )
        except IntegrityError:
            if draw == _DRAWS - 1:
                raise
        else:
            break
    return number, secret


@require_http_methods(["GET", "HEAD", "POST"])
@limited("slip", 20, TRIES_WINDOW_S, method="POST")
def slip(request: HttpRequest) -> HttpResponse:
    """How far a slip is, for whoever has its number and its code."""
    if request.method != "POST":
        return unlisted(page(request, "slip", None))
    number = _clean(request.POST.get("number", ""))[:40].upper()
    secret = re.sub(r"\s", "", request.POST.get("code", "")[:20])
    if is_too_often("slip-number", number, TRIES_A_NUMBER, TRIES_WINDOW_S):
        return unlisted(page(request, "too_often", None, status=429, minutes=10))
    found = _opened(number, secret)
    if found is None:
        return unlisted(page(request, "slip", None, status=404, is_wrong=True, number=number))
    answer: SlipAnswer | None = getattr(found, "answer", None)
    if answer is not None and answer.read_at is None and found.box_id is None:
        answer.read_at = timezone.now()
        answer.save(update_fields=["read_at"])
    place = place_of(found.village)
    kind = KINDS.get(found.kind, "")
    told = page(request, "slip", place, slip=found, kind=kind, answer=answer, due=found.at + DUE)
    return unlisted(told)


def _opened(number: str, secret: str) -> FeedbackSlip | None:
    """The slip with that number whose own code this is; also one from a query screen."""
    for each in FeedbackSlip.objects.filter(slip=number).select_related("answer", "box")[:8]:
        opened = open_slip(each)
        if opened is not None and opened.code and hmac.compare_digest(
            opened.code.encode(), secret.encode()
        ):  # fmt: skip
            return each
    return None
