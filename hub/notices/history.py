"""What happened to a notice, in order: submitted, refused and why, approved, signed, out, back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from wagtail.models import TaskState

from hub.notices.review import ReviewState

if TYPE_CHECKING:
    from datetime import datetime

    from hub.notices.models import NoticePage


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; ``tone`` is one of done, wait, back."""

    at: datetime
    who: str
    what: str
    detail: str = ""
    tone: str = "done"
    symbol: str = "✓"


def steps_of(page: NoticePage) -> list[Step]:
    """Everything that happened to the notice, newest first."""
    found = [*_reviews(page), *_publications(page), *_withdrawals(page)]
    return sorted(found, key=lambda step: step.at, reverse=True)


def last_refusal(page: NoticePage) -> ReviewState | None:
    """The refusal that the author has not answered yet, if the text lies with them."""
    state = page.current_workflow_state
    if state is None or state.status != state.STATUS_NEEDS_CHANGES:
        return None
    found: ReviewState = state.current_task_state.specific
    return found


def _name(user: object) -> str:
    full = getattr(user, "get_full_name", str)()
    return full or getattr(user, "username", "")


def _reviews(page: NoticePage) -> list[Step]:
    states = ReviewState.objects.filter(
        workflow_state__in=page.workflow_states.all()
    ).select_related("task", "finished_by", "workflow_state__requested_by")
    found: list[Step] = []
    for state in states:
        if state.status == TaskState.STATUS_APPROVED:
            found.append(
                Step(
                    state.finished_at,
                    _name(state.finished_by),
                    _("%(step)s：同意") % {"step": _(state.task.name)},
                )
            )
        elif state.status == TaskState.STATUS_REJECTED:
            detail = f"{state.get_category_display()}:{state.comment}"
            who = _name(state.finished_by)
            found.append(
                Step(
                    state.finished_at,
                    who,
                    _("%(step)s：退回") % {"step": _(state.task.name)},
                    detail,
                    "back",
                    "↩",
                )
            )
        elif state.status == TaskState.STATUS_IN_PROGRESS:
            found.append(
                Step(
                    state.started_at,
                    "",
                    _("等待%(step)s") % {"step": _(state.task.name)},
                    tone="wait",
                    symbol="…",
                )
            )
    found += [
        Step(each.created_at, _name(each.requested_by), _("提交审核"))
        for each in page.workflow_states.all()
    ]
    return found


def _publications(page: NoticePage) -> list[Step]:
    return [
        Step(
            each.at,
            _name(each.signed_by),
            _("第%(n)s版更正公开" if each.correction else "第%(n)s版公开") % {"n": each.number},
            each.correction,
        )
        for each in page.publications.select_related("signed_by")
    ]


def _withdrawals(page: NoticePage) -> list[Step]:
    found = []
    for each in page.withdrawals.select_related("requested_by", "confirmed_by"):
        if each.confirmed_at:
            who = _name(each.confirmed_by)
            found.append(Step(each.confirmed_at, who, _("已撤回"), each.reason, "back", "⊘"))
        else:
            who = _name(each.requested_by)
            found.append(Step(each.requested_at, who, _("申请撤回"), each.reason, "wait", "⊘"))
    return found
