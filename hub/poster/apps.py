"""Registers the posters with Django."""

from __future__ import annotations

from django.apps import AppConfig


class PosterConfig(AppConfig):
    """Posters and print jobs."""

    name = "hub.poster"
    label = "poster"
    verbose_name = "张贴"
