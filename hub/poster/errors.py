"""Why a sheet could not be printed."""

from __future__ import annotations

from contract.errors import VillageError


class PressError(VillageError, RuntimeError):
    """The press did not deliver; the message says what to do next."""
