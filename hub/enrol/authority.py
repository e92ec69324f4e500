"""The county's certificate authority: its own P-256 key, and certificates whose name is a box.

A box's certificate lives ten years and its end is not on the boot path: content never depends
on it, and a known, unrevoked key may renew after the end.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.errors import ContractError

if TYPE_CHECKING:
    from pathlib import Path

LIFETIME = timedelta(days=3650)
GRACE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority whose key and certificate lie in ``folder`` (made on first use)."""

    folder: Path

    def certificate_pem(self) -> str:
        """The authority's own certificate, which boxes pin."""
        return self._load()[1].public_bytes(serialization.Encoding.PEM).decode("ascii")

    def sign(self, csr_pem: str, box: str) -> str:
        """A client certificate for ``box`` over the request's key.

        Raises:
            ContractError: not a request, not signed by its own key, or another name than
                ``box`` (a name such as ``+`` would be a wildcard in the access list).
        """
        request = read_request(csr_pem)
        names = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if [name.value for name in names] != [box]:
            raise ContractError("the request carries another name than the ticket")
        key, own = self._load()
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(request.subject)
            .issuer_name(own.subject)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - GRACE)
            .not_valid_after(now + LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
            .sign(key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def _load(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key_path, pem_path = self.folder / "ca.key", self.folder / "ca.pem"
        if not pem_path.exists():
            _found(key_path, pem_path)
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ContractError(f"{key_path.name} is not an elliptic-curve key")
        return key, x509.load_pem_x509_certificate(pem_path.read_bytes())


def read_request(csr_pem: str) -> x509.CertificateSigningRequest:
    """A certificate request whose own signature is right.

    Raises:
        ContractError: it is not one.
    """
    try:
        request = x509.load_pem_x509_csr(csr_pem.encode("ascii"))
    except ValueError as error:
        raise ContractError("not a certificate request") from error
    if not request.is_signature_valid:
        raise ContractError("the request is not signed by its own key")
    return request


def key_fingerprint(csr_pem: str) -> str:
    """SHA-256 of the request's public key: a box that asks twice is the same box."""
    public = read_request(csr_pem).public_key()
    spki = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    return digest.finalize().hex()


def _found(key_path: Path, pem_path: Path) -> None:
    """Make the authority: the key first, the certificate last, so that a cut leaves no half."""
    key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "village-notice county CA")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - GRACE)
        .not_valid_after(now + 2 * LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
