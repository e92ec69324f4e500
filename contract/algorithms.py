"""The signature algorithms that keys may have: a row each, and nothing else knows them apart.

A secret says by its form which algorithm it belongs to: 32 bytes are Ed25519, a PEM text is SM2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from contract import sm2
from contract.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable

ED25519, SM2 = "ed25519", sm2.ALGORITHM
_ED25519_BYTES = 32
_PEM = b"-----BEGIN"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """What one algorithm does with secrets, public keys, messages and signatures."""

    generate: Callable[[], bytes]
    """A new secret, as its file holds it."""
    public: Callable[[bytes], bytes]
    """The raw public half of a secret."""
    sign: Callable[[bytes, bytes], bytes]
    """The signature of a secret over a message."""
    verify: Callable[[bytes, bytes, bytes], bool]
    """Whether a public half made this signature over this message."""


def _verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


ALGORITHMS: dict[str, Algorithm] = {
    ED25519: Algorithm(
        generate=lambda: Ed25519PrivateKey.generate().private_bytes_raw(),
        public=lambda secret: _ed25519(secret).public_key().public_bytes_raw(),
        sign=lambda secret, message: _ed25519(secret).sign(message),
        verify=_verify_ed25519,
    ),
    SM2: Algorithm(sm2.generate, sm2.public_point, sm2.sign, sm2.verify),
}


def _ed25519(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret)


def of_secret(secret: bytes) -> str:
    """The algorithm of a secret.

    Raises:
        ContractError: it is no secret of any.
    """
    if secret.startswith(_PEM):
        return SM2
    if len(secret) == _ED25519_BYTES:
        return ED25519
    raise ContractError("not a private key of any known algorithm")
