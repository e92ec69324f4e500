"""Frames of live speech: sound that fits one session and one place in it, and no other.

A frame names its session, its own number (a lower one than was taken is old) and the sample at
which its sound begins, so that what is lost becomes silence of the same length and nothing can
be replayed, moved or put into another session. It is binary, since ten travel a second:
``"vnl1" | flags 1 | session 8 | number 4 | first sample 4 | sound 0..4800 | Ed25519 64``, numbers
big endian; flag 1 is set on the last one. A frame without sound says that the speaker is there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract import wire
from contract.algorithms import ALGORITHMS, ED25519
from contract.errors import ContractError, RefusalReason, SignatureError
from contract.live import LONGEST_S, RATE_HZ

if TYPE_CHECKING:
    from contract.envelope import Signer
    from contract.live import LiveSession

FRAME_SAMPLES = 1_600
"""A tenth of a second, as much as a browser sends at a time: what the hub puts into a frame."""
MOST_SAMPLES = 4_800
_MAGIC = b"vnl1"
_HEAD = struct.Struct(">4sB8sII")
_SIGNATURE_BYTES = 64
_LAST = 1


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """Sound from sample ``first`` on, or, without sound, a sign of life."""

    session: str
    number: int
    first: int
    sound: bytes = b""
    last: bool = False


def is_frame(data: bytes) -> bool:
    """Whether these bytes are a frame and no opening."""
    return data.startswith(_MAGIC)


def session_of(data: bytes) -> str:
    """The session that a frame says it belongs to; not yet believed.

    Raises:
        ContractError: it is not a frame.
    """
    if len(data) < _HEAD.size + _SIGNATURE_BYTES or not is_frame(data):
        raise ContractError("not a frame of live speech")
    return f"live-{data[5:13].hex()}"


def seal_frame(frame: LiveFrame, session_key: Signer) -> bytes:
    """The bytes of a frame, signed by the session's own key."""
    head = _HEAD.pack(
        _MAGIC,
        _LAST if frame.last else 0,
        bytes.fromhex(frame.session.removeprefix("live-")),
        frame.number,
        frame.first,
    )
    return head + frame.sound + session_key.sign(head + frame.sound)


def open_frame(data: bytes, session: LiveSession) -> LiveFrame:
    """A frame of ``session``, verified.

    Raises:
        SignatureError: the session's key did not sign it; ContractError: it is of another
            session, too long, or lies behind the session's end.
    """
    if session_of(data) != session.id:
        raise ContractError("a frame of another session", RefusalReason.REPLAYED)
    message, signature = data[:-_SIGNATURE_BYTES], data[-_SIGNATURE_BYTES:]
    public = wire.from_base64(session.public_b64, what="the session's key")
    if not ALGORITHMS[ED25519].verify(public, signature, message):
        raise SignatureError("not signed by the session's key", RefusalReason.BAD_SIGNATURE)
    _, flags, _, number, first = _HEAD.unpack_from(message)
    sound = message[_HEAD.size :]
    if len(sound) > MOST_SAMPLES or first + len(sound) > LONGEST_S * RATE_HZ:
        raise ContractError("more sound than a session may have", RefusalReason.TOO_LARGE)
    return LiveFrame(session.id, number, first, sound, bool(flags & _LAST))
