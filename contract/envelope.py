"""The signed envelope: exact bytes, type, and signatures over a pre-authentication encoding.

``{"v":1,"t":type,"z":0|1,"p":base64,"s":[{"k":key id,"a":algorithm,"g":base64}]}``. The bytes
are signed as they stand (no canonical JSON), in the manner of DSSE: every part is preceded by
its length, so that no two messages can share an encoding. Signatures are checked before the
payload is inflated or parsed.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from contract import wire
from contract.errors import ContractError, RefusalReason, SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterable

EnvelopeType = Literal[
    "manifest", "notice", "alert", "keys", "time", "answer", "ticket", "live"
]  # fmt: skip
MAX_INFLATED_BYTES = 1024 * 1024
MAX_SIGNATURES = 8


class Signer(Protocol):
    """A private key that signs: its id, its algorithm's name, and the act."""

    @property
    def key_id(self) -> str:
        """The id under which the key set lists the public half."""
        ...

    @property
    def algorithm(self) -> str:
        """``ed25519``; ``sm2sm3`` is reserved."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Signature over ``message``."""
        ...


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature with the id of the key that is said to have made it."""

    key_id: str
    algorithm: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """An opened, not yet verified envelope. ``payload`` is still deflated if ``deflated``."""

    type: str
    deflated: bool
    payload: bytes
    signatures: tuple[Signature, ...]

    def signed_bytes(self) -> bytes:
        """The pre-authentication encoding that every signature covers."""
        return _encoding(self.type, self.deflated, self.payload)

    def content(self) -> bytes:
        """The payload, inflated within bounds. Call only after the signatures were verified.

        Raises:
            ContractError: it inflates to more than 1 MiB, or does not inflate.
        """
        if not self.deflated:
            return self.payload
        inflater = zlib.decompressobj()
        try:
            content = inflater.decompress(self.payload, MAX_INFLATED_BYTES + 1)
        except zlib.error as error:
            raise ContractError("the payload does not inflate") from error
        if len(content) > MAX_INFLATED_BYTES or not inflater.eof:
            raise ContractError("the payload is a bomb or torn", RefusalReason.TOO_LARGE)
        return content


def seal(kind: EnvelopeType, content: bytes, signers: Iterable[Signer]) -> bytes:
    """Deflate where it helps, sign, and return the envelope's bytes."""
    deflated_content = zlib.compress(content, 9)
    deflated = len(deflated_content) < len(content)
    payload = deflated_content if deflated else content
    message = _encoding(kind, deflated, payload)
    signatures = [{"k": s.key_id, "a": s.algorithm, "g": _b64(s.sign(message))} for s in signers]
    if not signatures:
        raise SignatureError("nobody signs this envelope", RefusalReason.UNSIGNED)
    return wire.dumps({"v": 1, "t": kind, "z": int(deflated), "p": _b64(payload), "s": signatures})


def parse(data: bytes) -> Envelope:
    """Open an envelope without believing it.

    Raises:
        ContractError: not an envelope of version 1; SignatureError when nobody signed it.
    """
    outer = wire.loads(data)
    if outer.get("v") != 1:
        raise ContractError("unknown envelope version", RefusalReason.UNKNOWN_REQUIREMENT)
    kind, payload, deflated = outer.get("t"), outer.get("p"), outer.get("z")
    if not isinstance(kind, str) or not isinstance(payload, str) or deflated not in (0, 1):
        raise ContractError("an envelope needs t, z and p")
    return Envelope(kind, bool(deflated), _unb64(payload), _signatures(outer.get("s")))


def _signatures(found: object) -> tuple[Signature, ...]:
    if not isinstance(found, list) or not found:
        raise SignatureError("nobody signed this message", RefusalReason.UNSIGNED)
    if len(found) > MAX_SIGNATURES:
        raise ContractError("more signatures than anyone needs", RefusalReason.TOO_LARGE)
    return tuple(_signature(each) for each in found)


def _signature(found: object) -> Signature:
    if not isinstance(found, dict):
        raise ContractError("a signature needs k, a and g")
    key_id, algorithm, value = found.get("k"), found.get("a"), found.get("g")
    if not (isinstance(key_id, str) and isinstance(algorithm, str) and isinstance(value, str)):
        raise ContractError("a signature needs k, a and g")
    return Signature(key_id, algorithm, _unb64(value))


def _encoding(kind: str, deflated: bool, payload: bytes) -> bytes:  # noqa: FBT001 - a wire field
    name = kind.encode("utf-8")
    head = b"vn1 %d %s %d %d " % (len(name), name, deflated, len(payload))
    return head + payload


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ContractError("not base64") from error
