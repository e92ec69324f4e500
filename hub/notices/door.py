"""The only door to the villages: what the end of a review does, in one transaction.

Named in the settings as ``WAGTAIL_FINISH_WORKFLOW_ACTION``. Wagtail imports this module while
its own models are still being made, so everything else is imported when the door opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from wagtail.models import WorkflowState


def publish_signed(workflow_state: WorkflowState, user: User | None = None) -> None:
    """Publish the revision that was approved and signed, and put it into the outbox.

    Raises:
        NotYourStepError: the steps were not taken by three different people on this very text.
        NotReadyError: the text may not leave the hub.
    """
    from hub.notices.publishing import publish  # noqa: PLC0415 - see the module's docstring

    publish(workflow_state, user)
