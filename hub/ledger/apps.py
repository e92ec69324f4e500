"""Registers the ledger with Django."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Boxes, receipts, deliveries."""

    name = "hub.ledger"
    label = "ledger"
    verbose_name = "送达台账"
