"""The key set in force: made anew, with the next version, whenever the persons change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import transaction

from contract import codec, wire
from contract.alert import Alert
from contract.errors import ContractError
from contract.keys import Trust
from contract.messages import open_message, sha256_hex
from hub.dispatch.models import KeySetVersion
from hub.sealing.seal import keyring, officers

if TYPE_CHECKING:
    from contract.keys import KeySet


@dataclass(frozen=True, slots=True)
class SealedKeySet:
    """A version and its sealed bytes."""

    version: int
    body: bytes


@transaction.atomic
def current_key_set() -> SealedKeySet:
    """The newest key set; a new version is sealed when keys or officers have changed.

    Raises:
        KeyFileError: a key file is missing or open to others. Sealing needs two of the roots
            in ``keys/offline``; while they are in their safe, an unchanged set needs none.
    """
    ring, persons = keyring(), officers()
    newest = KeySetVersion.objects.order_by("-version").first()
    if newest is not None and not (ring.folder / "offline").exists():
        return SealedKeySet(newest.version, bytes(newest.body))
    version = newest.version if newest else 0
    content = _content(ring.key_set(persons, version))
    if newest is not None and newest.content == content:
        return SealedKeySet(newest.version, bytes(newest.body))
    body = ring.sealed_key_set(persons, version + 1)
    KeySetVersion.objects.create(version=version + 1, content=content, body=body)
    return SealedKeySet(version + 1, body)


def chain() -> list[SealedKeySet]:
    """Every version, oldest first."""
    rows = KeySetVersion.objects.order_by("version")
    return [SealedKeySet(row.version, bytes(row.body)) for row in rows]


def is_good_for(alert: bytes, version: int) -> bool:
    """Whether boxes that hold this version, and it is the newest, take a sealed alert.

    Then nothing has to be asked of officers and key files before it is sent.
    """
    newest = KeySetVersion.objects.order_by("-version").first()
    if newest is None or newest.version != version:
        return False
    try:
        open_message(Alert, alert, _trust(bytes(newest.body)))
    except ContractError:
        return False
    return True


@lru_cache(maxsize=2)
def _trust(key_set: bytes) -> Trust:
    return Trust.first(key_set)


def _content(keys: KeySet) -> str:
    return sha256_hex(wire.dumps(codec.encode(replace(keys, version=0))))
