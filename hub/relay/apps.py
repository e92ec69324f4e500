"""Registers the models of the tree of hubs with Django."""

from __future__ import annotations

from django.apps import AppConfig


class RelayConfig(AppConfig):
    """The hub above, the hubs below."""

    name = "hub.relay"
    label = "relay"
    verbose_name = "上下级平台"
