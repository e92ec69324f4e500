"""The standard review chain (004): committee reviews, secretary signs; made once for the county."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wagtail.models import Workflow, WorkflowPage, WorkflowTask

from hub.notices.review import PostTask
from hub.places.models import Role

if TYPE_CHECKING:
    from hub.places.models import CountyPage

STANDARD = "标准审核"
_STEPS = ((Role.COMMITTEE, "监委会审核"), (Role.SECRETARY, "书记签批"))


def make_standard_chain(county: CountyPage) -> Workflow:
    """The chain on the county page, inherited by every village below; made if missing."""
    workflow, _ = Workflow.objects.get_or_create(name=STANDARD)
    for position, (role, name) in enumerate(_STEPS):
        task = PostTask.objects.filter(role=role).first() or PostTask.objects.create(
            role=role, name=name
        )
        WorkflowTask.objects.get_or_create(
            workflow=workflow, task=task, defaults={"sort_order": position}
        )
    WorkflowPage.objects.update_or_create(page_id=county.pk, defaults={"workflow": workflow})
    return workflow
