"""SM2 signatures with SM3 (GB/T 32918, GB/T 32905), made and checked by OpenSSL's program.

The emergency-broadcast standards of the radio administration ask for this algorithm; the
library that gives us Ed25519 does not have it. OpenSSL has, and Debian ships it on every box,
so each signature is one short call of ``openssl pkeyutl`` with a time limit (about 30 ms). A
public key is its point, 65 bytes uncompressed; a signature is the ASN.1 pair (r, s). The
signer's identity is the standard's default ``1234567812345678``.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import os
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


class Sm2PrivateKey:
    """An SM2 key in a PEM file that only its owner can read; the secret never leaves the file."""

    algorithm = ALGORITHM

    def __init__(self, path: Path) -> None:
        """Read the public half.

        Raises:
            Sm2Error: the file holds no SM2 key.
        """
        self._path = path
        spki = _openssl("pkey", "-in", str(path), "-pubout", "-outform", "DER")
        if not spki.startswith(_SPKI_HEAD) or len(spki) != len(_SPKI_HEAD) + _POINT_BYTES:
            raise Sm2Error(f"{path.name}: 不是 SM2 密钥 / not an SM2 key")
        self.point = spki[len(_SPKI_HEAD) :]

    @classmethod
    def generate(cls, path: Path) -> Sm2PrivateKey:
        """A new key in a new file, readable by its owner only.

        Raises:
            Sm2Error: OpenSSL failed; FileExistsError: there is a file already.
        """
        pem = _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        return cls(path)

    @property
    def key_id(self) -> str:
        """First 16 hex digits of the SHA-256 of the point."""
        return hashlib.sha256(self.point).hexdigest()[:16]

    @property
    def public_b64(self) -> str:
        """The point as a key set lists it."""
        return base64.b64encode(self.point).decode("ascii")

    def sign(self, message: bytes) -> bytes:
        """The signature over ``message``."""
        with tempfile.NamedTemporaryFile(prefix="sm2-") as file:
            file.write(message)
            file.flush()
            return _openssl("pkeyutl", "-sign", "-inkey", str(self._path), "-in", file.name,
                            *_OPTIONS)  # fmt: skip


def _openssl(*words: str) -> bytes:
    command: Sequence[str] = ("openssl", *words)
    try:
        done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Sm2Error(f"openssl: {type(error).__name__}; apt install openssl") from error
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no message"]
        raise Sm2Error(f"openssl {words[0]}: {last[0][:120]}")
    return done.stdout


def _pem(kind: str, der: bytes) -> bytes:
    body = base64.encodebytes(der).decode("ascii")
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----\n".encode("ascii")
