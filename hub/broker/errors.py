"""Errors of the broker's supervision."""

from __future__ import annotations

from contract.errors import VillageError


class BrokerError(VillageError, RuntimeError):
    """Mosquitto is missing or cannot be started; the message says what to do."""
