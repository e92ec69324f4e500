"""Publishing and taking back: each writes its outbox row in the transaction of the act."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.models import TaskState

from hub.notices import checks, separation
from hub.notices.errors import NotReadyError, NotYourStepError
from hub.notices.models import NoticePage, Publication, Withdrawal
from hub.places.models import Role
from hub.sealing.models import OutboxKind, OutboxRow

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from wagtail.models import Revision, WorkflowState

_log = logging.getLogger(__name__)


@transaction.atomic
def publish(workflow_state: WorkflowState, user: User | None) -> Publication:
    """Publish the revision that this review approved and signed.

    Raises:
        NotYourStepError: a step is missing, or two were taken by one person, or the text is
            not the one that was reviewed.
        NotReadyError: the privacy gate or another check holds the text back.
    """
    page: NoticePage = workflow_state.content_object.specific
    revision = page.get_latest_revision()
    approver, signer = _signatures(workflow_state, revision)
    authors = separation.authors_of(page) | {workflow_state.requested_by_id}
    if approver == signer or authors & {approver, signer}:
        raise NotYourStepError(_("起草、审核、签批须由三个不同的人办理。"))
    sentences = checks.before_leaving(revision.as_object())
    if sentences:
        raise NotReadyError(sentences)
    PublishPageRevisionAction(revision, user=user).execute(skip_permission_checks=True)
    return _record(page, revision, authors, approver, signer)


def _signatures(workflow_state: WorkflowState, revision: Revision) -> tuple[int, int]:
    """Who approved and who signed this very revision."""
    taken: dict[str, int] = {}
    steps = workflow_state.task_states.filter(
        revision=revision, status=TaskState.STATUS_APPROVED
    ).order_by("pk")
    for step in steps:
        role = getattr(step.task.specific, "role", "")
        if step.finished_by_id is not None:
            taken[role] = step.finished_by_id
    try:
        return taken[Role.COMMITTEE], taken[Role.SECRETARY]
    except KeyError as missing:
        raise NotYourStepError(_("审核或签批还没有完成，不能公开。")) from missing


def _record(
    page: NoticePage, revision: Revision, authors: set[int], approver: int, signer: int
) -> Publication:
    last = page.last_publication
    number = last.number + 1 if last else 1
    text: NoticePage = revision.as_object()
    found = Publication.objects.create(
        page=page,
        number=number,
        revision=revision,
        approved_by_id=approver,
        signed_by_id=signer,
        correction=text.correction if last else "",
    )
    found.authors.set(authors)
    OutboxRow.objects.create(
        kind=OutboxKind.CORRECT if last else OutboxKind.PUBLISH,
        notice_id=page.notice_id,
        revision=number,
        page_id=page.pk,
        page_revision_id=revision.pk,
    )
    _log.info("published %s@%d", page.notice_id, number)
    return found


@transaction.atomic
def take_back(withdrawal: Withdrawal, confirmed_by: User) -> None:
    """Carry out a withdrawal that a second person confirmed."""
    page = withdrawal.page
    withdrawal.confirmed_by = confirmed_by
    withdrawal.confirmed_at = timezone.now()
    withdrawal.save()
    state = page.current_workflow_state
    if state is not None:
        state.cancel(user=confirmed_by)
    UnpublishPageAction(page, user=confirmed_by).execute(skip_permission_checks=True)
    OutboxRow.objects.create(
        kind=OutboxKind.WITHDRAW,
        notice_id=page.notice_id,
        revision=withdrawal.number,
        page_id=page.pk,
    )
    _log.info("withdrew %s@%d", page.notice_id, withdrawal.number)
