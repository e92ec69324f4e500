"""Every act at the desk as a function of who does it: the web pages and the tests call these.

Each goes through the same checks as the back office: posts, separation of duties, the gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from hub.notices import gate, publishing, reasons
from hub.notices.drafts import ImportRefusedError, add_pictures, checked, fill
from hub.notices.errors import NotReadyError, NotYourStepError, ReasonMissingError
from hub.notices.models import NoticePage, Withdrawal
from hub.places.models import Role, VillagePage
from hub.places.posts import holds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.contrib.auth.models import User
    from wagtail.models import Revision

    from hub.intake.notices import NoticeDraft


def may_write(user: User, village: VillagePage) -> None:
    """Pass if the person may write notices of the village.

    Raises:
        NotYourStepError: they are not its clerk.
    """
    if not village.permissions_for_user(user).can_add_subpage():
        raise NotYourStepError(_("只有本村文书可以起草本村的公开。"))


def find(notice_id: str) -> NoticePage:
    """The notice with this contract id.

    Raises:
        NoticePage.DoesNotExist: there is none.
    """
    found: NoticePage = NoticePage.objects.get(notice_id=notice_id)
    return found


@transaction.atomic
def draft_from_import(
    user: User,
    form: Mapping[str, Any] | NoticeDraft,
    village: VillagePage,
    *,
    now: datetime | None = None,
    joint_villages: tuple[str, ...] = (),
) -> NoticePage:
    """A draft from one notice of the exchange form, restricted columns and all.

    An id that is already a draft of the same village gets a new revision.

    Args:
        user: who imports; must be the village's clerk.
        form: one notice of the exchange form.
        village: whose notice it is.
        now: if given, dates are moved so that the notice begins now.
        joint_villages: codes of villages in which it is to be published as well.

    Raises:
        ImportRefusedError: the form cannot be read; NotYourStepError: not the clerk.
    """
    may_write(user, village)
    draft = checked(form)
    notice_id = draft.id
    page = NoticePage.objects.filter(notice_id=notice_id).first() if notice_id else None
    if page is not None and (page.get_parent().pk != village.pk or page.publications.exists()):
        raise ImportRefusedError(
            f"编号 {notice_id} 已经用过，更正请打开原来那条再改 / this id is in use"
        )
    if page is not None:
        page = page.get_latest_revision_as_object()
    target = fill(page or NoticePage(notice_id=notice_id, live=False, owner=user), draft, now=now)
    add_pictures(target, village, draft.pictures)
    target.joint_villages = list(joint_villages)
    if page is None:
        village.add_child(instance=target)
    save(user, target)
    return target


def save(user: User, page: NoticePage) -> Revision:
    """Keep the text as a new draft revision.

    Raises:
        NotYourStepError: the person may not write on it, or it is under review.
    """
    stored = NoticePage.objects.get(pk=page.pk)
    permissions = stored.permissions_for_user(user)
    if not permissions.can_edit() or permissions.page_locked():
        raise NotYourStepError(_("这条公开现在不能修改：正在审核中，或不是您村的，或已撤回。"))
    if not stored.live:
        page.save()
    return page.save_revision(user=user, log_action=True)


@transaction.atomic
def drop_restricted_columns(user: User, page: NoticePage) -> gate.GateResult:
    """Drop the columns that stay at the hub and mask what is left; returns what there was."""
    draft = latest(page)
    found = gate.clean(draft)
    save(user, draft)
    return found


def latest(page: NoticePage) -> NoticePage:
    """The newest text of a notice, published or not."""
    found: NoticePage = NoticePage.objects.get(pk=page.pk).get_latest_revision_as_object()
    return found


@transaction.atomic
def submit(user: User, page: NoticePage) -> None:
    """Send the newest text to review, or back to it after a refusal.

    Raises:
        NotReadyError: with every sentence that holds it back; NotYourStepError: not the clerk.
    """
    stored = NoticePage.objects.get(pk=page.pk)
    permissions = stored.permissions_for_user(user)
    if not permissions.can_edit() or not permissions.can_submit_for_moderation():
        raise NotYourStepError(_("现在不能提交：不是您村的公开，或已在审核中。"))
    if stored.latest_revision_id in (None, stored.live_revision_id):
        raise NotReadyError([_("没有新的修改可以提交。")])
    state = stored.current_workflow_state
    if state is not None and state.status == state.STATUS_NEEDS_CHANGES:
        state.resume(user)
    else:
        stored.get_workflow().start(stored, user)


def approve(user: User, page: NoticePage, seen: int = 0) -> None:
    """The committee approves the text it has read.

    Args:
        user: a member of the village's committee.
        page: the notice.
        seen: number of the revision that was read; if given, no other one is approved.

    Raises:
        NotYourStepError: not their step; NotReadyError: the text changed since it was read.
    """
    _act(user, page, Role.COMMITTEE, "approve", seen)


def sign(user: User, page: NoticePage, seen: int = 0) -> None:
    """The secretary signs; the notice goes out. Arguments and errors as for `approve`."""
    _act(user, page, Role.SECRETARY, "approve", seen)


def refuse(user: User, page: NoticePage, category: str, comment: str) -> None:
    """Whoever's turn it is sends the text back with a category and a sentence.

    Raises:
        ReasonMissingError: either is missing or the category is not in the closed list.
    """
    _act(user, page, None, "reject", category=category, comment=comment)


@transaction.atomic
def _act(
    user: User, page: NoticePage, role: Role | None, action: str, seen: int = 0, **data: str
) -> None:
    stored = NoticePage.objects.get(pk=page.pk)
    task, state = stored.current_workflow_task, stored.current_workflow_task_state
    if task is None or state is None or (role is not None and task.role != role):
        raise NotYourStepError(_("这条公开现在不在这一环节。"))
    if seen and seen != state.revision_id:
        raise NotReadyError([_("内容刚刚改过。请重新看一遍，再决定。")])
    task.on_action(state, user, action, **data)


@transaction.atomic
def correct(user: User, page: NoticePage, reason: str) -> NoticePage:
    """Open a published notice for correction; the change itself is made on what is returned.

    Raises:
        ReasonMissingError: no reason; NotYourStepError: not the clerk, or never published.
    """
    if not reason.strip():
        raise ReasonMissingError(_("更正必须写明原因，村民会看到。"))
    if page.last_publication is None:
        raise NotYourStepError(_("还没有公开过，直接修改即可。"))
    draft = latest(page)
    draft.correction = reason.strip()
    save(user, draft)
    return draft


@transaction.atomic
def withdraw(user: User, page: NoticePage, reason: str) -> Withdrawal:
    """Ask for a notice to be taken back.

    Raises:
        ReasonMissingError: no reason; NotReadyError: villagers may not read it;
            NotYourStepError: no post in the village, not in force, or already asked for.
    """
    stored = NoticePage.objects.get(pk=page.pk)
    last = stored.last_publication
    if not reason.strip():
        raise ReasonMissingError(_("撤回必须写明原因。"))
    objection = reasons.objection(stored, reason)
    if objection:
        raise NotReadyError([objection])
    if not any(holds(user, role, stored.village) for role in _WITHDRAWERS):
        raise NotYourStepError(_("只有本村文书、监委会或书记可以申请撤回。"))
    if last is None or not stored.live:
        raise NotYourStepError(_("这条公开没有在公开中，不用撤回。"))
    if stored.withdrawals.filter(confirmed_at=None).exists():
        raise NotYourStepError(_("已有人申请撤回，等第二人确认。"))
    return Withdrawal.objects.create(
        page=stored, number=last.number, reason=reason.strip(), requested_by=user
    )


def confirm_withdrawal(user: User, page: NoticePage) -> Withdrawal:
    """A second person, of the committee or the secretary, confirms; the villages are told.

    Raises:
        NotYourStepError: the same person, the wrong post, or nothing was asked for.
    """
    stored = NoticePage.objects.get(pk=page.pk)
    waiting: Withdrawal | None = stored.withdrawals.filter(confirmed_at=None).first()
    if waiting is None:
        raise NotYourStepError(_("没有等待确认的撤回申请。"))
    if waiting.requested_by_id == user.pk:
        raise NotYourStepError(_("撤回要由第二个人确认，不能是申请人自己。"))
    if not any(holds(user, role, stored.village) for role in (Role.COMMITTEE, Role.SECRETARY)):
        raise NotYourStepError(_("撤回由本村监委会或书记确认。"))
    publishing.take_back(waiting, user)
    return waiting


_WITHDRAWERS = (Role.CLERK, Role.COMMITTEE, Role.SECRETARY)
