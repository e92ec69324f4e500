"""Registers the county's lexicon with Django."""

from __future__ import annotations

from django.apps import AppConfig


class LexiconConfig(AppConfig):
    """The county's readings."""

    name = "hub.lexicon"
    label = "lexicon"
    verbose_name = "读音词典"
