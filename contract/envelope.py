"""The signed envelope: exact bytes, type, and signatures over a pre-authentication encoding.

``{"v":1,"t":type,"z":0|1,"p":base64,"s":[{"k":key id,"a":algorithm,"g":base64}]}``. The bytes
are signed as they stand (no canonical JSON), in the manner of DSSE: every part is preceded by
its length, so that no two messages can share an encoding. Signatures are checked before the
payload is inflated or parsed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from contract import wire
from contract.errors import ContractError, RefusalReason, SignatureError

if TYPE_CHECKING:
    from collections.abc import Iterable

EnvelopeType = Literal[
    "manifest", "notice", "alert", "keys", "time", "answer", "ticket", "live",
    "hub", "delta", "ack",
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
        """``ed25519`` or ``sm2sm3``."""
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

    def signed_by(self, signer: Signer) -> Envelope:
        """The same message with one signature more; the signer's earlier one is replaced."""
        value = signer.sign(self.signed_bytes())
        others = tuple(each for each in self.signatures if each.key_id != signer.key_id)
        return replace(
            self, signatures=(*others, Signature(signer.key_id, signer.algorithm, value))
        )

    def to_bytes(self) -> bytes:
        """The envelope as it travels."""
        signatures = [
            {"k": each.key_id, "a": each.algorithm, "g": wire.to_base64(each.value)}
            for each in self.signatures
        ]
        payload = wire.to_base64(self.payload)
        return wire.dumps(
            {"v": 1, "t": self.type, "z": int(self.deflated), "p": payload, "s": signatures}
        )

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
    """Deflate where it helps, sign, and return the envelope's bytes.

    Raises:
        SignatureError: nobody signs it.
    """
    sealed = draft(kind, content)
    for signer in signers:
        sealed = sealed.signed_by(signer)
    if not sealed.signatures:
        raise SignatureError("nobody signs this envelope", RefusalReason.UNSIGNED)
    return sealed.to_bytes()


def draft(kind: EnvelopeType, content: bytes) -> Envelope:
    """An envelope that nobody has signed yet; its bytes are fixed from here on."""
    deflated_content = zlib.compress(content, 9)
    deflated = len(deflated_content) < len(content)
    return Envelope(kind, deflated, deflated_content if deflated else content, ())


def parse(data: bytes) -> Envelope:
    """Open an envelope without believing it.

    Raises:
        ContractError: not an envelope of version 1; SignatureError when nobody signed it.
    """
    sealed = parse_draft(data)
    if not sealed.signatures:
        raise SignatureError("nobody signed this message", RefusalReason.UNSIGNED)
    return sealed


def parse_draft(data: bytes) -> Envelope:
    """Open an envelope that may still lack its signatures: one that is being signed by hand.

    Raises:
        ContractError: not an envelope of version 1.
    """
    outer = wire.loads(data)
    if outer.get("v") != 1:
        raise ContractError("unknown envelope version", RefusalReason.UNKNOWN_REQUIREMENT)
    kind, payload, deflated = outer.get("t"), outer.get("p"), outer.get("z")
    if not isinstance(kind, str) or not isinstance(payload, str) or deflated not in (0, 1):
        raise ContractError("an envelope needs t, z and p")
    body = wire.from_base64(payload, what="the payload")
    return Envelope(kind, bool(deflated), body, _signatures(outer.get("s")))


def _signatures(found: object) -> tuple[Signature, ...]:
    if not isinstance(found, list):
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
    return Signature(key_id, algorithm, wire.from_base64(value, what="a signature"))


def _encoding(kind: str, deflated: bool, payload: bytes) -> bytes:  # noqa: FBT001 - a wire field
    name = kind.encode("utf-8")
    head = b"vn1 %d %s %d %d " % (len(name), name, deflated, len(payload))
    return head + payload
