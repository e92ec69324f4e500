"""Registers the emergencies with Django."""

from __future__ import annotations

from django.apps import AppConfig


class EmergencyConfig(AppConfig):
    """Emergencies of county and towns."""

    name = "hub.emergency"
    label = "emergency"
    verbose_name = "紧急发布"
