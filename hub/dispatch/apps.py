"""Registers the dispatcher's models with Django."""

from __future__ import annotations

from django.apps import AppConfig


class DispatchConfig(AppConfig):
    """Manifests, key sets, what the broker holds."""

    name = "hub.dispatch"
    label = "dispatch"
    verbose_name = "分发"
