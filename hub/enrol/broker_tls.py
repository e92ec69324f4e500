"""What a broker's TLS listener reads: the authority, the server's certificate, who was revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509

from hub.broker.files import HUB_USER, TAKERS, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hub.enrol.authority import Authority

RENEW_BEFORE = timedelta(days=365)


def prepare(authority: Authority, folder: Path, names: Iterable[str]) -> None:
    """Write ``ca.pem``, ``server.pem``, ``server.key`` and ``crl.pem`` where they are missing.

    A server certificate for other names, or in its last year, is replaced; boxes believe the
    authority, so they do not notice.

    Args:
        authority: signs.
        folder: made if missing; only its owner may enter.
        names: host names and IP addresses under which boxes reach the broker.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / "ca.pem", authority.certificate_pem())
    if not _is_good(folder / "server.pem", frozenset(names)):
        certificate, key = authority.server(names)
        write_whole(folder / "server.key", key)
        write_whole(folder / "server.pem", certificate)
    if not (folder / "crl.pem").exists():
        write_whole(folder / "crl.pem", authority.revocation_list(()))


def let_hub_in(authority: Authority, folder: Path) -> None:
    """Write ``ca.pem``, ``hub.pem`` and ``hub.key``: how the hub enters another machine's broker.

    And the like for each share of what boxes report, should several workers take it in. They
    are made anew each time; every broker of the county believes the authority.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / "ca.pem", authority.certificate_pem())
    for name in (HUB_USER, *TAKERS):
        certificate, key = authority.hub(name)
        write_whole(folder / f"{name}.key", key)
        write_whole(folder / f"{name}.pem", certificate)


def write_revoked(authority: Authority, folder: Path, certificates_pem: Iterable[str]) -> None:
    """Bring ``crl.pem`` up to date; it is left alone when it says the same already."""
    path = folder / "crl.pem"
    if not path.exists():
        return  # no listener with certificates here
    pems = list(certificates_pem)
    wanted = {x509.load_pem_x509_certificate(pem.encode()).serial_number for pem in pems}
    listed = {each.serial_number for each in x509.load_pem_x509_crl(path.read_bytes())}
    if listed != wanted:
        write_whole(path, authority.revocation_list(pems))


def _is_good(path: Path, names: frozenset[str]) -> bool:
    if not path.exists() or not path.with_suffix(".key").exists():
        return False
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    carried = {str(each.value) for each in found}
    is_young = certificate.not_valid_after_utc - RENEW_BEFORE > datetime.now(UTC)
    return carried == names and is_young
