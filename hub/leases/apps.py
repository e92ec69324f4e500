"""Registers the leases with Django."""

from __future__ import annotations

from django.apps import AppConfig


class LeasesConfig(AppConfig):
    """Workers and what they hold."""

    name = "hub.leases"
    label = "leases"
    verbose_name = "分工"
