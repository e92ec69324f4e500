"""Registers the feedback desk with Django, and wakes the dispatcher for an answer."""

from __future__ import annotations

from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    """Slips and their answers."""

    name = "hub.feedback"
    label = "feedback"
    verbose_name = "群众反映"

    def ready(self) -> None:
        """An answer that is committed wakes the dispatcher."""
        from django.db import transaction  # noqa: PLC0415 - models are ready only now
        from django.db.models.signals import post_save  # noqa: PLC0415 - as above

        from hub.dispatch.wake import wake  # noqa: PLC0415 - as above
        from hub.feedback.models import SlipAnswer  # noqa: PLC0415 - as above

        def saved(**_: object) -> None:
            transaction.on_commit(wake)

        post_save.connect(saved, sender=SlipAnswer, dispatch_uid="wake-for-answers", weak=False)
