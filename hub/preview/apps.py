"""Registers the previews with Django, for their templates."""

from __future__ import annotations

from django.apps import AppConfig


class PreviewConfig(AppConfig):
    """Panel, loudspeaker and query screen as the village will have them."""

    name = "hub.preview"
    label = "preview"
    verbose_name = "预览"
