"""Registers the warnings from outside with Django."""

from __future__ import annotations

from django.apps import AppConfig


class CapConfig(AppConfig):
    """Warnings that come in by the Common Alerting Protocol."""

    name = "hub.cap"
    label = "cap"
    verbose_name = "外来预警"
