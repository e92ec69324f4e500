"""Who reads which slips, and answering one.

A complaint may be about the village itself, so only town and county read it; everything else is
answered by the village's own people or above them.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contract.feedback import Answer
from contract.messages import seal_message
from contract.sealing import close_with_code, slip_context
from hub.feedback.models import SlipAnswer
from hub.feedback.opening import open_slip
from hub.ledger.models import FeedbackSlip
from hub.notices.errors import NotReadyError, NotYourStepError
from hub.places.models import SUPERVISORS
from hub.places.posts import posts_of
from hub.sealing.seal import keyring

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

DUE = timedelta(days=2)
LONGEST_CHARS = 1000
_HIDDEN_FROM_VILLAGE = ("complaint",)


def slips_of(user: User | AnonymousUser) -> QuerySet[FeedbackSlip]:
    """The slips that a person may read, newest first."""
    above: list[str] = []
    own: list[str] = []
    for post in posts_of(user):
        (above if post.role in SUPERVISORS else own).append(post.place.code)
    found = FeedbackSlip.objects.none()
    for code in above:
        found |= FeedbackSlip.objects.filter(village__startswith=code)
    for code in own:
        found |= FeedbackSlip.objects.filter(village__startswith=code).exclude(
            kind__in=_HIDDEN_FROM_VILLAGE
        )
    return found.select_related("box", "answer").order_by("-at")


def waiting_for(user: User | AnonymousUser) -> int:
    """How many slips wait for an answer that this person may give."""
    return slips_of(user).filter(answer=None).count()


@transaction.atomic
def give_answer(user: User, slip: FeedbackSlip, text: str) -> SlipAnswer:
    """Sign the answer to a slip; the dispatcher sends it until the box says that it has it.

    Raises:
        NotYourStepError: the person may not read this slip.
        NotReadyError: no text, too long a text, or a slip that cannot be opened.
    """
    if not slips_of(user).filter(pk=slip.pk).exists():
        raise NotYourStepError(_("这张单子不归您办理。"))
    words = text.strip()
    if not 1 <= len(words) <= LONGEST_CHARS:
        raise NotReadyError([_("请写一到一千个字的答复。")])
    opened = open_slip(slip)
    if opened is None or not opened.code:
        raise NotReadyError([_("这张单子打不开或没有查询码，请电话或上门答复。")])
    now = timezone.now()
    office = _office_of(user, slip)
    is_here = slip.box_id is None  # a phone asks the hub itself: there is nothing to send
    facts = {
        "text": words, "office": office, "answered_by": user, "at": now,
        "body": b"" if is_here else _for_box(slip, opened.code, words, office, now),
        "stored_at": now if is_here else None, "read_at": None,
    }  # fmt: skip
    found, _created = SlipAnswer.objects.update_or_create(slip=slip, defaults=facts)
    return found


def _for_box(slip: FeedbackSlip, code: str, words: str, office: str, now: datetime) -> bytes:
    """The signed answer as the box gets it, its words closed with the slip's own code."""
    closed = close_with_code(code, words.encode("utf-8"), slip_context(slip.slip, slip.origin))
    answer = Answer(
        slip=slip.slip,
        text="",
        answered_by=office,
        at=now,
        box=slip.origin,
        closed_b64=base64.b64encode(closed).decode("ascii"),
    )
    return seal_message(answer, keyring().target)


def _office_of(user: User, slip: FeedbackSlip) -> str:
    """The place and post that answer, nearest to the village."""
    posts = [post for post in posts_of(user) if slip.village.startswith(post.place.code)]
    nearest = max(posts, key=lambda post: len(post.place.code))
    return f"{nearest.place.title} {nearest.get_role_display()}"
