"""Registers the dispatcher's models with Django, and wakes the dispatcher at every commit."""

from __future__ import annotations

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """Manifests, key sets, what the broker holds."""

    name = "hub.dispatch"
    label = "dispatch"
    verbose_name = "分发"

    def ready(self) -> None:
        """An outbox row that is committed wakes the dispatcher."""
        from hub.dispatch.waking import watch_outbox  # noqa: PLC0415 - models are ready only now

        watch_outbox()
