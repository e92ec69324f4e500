"""Errors of the box that a technician may read: what is wrong, and what to do next."""

from __future__ import annotations

from contract.errors import VillageError


class SettingsError(VillageError, ValueError):
    """The settings file is wrong; ``problems`` holds every fault found, not only the first."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class StoreError(VillageError, OSError):
    """The store cannot be opened or written (missing folder, full or read-only disk)."""
