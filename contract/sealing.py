"""A villager's words, closed on the box so that only the hub can read them.

Bytes: ``0x01 | ephemeral X25519 public key (32) | ChaCha20-Poly1305 ciphertext and tag``. The key
is HKDF-SHA256 over the shared secret, salted with both public keys; since it is used once, the
nonce is zero. What is sealed to is bound in as ``context`` (slip number and box), so that one
slip's text cannot be moved under another's number.

The answer goes the other way, closed with the short code that was printed on the slip: ``0x01 |
salt (16) | ciphertext and tag``, the key drawn from the code by scrypt (RFC 7914, N 2^14, r 8,
p 1: 16 MB for some tens of milliseconds). Six digits resist a neighbour at the screen, who has
five tries; not somebody who takes the card home with a day of computing time.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contract.errors import ContractError

_VERSION = b"\x01"
_NONCE = bytes(12)
_INFO = b"village-notice feedback 1"
_SALT_BYTES = 16
_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024, "dklen": 32}


def seal_for(public: bytes, text: bytes, context: bytes) -> bytes:
    """Close ``text`` to the holder of the 32-byte X25519 key ``public``.

    Raises:
        ContractError: ``public`` is no usable X25519 public key.
    """
    try:
        recipient = X25519PublicKey.from_public_bytes(public)
        once = X25519PrivateKey.generate()
        secret = once.exchange(recipient)
    except ValueError as error:
        raise ContractError("not an X25519 public key of 32 bytes") from error
    ephemeral = once.public_key().public_bytes_raw()
    sealed = ChaCha20Poly1305(_key(secret, ephemeral, public)).encrypt(_NONCE, text, context)
    return _VERSION + ephemeral + sealed


def open_sealed(private: bytes, sealed: bytes, context: bytes) -> bytes:
    """Open what `seal_for` closed, with the 32-byte private key.

    Raises:
        ContractError: another version, another key, another context, or altered on the way.
    """
    if sealed[:1] != _VERSION or len(sealed) < 33 + 16:
        raise ContractError("not a sealed slip of version 1")
    ephemeral = sealed[1:33]
    try:
        key = X25519PrivateKey.from_private_bytes(private)
        secret = key.exchange(X25519PublicKey.from_public_bytes(ephemeral))
        public = key.public_key().public_bytes_raw()
        cipher = ChaCha20Poly1305(_key(secret, ephemeral, public))
        return cipher.decrypt(_NONCE, sealed[33:], context)
    except (InvalidTag, ValueError) as error:
        raise ContractError("the slip was not sealed to this key, or was altered") from error


def close_with_code(code: str, text: bytes, context: bytes) -> bytes:
    """Close ``text`` for whoever knows the slip's code."""
    salt = secrets.token_bytes(_SALT_BYTES)
    sealed = ChaCha20Poly1305(_key_of_code(code, salt)).encrypt(_NONCE, text, context)
    return _VERSION + salt + sealed


def open_with_code(code: str, closed: bytes, context: bytes) -> bytes:
    """Open what `close_with_code` closed.

    Raises:
        ContractError: another code, another slip, another version, or altered on the way.
    """
    if closed[:1] != _VERSION or len(closed) < 1 + _SALT_BYTES + 16:
        raise ContractError("not a closed answer of version 1")
    salt, sealed = closed[1 : 1 + _SALT_BYTES], closed[1 + _SALT_BYTES :]
    try:
        return ChaCha20Poly1305(_key_of_code(code, salt)).decrypt(_NONCE, sealed, context)
    except InvalidTag as error:
        raise ContractError("another code, or the answer was altered") from error


def slip_context(slip: str, box: str) -> bytes:
    """What a slip's text is bound to: the box it was said at and its number."""
    return f"{box}/{slip}".encode()


def _key(secret: bytes, ephemeral: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=ephemeral + public, info=_INFO).derive(secret)


def _key_of_code(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode("utf-8"), salt=salt, **_SCRYPT)
