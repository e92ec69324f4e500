"""What people do with a warning from outside: adopt, refuse, and the standing rule for red.

Adopting makes it an emergency whose first person is the one who adopted; the second releases
it on the emergency's own page, as with any other. The standing rule is the same two persons'
word given beforehand: what goes out by it carries both their names and both their keys.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contract.areas import Area
from hub.cap.mapping import ORDER
from hub.cap.models import Incoming, OutsideWarning, StandingRule, State
from hub.emergency import desk as emergencies
from hub.emergency.models import Emergency, Level
from hub.notices.errors import NotReadyError, NotYourStepError, ReasonMissingError
from hub.places.models import SUPERVISORS
from hub.places.posts import posts_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.contrib.auth.models import User

_log = logging.getLogger(__name__)
WORDS_OF_PEOPLE = ("title", "summary", "speech", "body", "event", "level", "issuer")
LONGEST_RULE_DAYS = 366


def waiting_for(user: User) -> list[OutsideWarning]:
    """Warnings that mean a place of this officer's and wait for somebody, the worst first."""
    own = [post.place.area for post in posts_of(user) if post.role in SUPERVISORS]
    waiting = OutsideWarning.objects.filter(state=State.WAITING, expires_at__gt=timezone.now())
    mine = [
        each
        for each in waiting
        if any(mine.covers(Area.parse(code)) for code in each.areas for mine in own)
    ]
    return sorted(mine, key=lambda each: ORDER.index(each.level), reverse=True)


def emergency_from(warning: OutsideWarning, changes: Mapping[str, object]) -> Emergency:
    """The emergency that a warning would become, not yet saved."""
    fields = {name: getattr(warning, name) for name in WORDS_OF_PEOPLE}
    incoming = warning.incoming
    return Emergency(
        alert_id=warning.alert_id,
        notice_id=f"E-{warning.alert_id}",
        msg_type=incoming.msg_type,
        references=list(warning.references),
        is_exercise=warning.is_exercise,
        issued_at=max(warning.starts_at, timezone.now()),
        expires_at=warning.expires_at,
        repeats=1 if incoming.msg_type == "Cancel" else 3,
        **{**fields, "areas": list(warning.areas), **changes},
    )


@transaction.atomic
def adopt(user: User, warning: OutsideWarning, changes: Mapping[str, object]) -> Emergency:
    """The first person takes it over, with their own wording and areas where they changed them.

    Raises:
        NotYourStepError: not their area; NotReadyError: decided, overtaken, expired, or the
            text or areas are not right.
    """
    locked = _waiting(warning)
    if locked.expires_at <= timezone.now():
        raise NotReadyError([_("已过失效时间，不能再采用。")])
    emergency = emergencies.compose(user, emergency_from(locked, changes))
    locked.emergency = emergency
    _decide(locked, State.ADOPTED, user, "")
    return emergency


@transaction.atomic
def refuse(user: User, warning: OutsideWarning, reason: str) -> None:
    """It does not go out; the reason stays beside it.

    Raises:
        ReasonMissingError: no reason; NotYourStepError: not an officer above its areas;
            NotReadyError: it is decided already.
    """
    if not reason.strip():
        raise ReasonMissingError(_("请写明不采用的理由。"))
    locked = _waiting(warning)
    if locked.areas:
        emergencies.may_command(user, locked.areas)
    elif not _is_officer(user):
        raise NotYourStepError(_("紧急发布只能由县、乡值班人员进行。"))
    _decide(locked, State.REFUSED, user, reason.strip()[:300])


def _waiting(warning: OutsideWarning) -> OutsideWarning:
    locked = OutsideWarning.objects.select_for_update().get(pk=warning.pk)
    if locked.state != State.WAITING:
        raise NotReadyError([_("这条预警已经处理过或已失效。")])
    return locked


def _decide(warning: OutsideWarning, state: State, user: User, reason: str) -> None:
    warning.state, warning.decided_by, warning.reason = state, user, reason
    warning.decided_at = timezone.now()
    warning.save()
    _log.info("warning %s: %s", warning.alert_id, state)


def _is_officer(user: User) -> bool:
    return any(post.role in SUPERVISORS for post in posts_of(user))


def make_rule(user: User, source: str, ends_at: datetime) -> StandingRule:
    """The first person's standing word for a source's signed red warnings.

    Raises:
        NotYourStepError: not an officer; NotReadyError: it would end in the past or too late.
    """
    if not _is_officer(user):
        raise NotYourStepError(_("紧急发布只能由县、乡值班人员进行。"))
    days = (ends_at - timezone.now()).total_seconds() / 86400
    if not 0 < days <= LONGEST_RULE_DAYS:
        raise NotReadyError([_("授权的有效期应在一年以内。")])
    return StandingRule.objects.create(source=source, ends_at=ends_at, made_by=user)


def confirm_rule(user: User, rule: StandingRule) -> None:
    """The second person's word; from now on the rule holds.

    Raises:
        NotYourStepError: the same person, or not an officer; NotReadyError: confirmed, ended.
    """
    if not _is_officer(user):
        raise NotYourStepError(_("紧急发布只能由县、乡值班人员进行。"))
    if rule.made_by_id == user.pk:
        raise NotYourStepError(_("常设授权要两个人：请另一位值班人员确认。"))
    if rule.confirmed_at is not None or rule.stopped_at is not None:
        raise NotReadyError([_("这项授权已经确认过或已停止。")])
    rule.confirmed_by, rule.confirmed_at = user, timezone.now()
    rule.save()
    _log.warning("standing rule for red from %s is in force", rule.source)


def stop_rule(user: User, rule: StandingRule) -> None:
    """Any officer ends a rule at once."""
    if not _is_officer(user):
        raise NotYourStepError(_("紧急发布只能由县、乡值班人员进行。"))
    if rule.stopped_at is None:
        rule.stopped_by, rule.stopped_at = user, timezone.now()
        rule.save()


def apply_rules(now: datetime) -> list[Emergency]:
    """Release what waits and a standing rule covers; the released emergencies."""
    released = []
    waiting = OutsideWarning.objects.filter(state=State.WAITING).select_related("incoming")
    for warning in waiting.order_by("pk"):
        rule = _rule_for(warning, now)
        if rule is None:
            continue
        try:
            released.append(_release_by(rule, warning))
        except (NotReadyError, NotYourStepError, ValidationError) as error:
            _log.error("standing rule does not release %s: %s", warning.alert_id, error)
            warning.remarks = [*warning.remarks, f"常设授权未能自动发出：{error}"[:200]]
            warning.save(update_fields=["remarks"])
    return released


def _rule_for(warning: OutsideWarning, now: datetime) -> StandingRule | None:
    """The rule that lets this warning out without anybody looking, if there is one."""
    incoming = warning.incoming
    plain = incoming.is_signed and incoming.status == "Actual" and not warning.remarks
    in_time = warning.starts_at <= now < warning.expires_at
    if not (plain and in_time and warning.is_likely and warning.areas):
        return None
    if incoming.msg_type == "Cancel":
        if not _all_by_rule(incoming):
            return None
    elif warning.level != Level.RED:
        return None
    rules = StandingRule.objects.filter(
        source=incoming.source, confirmed_at__isnull=False, stopped_at=None, ends_at__gt=now
    )
    return rules.order_by("pk").first()


def _all_by_rule(incoming: Incoming) -> bool:
    """Whether everything that a cancellation ends went out by a rule, from the same source."""
    ended = OutsideWarning.objects.filter(
        incoming__alert_id__in=incoming.references, emergency__released_at__isnull=False
    )
    return ended.exists() and not (
        ended.filter(by_rule=None).exists()
        or ended.exclude(incoming__source=incoming.source).exists()
        or ended.exclude(incoming__sender=incoming.sender).exists()
    )


@transaction.atomic
def _release_by(rule: StandingRule, warning: OutsideWarning) -> Emergency:
    second = rule.confirmed_by
    if second is None or not (rule.made_by.is_active and second.is_active):
        raise NotYourStepError(_("授权人已停用。"))
    emergency = adopt(rule.made_by, warning, {})
    emergencies.release_alert(second, emergency)
    OutsideWarning.objects.filter(pk=warning.pk).update(by_rule=rule)
    _log.warning("warning %s released by a standing rule", warning.alert_id)
    return emergency
