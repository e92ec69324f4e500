"""One notice with everything decided about it: the page on which people approve and refuse."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hub.notices import desk, gate
from hub.notices.errors import NotYourStepError
from hub.notices.history import last_refusal, steps_of
from hub.notices.models import NoticePage
from hub.notices.refusal import CATEGORIES, RefusalForm
from hub.notices.to_contract import to_notice
from hub.office.access import for_staff
from hub.office.views.delivery import lines_of
from hub.places.models import Role
from hub.places.posts import holds, villages_of
from hub.preview.led import panel_view
from hub.preview.speech import words_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from contract.notice import Notice
    from hub.office.access import DeskRequest
    from hub.preview.led import PanelView


def visible(user: User, pk: int) -> NoticePage:
    """The notice, if it lies in a village that the person looks after.

    Raises:
        PermissionDenied: another village's notice; Http404: there is none.
    """
    page: NoticePage = get_object_or_404(NoticePage, pk=pk)
    if page.get_parent().pk not in {village.pk for village in villages_of(user)}:
        raise PermissionDenied(_("这是别村的公开，您不能查看。"))
    return page


def shown(user: User, page: NoticePage) -> NoticePage:
    """The newest text for people of the village, what went out for everybody else."""
    if any(holds(user, role, page.village) for role in (Role.CLERK, *_REVIEWERS)):
        return desk.latest(page)
    last = page.last_publication
    if last is None:
        raise NotYourStepError(_("尚未公开：审核前的内容只有本村人员能看。"))
    found: NoticePage = last.revision.as_object()
    return found


@require_safe
@for_staff
def dossier(request: DeskRequest, pk: int) -> HttpResponse:
    """The notice as villagers will read it, beside what one may do now."""
    page = visible(request.user, pk)
    text = shown(request.user, page)
    found = gate.clean(text)
    last = page.last_publication
    number = last.number + page.has_unpublished_changes if last else 1
    notice = to_notice(text, number, timezone.now())
    panel = _panel(page, notice) if "led" in notice.channels else None
    context = {
        "page": page,
        "notice": notice,
        "village": page.village,
        "gate": found,
        "steps": steps_of(page),
        "refusal": last_refusal(page),
        "refusal_form": RefusalForm(),
        "categories": CATEGORIES,
        "panel": panel,
        "panels": range(1, len(panel.pictures) + 1) if panel else (),
        "words": words_of(notice) if notice.speech else None,
        "lines": lines_of(page.notice_id, last.number) if last else [],
        "last": last,
        **_possible(request.user, page),
    }
    return render(request, "office/dossier.html", context)


PANEL_KEPT_S = 600
_REVIEWERS = (Role.COMMITTEE, Role.SECRETARY)


def _possible(user: User, page: NoticePage) -> dict[str, Any]:
    """What this person may do with the notice now."""
    task = page.current_workflow_task
    names = [each[0] for each in task.get_actions(page, user)] if task is not None else []
    waiting = page.withdrawals.filter(confirmed_at=None).first()
    village = page.village
    in_village = any(holds(user, role, village) for role in (Role.CLERK, *_REVIEWERS))
    second = any(holds(user, role, village) for role in _REVIEWERS)
    permissions = page.permissions_for_user(user)
    return {
        "task": task,
        "seen": getattr(page.current_workflow_task_state, "revision_id", ""),
        "can_approve": "approve" in names,
        "is_signature": task is not None and task.role == Role.SECRETARY,
        "can_edit": permissions.can_edit()
        and not permissions.page_locked()
        and holds(user, Role.CLERK, village),
        "waiting_withdrawal": waiting,
        "can_withdraw": in_village and page.live and waiting is None,
        "can_confirm": second and waiting is not None and waiting.requested_by_id != user.pk,
        "withdrawn": page.withdrawals.filter(confirmed_at__isnull=False).first(),
    }


@require_POST
@for_staff
def act(request: DeskRequest, pk: int) -> HttpResponse:
    """Approve, refuse, ask for a withdrawal or confirm one."""
    page = visible(request.user, pk)
    action = request.POST.get("action", "")
    reason = request.POST.get("comment", "")
    match action:
        case "approve":
            task = page.current_workflow_task
            signs = task is not None and task.role == Role.SECRETARY
            seen = request.POST.get("seen", "")
            step = desk.sign if signs else desk.approve
            step(request.user, page, int(seen) if seen.isdecimal() else 0)
            done = _("已签批，正在发往各村。") if signs else _("已同意，转书记签批。")
        case "reject":
            desk.refuse(request.user, page, request.POST.get("category", ""), reason)
            done = _("已退回，作者会看到原因。")
        case "withdraw":
            desk.withdraw(request.user, page, reason)
            done = _("已申请撤回，等第二人确认。")
        case "confirm":
            desk.confirm_withdrawal(request.user, page)
            done = _("已撤回，各村正在撤下。")
        case _:
            raise Http404
    messages.success(request, f"《{page.title}》{done}")
    return redirect("wagtailadmin_home" if action in ("approve", "reject") else page_address(page))


def page_address(page: NoticePage) -> str:
    """The address of a notice's dossier."""
    return reverse("desk-notice", args=[page.pk])


@require_safe
@for_staff
def panel_page(request: DeskRequest, pk: int, number: int) -> HttpResponse:
    """One page of the LED panel as PNG, drawn by the box's own code."""
    page = visible(request.user, pk)
    text = shown(request.user, page)
    gate.clean(text)
    pictures = _panel(page, to_notice(text, 1, timezone.now())).pictures
    if not 1 <= number <= len(pictures):
        raise Http404
    return HttpResponse(pictures[number - 1], content_type="image/png")


def _panel(page: NoticePage, notice: Notice) -> PanelView:
    """The panel's pages of one text, drawn once and kept for a while."""
    shown = repr((page.pk, notice.title, notice.summary, notice.blocks, notice.correction))
    key = f"panel-{hashlib.sha256(shown.encode()).hexdigest()}"
    found: PanelView | None = cache.get(key)
    if found is None:
        found = panel_view(notice, str(page.village))
        cache.set(key, found, PANEL_KEPT_S)
    return found
