"""Errors that both sides raise, and the closed list of reasons a box may refuse something for."""

from __future__ import annotations

from enum import StrEnum


class RefusalReason(StrEnum):
    """Why a box did not take what it was sent; the same word travels in the receipt."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNSIGNED = "unsigned"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    WRONG_ROLE = "wrong_role"
    WRONG_AREA = "wrong_area"
    ROLLED_BACK = "rolled_back"
    EXPIRED = "expired"
    REPLAYED = "replayed"
    CANCELLED = "cancelled"
    CLOCK_UNTRUSTED = "clock_untrusted"
    UNKNOWN_REQUIREMENT = "unknown_requirement"
    PERSONAL_DATA = "personal_data"
    HASH_MISMATCH = "hash_mismatch"
    UNSHOWABLE = "unshowable"


class VillageError(Exception):
    """Base of every error that this project raises on purpose."""


class SettingsError(VillageError, ValueError):
    """Settings cannot be used; ``problems`` holds every fault found, not only the first."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class ContractError(VillageError, ValueError):
    """A message does not keep the contract; ``reason`` is what the receipt will say."""

    def __init__(self, message: str, reason: RefusalReason = RefusalReason.MALFORMED) -> None:
        super().__init__(message)
        self.reason = reason


class SignatureError(ContractError):
    """A signature is missing, wrong, or made by a key that may not sign this."""
