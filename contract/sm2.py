"""SM2 signatures with SM3 (GB/T 32918, GB/T 32905), made and checked by OpenSSL's program.

The emergency-broadcast standards of the radio administration ask for this algorithm; the
library that gives us Ed25519 does not have it. OpenSSL has, and Debian ships it on every box,
so each signature is one short call of ``openssl pkeyutl`` with a time limit (about 30 ms). A
public key is its point, 65 bytes uncompressed; a signature is the ASN.1 pair (r, s). The
signer's identity is the standard's default ``1234567812345678``.
"""

from __future__ import annotations

import base64
import logging
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_log = logging.getLogger(__name__)
ALGORITHM = "sm2sm3"
IDENTITY = "1234567812345678"
TIMEOUT_S = 20
_SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
"""ASN.1 of a public key on this curve, up to its 65 bytes."""
_POINT_BYTES = 65
_OPTIONS = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{IDENTITY}")


class Sm2Error(VillageError, OSError):
    """OpenSSL is missing, or did not do what it was asked; the message is its last line."""


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether ``signature`` over ``message`` was made with the key of this point."""
    if len(public) != _POINT_BYTES or public[:1] != b"\x04":
        return False
    with tempfile.TemporaryDirectory(prefix="sm2-") as folder:
        at = Path(folder)
        (at / "key").write_bytes(_pem("PUBLIC KEY", _SPKI_HEAD + public))
        (at / "signature").write_bytes(signature)
        (at / "message").write_bytes(message)
        try:
            _openssl("pkeyutl", "-verify", "-pubin", "-inkey", str(at / "key"),
                     "-sigfile", str(at / "signature"), "-in", str(at / "message"),
                     *_OPTIONS)  # fmt: skip
        except Sm2Error as error:
            _log.debug("an SM2 signature is not good: %s", error)
            return False
    return True


def generate() -> bytes:
    """A new private key: a PEM text.

    Raises:
        Sm2Error: OpenSSL is missing or failed.
    """
    return _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2")


def public_point(pem: bytes) -> bytes:
    """The public half of a private key: its point, 65 bytes.

    Raises:
        Sm2Error: the text holds no SM2 key.
    """
    spki = _openssl("pkey", "-pubout", "-outform", "DER", given=pem)
    if not spki.startswith(_SPKI_HEAD) or len(spki) != len(_SPKI_HEAD) + _POINT_BYTES:
        raise Sm2Error("不是 SM2 密钥 / not an SM2 key")
    return spki[len(_SPKI_HEAD) :]


def sign(pem: bytes, message: bytes) -> bytes:
    """The signature over ``message``; the secret goes to OpenSSL by a pipe, through no file.

    Raises:
        Sm2Error: OpenSSL is missing, or refuses the key.
    """
    with tempfile.NamedTemporaryFile(prefix="sm2-") as file:
        file.write(message)
        file.flush()
        return _openssl("pkeyutl", "-sign", "-inkey", "/dev/stdin", "-in", file.name, *_OPTIONS,
                        given=pem)  # fmt: skip


def _openssl(*words: str, given: bytes = b"") -> bytes:
    command: Sequence[str] = ("openssl", *words)
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Sm2Error(f"openssl: {type(error).__name__}; apt install openssl") from error
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        raise Sm2Error(f"openssl {words[0]}: {last[0][:120]}")
    return done.stdout


def _pem(kind: str, der: bytes) -> bytes:
    body = base64.encodebytes(der).decode("ascii")
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n".encode("ascii")
