"""Registers the back office with Django."""

from __future__ import annotations

from django.apps import AppConfig


class OfficeConfig(AppConfig):
    """To-do list, review pages and look."""

    name = "hub.office"
    label = "office"
    verbose_name = "工作台"
