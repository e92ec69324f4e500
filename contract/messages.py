"""Sealing and opening whole messages: the only door between bytes and typed messages.

`open_message` does everything in the one safe order: bounds, signature by role, inflate,
parse, then the signature again against the areas the message names.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

from contract import codec, envelope, wire
from contract.alert import Alert
from contract.areas import Area
from contract.delta import Delta
from contract.errors import ContractError
from contract.feedback import Answer
from contract.hub_note import HubNote
from contract.live import LiveSession
from contract.manifest import Manifest
from contract.notice import Notice
from contract.uplink import EventAck, TimeAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contract.keys import Trust

Message = Manifest | Notice | Alert | TimeAnswer | Answer | LiveSession | HubNote | Delta | EventAck
M = TypeVar("M", Manifest, Notice, Alert, TimeAnswer, Answer, LiveSession, HubNote, Delta, EventAck)
TYPE_OF: dict[type, envelope.EnvelopeType] = {
    Manifest: "manifest",
    Notice: "notice",
    Alert: "alert",
    TimeAnswer: "time",
    Answer: "answer",
    LiveSession: "live",
    HubNote: "hub",
    Delta: "delta",
    EventAck: "ack",
}


def seal_message(message: Message, *signers: envelope.Signer) -> bytes:
    """The envelope's bytes of a message."""
    content = wire.dumps(codec.encode(message))
    return envelope.seal(TYPE_OF[type(message)], content, signers)


def open_message(kind: type[M], data: bytes, trust: Trust) -> M:
    """Verify and decode a message of the given kind.

    Raises:
        ContractError: with the reason for the receipt; `SignatureError` for signatures.
    """
    sealed = envelope.parse(data)
    if sealed.type != TYPE_OF[kind]:
        raise ContractError(f"expected {TYPE_OF[kind]}, got {sealed.type[:20]!r}")
    trust.verify(sealed)
    message = codec.decode(kind, wire.loads(sealed.content()))
    trust.verify(sealed, areas_of(message))
    return message


def areas_of(message: Message) -> Iterable[Area]:
    """The areas a message speaks to."""
    if isinstance(message, Manifest | HubNote | Delta):
        return (Area.parse(message.area),)
    if isinstance(message, Notice | LiveSession):
        return tuple(Area.parse(area) for area in message.areas)
    if isinstance(message, Alert):
        return tuple(Area.parse(area) for area in message.notice.areas)
    return ()


def sha256_hex(data: bytes) -> str:
    """The name of a blob."""
    return hashlib.sha256(data).hexdigest()
