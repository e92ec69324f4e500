"""Registers the sealing models with Django."""

from __future__ import annotations

from django.apps import AppConfig


class SealingConfig(AppConfig):
    """Outbox, sealed notices and assets."""

    name = "hub.sealing"
    label = "sealing"
    verbose_name = "签封与发送"
