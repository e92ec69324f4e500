"""Composing and releasing an emergency: two officers, each inside the area of their own post."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contract import plain_text
from contract.areas import Area
from contract.errors import ContractError
from hub.emergency.models import Emergency, Level
from hub.intake.dates import parse_moment
from hub.notices.audience import parse_groups
from hub.notices.drafts import ImportRefusedError, checked
from hub.notices.errors import NotReadyError, NotYourStepError
from hub.places.models import SUPERVISORS, VillagePage
from hub.places.posts import posts_of
from hub.sealing.models import OutboxKind, OutboxRow
from hub.sealing.publishing import unknown_to_boxes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.contrib.auth.models import User

    from hub.intake.notices import NoticeDraft

_log = logging.getLogger(__name__)
_LEVELS = {str(level.label): level for level in Level}


def may_command(user: User, areas: list[str]) -> None:
    """Pass if the person may alarm all these areas.

    Raises:
        NotYourStepError: no post at a town or the county, or an area outside it.
        NotReadyError: no area, or text that is no area code.
    """
    if not areas:
        raise NotReadyError([_("还没有选发到哪里。")])
    try:
        wanted = [Area.parse(area) for area in areas]
    except ContractError as error:
        raise NotReadyError([_("区划代码不对：%(error)s") % {"error": error}]) from error
    own = [post.place.area for post in posts_of(user) if post.role in SUPERVISORS]
    if not all(any(place.covers(area) for place in own) for area in wanted):
        raise NotYourStepError(_("紧急发布只能由县、乡值班人员在本辖区内进行。"))


def compose(user: User, emergency: Emergency) -> Emergency:
    """The first person writes it.

    Raises:
        NotYourStepError, NotReadyError: see `may_command`; or the text or dates are not right,
            or the number is in use.
    """
    may_command(user, emergency.areas)
    emergency.composed_by = user
    if emergency.expires_at <= emergency.issued_at:
        raise NotReadyError([_("失效时间早于发布时间，请改正。")])
    if emergency.msg_type != "Alert" and not emergency.references:
        raise NotReadyError([_("更新或解除预警时，要写明针对哪个预警编号。")])
    _check_texts(emergency)
    try:
        emergency.full_clean(exclude=["released_by", "released_at", "references"])
    except ValidationError as error:
        raise NotReadyError(error.messages) from error
    emergency.save()
    return emergency


def _check_texts(emergency: Emergency) -> None:
    """No hidden order, no control characters, nothing empty in what frightens people."""
    texts = (
        (emergency.title, plain_text.TITLE),
        (emergency.summary, plain_text.SUMMARY),
        (emergency.speech, plain_text.SPEECH),
        (emergency.body, plain_text.SPEECH),
    )
    faults = [
        fault.zh
        for text, bounds in texts
        for fault in plain_text.inspect(text, bounds).faults
        if fault.level is plain_text.Level.REFUSE
    ]
    if faults:
        raise NotReadyError(list(dict.fromkeys(faults)))


@transaction.atomic
def release_alert(user: User, emergency: Emergency) -> OutboxRow:
    """A second person releases it; it is sealed with both keys and sent at once.

    Raises:
        NotYourStepError: the same person, or not their area; NotReadyError: released or over.
    """
    locked = Emergency.objects.select_for_update().get(pk=emergency.pk)
    if locked.is_released:
        raise NotReadyError([_("已经发出，不能再发一次。")])
    if locked.composed_by_id == user.pk:
        raise NotYourStepError(_("紧急发布要两个人：请另一位值班人员核对后发出。"))
    if locked.overtaken_by:
        raise NotReadyError([_("发送单位已用后来的报文取代或解除了它，不能再发。")])
    may_command(user, locked.areas)
    if locked.expires_at <= timezone.now():
        raise NotReadyError([_("已过失效时间，不能再发。")])
    unknown = unknown_to_boxes((locked.composed_by.username, user.username))
    if unknown:
        said = _("终端还不认识这些人的签名密钥：%(who)s。请换人，或先更新密钥集。")
        raise NotReadyError([said % {"who": "、".join(unknown)}])
    locked.released_by, locked.released_at = user, timezone.now()
    locked.save()
    _log.info("emergency %s released", locked.alert_id)
    return OutboxRow.objects.create(
        kind=OutboxKind.ALERT,
        notice_id=locked.alert_id,
        revision=1,
        emergency_id=locked.pk,
    )


def draft_from_import(
    user: User, form: Mapping[str, Any], village: VillagePage, *, now: datetime | None = None
) -> Emergency:
    """An emergency from a notice of kind ``emergency`` in the exchange form.

    Args:
        user: the officer who composes it.
        form: the notice, with its ``emergency`` part.
        village: to whose groups it speaks.
        now: if given, it is dated as if it were issued now.

    Raises:
        ImportRefusedError: the form cannot be read.
    """
    draft = checked(form)
    form = draft.data
    part = form.get("emergency")
    if not isinstance(part, dict):
        raise ImportRefusedError("缺少 emergency 部分 / no emergency part")
    issued, expires = _lifetime(part, draft)
    if now is not None:
        issued, expires = now, now + max(expires - issued, timedelta(minutes=1))
    cancels = str(part.get("cancels", ""))
    notice_id = str(form.get("id", ""))
    emergency = Emergency(
        alert_id=str(part.get("cap_id") or f"{village.code[:6]}-{notice_id}"),
        notice_id=notice_id,
        msg_type="Cancel" if cancels or form.get("urgency") == "cancel" else "Alert",
        references=[cancels] if cancels else [],
        event=str(part.get("type", "")),
        level=_LEVELS.get(str(part.get("level", "")), Level.BLUE),
        issuer=str(part.get("issuer", "")),
        title=str(form.get("title", "")),
        summary=str(form.get("summary", "")),
        speech=str(form.get("speech", "")),
        body=str(form.get("body", "")),
        areas=_areas(part, village),
        issued_at=issued,
        expires_at=expires,
        repeats=3 if cancels == "" else 1,
    )
    return compose(user, emergency)


def _lifetime(part: Mapping[str, Any], draft: NoticeDraft) -> tuple[datetime, datetime]:
    """When it was issued and when it ends; the notice's own dates where the part has none."""
    issued = parse_moment(part["issued"], "issued") if part.get("issued") else draft.publish_at
    expires = parse_moment(part["expires"], "expires") if part.get("expires") else draft.valid_until
    if issued is None or expires is None:
        raise ImportRefusedError("紧急通知要写明发布和失效时间 / issued and expires are needed")
    return issued, expires


def _areas(part: Mapping[str, Any], village: VillagePage) -> list[str]:
    written = part.get("groups") or []
    try:
        groups = parse_groups(",".join(map(str, written)), village.groups)
    except ContractError as error:
        raise ImportRefusedError(str(error)) from error
    return [str(Area(village.code, number)) for number in groups] or [village.code]
