"""Wakes the dispatcher when a transaction that wrote an outbox row commits."""

from __future__ import annotations

from django.db import transaction
from django.db.models.signals import post_save

from hub.dispatch.wake import wake
from hub.sealing.models import OutboxRow


def watch_outbox() -> None:
    """Connect the signal; called once, when Django is ready."""
    post_save.connect(_row_saved, sender=OutboxRow, dispatch_uid="wake-the-dispatcher")


def _row_saved(created: bool, **_: object) -> None:  # noqa: FBT001 - Django passes it by name
    if created:
        transaction.on_commit(wake)
