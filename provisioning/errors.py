"""Errors of the technician's bench: what went wrong, and what to do next."""

from __future__ import annotations

from contract.errors import VillageError


class PlanError(VillageError, ValueError):
    """The sheet of boxes has faults; ``faults`` holds every one, in the order of the sheet."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{len(faults)} fault(s), nothing was taken")
        self.faults = faults


class StageError(VillageError, OSError):
    """A medium could not be written, or reads back differently."""


class EnrolError(VillageError, RuntimeError):
    """The hub did not enrol this box; ``code`` is the word on the hub's timeline."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code
