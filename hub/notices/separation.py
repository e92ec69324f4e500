"""Four eyes and more: author, committee and secretary are three different people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from wagtail.models import TaskState

from hub.places.posts import holds

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from wagtail.models import WorkflowState

    from hub.notices.models import NoticePage
    from hub.notices.review import PostTask


def authors_of(page: NoticePage) -> set[int]:
    """Everybody who wrote on the text since it last went out."""
    last = page.last_publication
    written = page.revisions.exclude(user=None)
    if last is not None:
        written = written.filter(pk__gt=last.revision_id)
    return set(written.values_list("user_id", flat=True))


def why_not(user: User, page: NoticePage, task: PostTask, state: WorkflowState | None) -> str:
    """Why the person may not take this step; an empty text when they may."""
    if not holds(user, task.post_role, page.village):
        return _("这一步只能由本村相应岗位的人员办理。")
    if user.pk in authors_of(page):
        return _("起草人不能审核或签批自己写的内容，请由其他同志办理。")
    if state is not None and user.pk == state.requested_by_id:
        return _("提交人不能审核或签批自己提交的内容，请由其他同志办理。")
    if state is not None and _acted_elsewhere(user, task, state):
        return _("您已在本条公开的另一环节签过意见，审核与签批须由不同的人办理。")
    return ""


def _acted_elsewhere(user: User, task: PostTask, state: WorkflowState) -> bool:
    done = (TaskState.STATUS_APPROVED, TaskState.STATUS_REJECTED)
    others = state.task_states.filter(finished_by=user, status__in=done).exclude(task_id=task.pk)
    return bool(others.exists())
