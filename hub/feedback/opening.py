"""Opening a slip with the hub's private key: only for the page of whoever may read it."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from contract.errors import ContractError
from contract.sealing import open_sealed, slip_context
from hub.enrol.feedback_key import feedback_key

if TYPE_CHECKING:
    from hub.ledger.models import FeedbackSlip

_log = logging.getLogger(__name__)
VOICE_TYPES = frozenset({"audio/webm", "audio/ogg", "audio/mp4", "audio/wav"})


@dataclass(frozen=True, slots=True)
class OpenedSlip:
    """What a villager said. ``code`` closes the answer; without one there is none to give."""

    phrases: str = ""
    text: str = ""
    phone: str = ""
    code: str = ""
    voice: bytes = b""
    voice_type: str = ""


def open_slip(slip: FeedbackSlip) -> OpenedSlip | None:
    """The words of a slip; None when it was sealed to another hub's key or is damaged."""
    try:
        sealed = base64.b64decode(slip.sealed_b64, validate=True)
        private = feedback_key(settings.DATA.keys).private_bytes_raw()
        said = json.loads(open_sealed(private, sealed, slip_context(slip.slip, slip.origin)))
        voice = base64.b64decode(str(said.get("voice_b64", "")), validate=True)
    except (ContractError, binascii.Error, ValueError):
        _log.warning("slip %d cannot be opened", slip.pk)
        return None
    kind = str(said.get("voice_type", ""))
    return OpenedSlip(
        phrases=str(said.get("phrases", "")),
        text=str(said.get("text", "")),
        phone=str(said.get("phone", "")),
        code=str(said.get("code", "")),
        voice=voice if kind in VOICE_TYPES else b"",
        voice_type=kind if kind in VOICE_TYPES else "",
    )
