"""The steps of the review as Wagtail tasks: each belongs to a post in the notice's village.

The text is locked for everybody while it is under review, so that what is signed is what was
read. Every act is checked here, whichever page, script or service asked for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Task, TaskState

from hub.notices import checks, refusal, separation
from hub.notices.errors import NotReadyError, NotYourStepError, ReasonMissingError
from hub.places.models import Role
from hub.places.posts import posts_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet
    from wagtail.models import WorkflowState

    from hub.notices.models import NoticePage


class ReviewState(TaskState):
    """One step taken or waiting; a refusal carries its category besides the sentence."""

    category = models.CharField(max_length=10, blank=True, choices=refusal.CATEGORIES)


class PostTask(Task):
    """A step for whoever holds a post in the village whose notice it is."""

    role = models.CharField(_("岗位"), max_length=20, choices=Role)

    task_state_class = ReviewState
    admin_form_fields: ClassVar[list[str]] = ["name", "role"]
    admin_form_readonly_on_edit_fields: ClassVar[list[str]] = ["name", "role"]

    class Meta:
        verbose_name = _("村内岗位审核")
        verbose_name_plural = _("村内岗位审核")

    @property
    def post_role(self) -> Role:
        """The post as an enumeration."""
        return Role(self.role)

    @classmethod
    def get_description(cls) -> str:
        """What the step does, for the back office."""
        return str(_("由公开内容所在村的指定岗位办理；起草人和前一环节的人不能办理"))

    def start(self, workflow_state: WorkflowState, user: User | None = None) -> TaskState:
        """Begin this step, or the first earlier one that this revision has not passed.

        A text that was changed after a refusal goes back to the committee, never straight to
        the secretary.

        Raises:
            NotReadyError: the text may not go to review as it stands.
        """
        due = workflow_state.get_next_task()
        if due is not None and due.pk != self.pk:
            return due.specific.start(workflow_state, user=user)
        page = workflow_state.content_object.specific.get_latest_revision_as_object()
        sentences = checks.before_review(page)
        if sentences:
            raise NotReadyError(sentences)
        return super().start(workflow_state, user=user)

    def get_actions(self, obj: NoticePage, user: User) -> list[tuple[str, Any, bool]]:
        """Approve or refuse, for those who may; nothing for anybody else."""
        if separation.why_not(user, obj.specific, self, obj.current_workflow_state):
            return []
        approve = _("同意") if self.role == Role.COMMITTEE else _("签批发布")
        return [("approve", approve, False), ("reject", _("退回修改"), True)]

    @transaction.atomic
    def on_action(
        self,
        task_state: TaskState,
        user: User,
        action_name: str,
        **kwargs: Any,  # noqa: ANN401 - Wagtail's
    ) -> None:
        """Take the step.

        Raises:
            NotYourStepError: the person may not; ReasonMissingError: a refusal without reason.
        """
        task_state.refresh_from_db()  # somebody may have taken this step since it was read
        page = task_state.workflow_state.content_object.specific
        obstacle = separation.why_not(user, page, self, task_state.workflow_state)
        if obstacle:
            raise NotYourStepError(obstacle)
        comment = str(kwargs.get("comment", "")).strip()
        if action_name == "approve":
            task_state.approve(user=user, comment=comment)
        elif action_name == "reject":
            form = refusal.RefusalForm({"category": kwargs.get("category"), "comment": comment})
            if not form.is_valid():
                raise ReasonMissingError(gettext("退回必须选择原因并写明说明，作者才知道怎样改。"))
            state = task_state.specific
            state.category = form.cleaned_data["category"]
            state.reject(user=user, comment=form.cleaned_data["comment"])

    def get_form_for_action(self, action: str) -> type[forms.Form]:
        """A refusal asks for its reason, an approval for nothing."""
        return refusal.RefusalForm if action == "reject" else forms.Form

    def user_can_access_editor(self, obj: NoticePage, user: User) -> bool:
        """The reviewer may open the text (locked) to see its history."""
        return not separation.why_not(user, obj.specific, self, obj.current_workflow_state)

    def locked_for_user(self, obj: NoticePage, user: User) -> bool:  # noqa: ARG002 - Wagtail asks
        """For everybody: what is signed is what was read."""
        return True

    def get_task_states_user_can_moderate(
        self,
        user: User,
        **kwargs: Any,  # noqa: ANN401, ARG002 - Wagtail's signature
    ) -> QuerySet[TaskState]:
        """The waiting steps of this kind in the villages where the person holds the post."""
        places = [post.place for post in posts_of(user) if post.role == self.role]
        waiting = ReviewState.objects.filter(task_id=self.pk, status=TaskState.STATUS_IN_PROGRESS)
        mine = [
            state.pk
            for state in waiting.select_related("workflow_state")
            if any(_lies_in(state, place.path) for place in places)
            and self.get_actions(state.workflow_state.content_object, user)
        ]
        found: QuerySet[TaskState] = TaskState.objects.filter(pk__in=mine)
        return found


def _lies_in(state: TaskState, path: str) -> bool:
    return str(state.workflow_state.content_object.path).startswith(path)
