"""The hub's word to all its boxes, sealed: I am here anew, and these brokers carry what I say."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.utils import timezone

from contract.hub_note import HubNote
from contract.messages import seal_message
from hub.dispatch.key_sets import current_key_set
from hub.sealing.seal import keyring

if TYPE_CHECKING:
    from collections.abc import Sequence


def sealed(brokers: Sequence[str]) -> bytes:
    """A new note naming these brokers; every box answers it with its state."""
    current_key_set()  # a fresh hub makes its roots before any other key
    ring = keyring()
    note = HubNote(ring.area, secrets.token_hex(8), timezone.now(), tuple(brokers))
    return seal_message(note, ring.target)
