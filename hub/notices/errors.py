"""What the desk refuses, each with a sentence that says what to do next."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError

from contract.errors import VillageError


class NotYourStepError(VillageError, PermissionDenied):
    """The person does not hold the post, or already acted on this notice in another one."""


class ReasonMissingError(VillageError, PermissionDenied):
    """A refusal, correction or withdrawal came without its reason."""


class NotReadyError(VillageError, ValidationError):
    """The notice cannot go into review or out of it as it stands."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(sentences)
        self.sentences = sentences

    def __str__(self) -> str:
        return " ".join(self.sentences)
