"""Registers the notices with Django."""

from __future__ import annotations

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Notices and their review."""

    name = "hub.notices"
    label = "notices"
    verbose_name = "公开内容"
