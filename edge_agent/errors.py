"""Errors of the box that a technician may read: what is wrong, and what to do next."""

from __future__ import annotations

from contract.errors import SettingsError, VillageError

__all__ = ["SettingsError", "StoreError"]


class StoreError(VillageError, OSError):
    """The store cannot be opened or written (missing folder, full or read-only disk)."""
