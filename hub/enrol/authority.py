"""The county's certificate authority: certificates of boxes and brokers, and who lost theirs.

A box's certificate lives ten years and its end is not on the boot path: content never depends
on it, and a known, unrevoked key may renew after the end.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from contract.errors import ContractError
from contract.topics import check_box_id
from hub.broker.files import HUB_USER, TAKERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
    from cryptography.x509.oid import ObjectIdentifier

LIFETIME = timedelta(days=3650)
GRACE = timedelta(days=1)
CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH


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
        if check_box_id(box) in (HUB_USER, *TAKERS):
            raise ContractError(f"{box!r} is the hub's own name")
        names = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if [name.value for name in names] != [box]:
            raise ContractError("the request carries another name than the ticket")
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)])
        return self._certify(subject, request.public_key(), CLIENT)

    def server(self, names: Iterable[str]) -> tuple[str, str]:
        """Certificate and key (PEM) of a broker that boxes reach under these names or addresses."""
        found = sorted(set(names))
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "village-notice broker")])
        others = x509.SubjectAlternativeName([_general_name(each) for each in found])
        return self._certify(subject, key.public_key(), SERVER, others), _key_pem(key)

    def hub(self, name: str = HUB_USER) -> tuple[str, str]:
        """Certificate and key (PEM) with which the hub enters a broker on another machine.

        ``name`` is that of a share where it enters to take that share in.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self._certify(subject, key.public_key(), CLIENT), _key_pem(key)

    def revocation_list(self, certificates_pem: Iterable[str]) -> str:
        """A signed list (PEM) of certificates that are no longer good.

        It is good for as long as the authority is: a list that ran out would shut out every box.
        """
        key, own = self._load()
        now = datetime.now(UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(own.subject)
            .last_update(now - GRACE)
            .next_update(own.not_valid_after_utc)
        )
        for pem in certificates_pem:
            serial = x509.load_pem_x509_certificate(pem.encode("ascii")).serial_number
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
            builder = builder.add_revoked_certificate(revoked.build())
        found = builder.sign(key, hashes.SHA256())
        return found.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def _certify(
        self,
        subject: x509.Name,
        public: CertificatePublicKeyTypes,
        usage: ObjectIdentifier,
        names: x509.SubjectAlternativeName | None = None,
    ) -> str:
        key, own = self._load()
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(own.subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - GRACE)
            .not_valid_after(now + LIFETIME)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
        )
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(key, hashes.SHA256())
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


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode("ascii")


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _found(key_path: Path, pem_path: Path) -> None:
    """Make the authority: the key first, the certificate last, so that a cut leaves no half."""
    key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_key_pem(key).encode("ascii"))
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
