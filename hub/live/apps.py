"""Registers live speech with Django."""

from __future__ import annotations

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Talks from the desk to the villages' horns."""

    name = "hub.live"
    label = "live"
    verbose_name = "直播喊话"
