"""Registers the catalogue with Django."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Categories, templates and items."""

    name = "hub.catalogue"
    label = "catalogue"
    verbose_name = "公开目录"
