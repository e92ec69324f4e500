"""Registers the places with Django."""

from __future__ import annotations

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """County, towns, villages and posts."""

    name = "hub.places"
    label = "places"
    verbose_name = "区划与岗位"
