"""Large files over HTTPS: for boxes of the county, by their certificates, and nothing else."""

from __future__ import annotations

import hashlib
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract.notice import Asset
from edge_agent.link.fetch import Fetcher, source
from edge_agent.settings import LinkSettings
from hub.broker.files import TlsListener
from hub.dispatch.files_server import FilesServer
from hub.enrol import broker_tls
from hub.enrol.authority import Authority

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

BODY = bytes(range(256)) * 1000
ASSET = Asset(hashlib.sha256(BODY).hexdigest(), len(BODY), "image/jpeg")


class County:
    """The authority, and a server of files that believes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder / "authority")
        self.tls = folder / "tls"
        broker_tls.prepare(self.authority, self.tls, ["127.0.0.1"])
        self.server = FilesServer(("127.0.0.1", 0), TlsListener(0, self.tls))
        self.asked: list[str] = []
        self.server.set_app(self._answer)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def _answer(
        self, environ: dict[str, Any], start: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        is_there = environ["PATH_INFO"] == f"/b/{ASSET.sha256}"
        start("200 OK" if is_there else "404 Not Found", [("Content-Type", "image/jpeg")])
        return [BODY if is_there else b""]

    def enrolled(self, authority: Authority | None = None) -> tuple[LinkSettings, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box-1")])
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        pem = csr.public_bytes(serialization.Encoding.PEM).decode()
        certificate = (authority or self.authority).sign(pem, "box-1")
        (self.folder / "box.pem").write_text(certificate)
        (self.folder / "box.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        link = LinkSettings(
            ca_file=str(self.tls / "ca.pem"),
            certificate_file=str(self.folder / "box.pem"),
            key_file=str(self.folder / "box.key"),
            assets=f"https://127.0.0.1:{self.server.server_port}/b/",
            asset_bytes_per_s=10**9,
        )
        return link, certificate

    def fetched(self, link: LinkSettings) -> bool:
        where = source(link)
        assert where is not None
        fetcher = Fetcher(where, self.folder / "files", lambda: None)
        fetcher.want([ASSET])
        fetcher._try(ASSET.sha256, ASSET.size_bytes)
        found = fetcher.whole()
        if found:
            assert found[0].read_bytes() == BODY
            found[0].unlink()
        return bool(found)


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    found = County(tmp_path)
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_a_box_of_the_county_gets_its_file_until_it_is_revoked(county: County) -> None:
    link, certificate = county.enrolled()
    assert county.fetched(link)
    broker_tls.write_revoked(county.authority, county.tls, [certificate])
    assert not county.fetched(link)


def test_a_stranger_gets_nothing(county: County, tmp_path: Path) -> None:
    link, _ = county.enrolled(Authority(tmp_path / "elsewhere"))
    assert not county.fetched(link)
    bare = LinkSettings(ca_file=link.ca_file, assets=link.assets)
    assert not county.fetched(bare)
    assert county.asked == []


def test_nothing_but_files_has_a_name_here(county: County) -> None:
    link, _ = county.enrolled()
    for address in ("/admin/login/", "/", "/b"):
        where = source(LinkSettings(**{**_fields(link), "assets": _base(link) + address}))
        assert where is not None
        fetcher = Fetcher(where, county.folder / "files", lambda: None)
        fetcher.want([ASSET])
        fetcher._try(ASSET.sha256, ASSET.size_bytes)
    assert set(county.asked) <= {"/b/none", f"/b/{ASSET.sha256}"}
    assert "/b/none" in county.asked


def test_a_visitor_who_says_nothing_holds_nobody_up(county: County) -> None:
    silent = [socket.create_connection(("127.0.0.1", county.server.server_port)) for _ in range(8)]
    link, _ = county.enrolled()
    assert county.fetched(link)
    for each in silent:
        each.close()


def _base(link: LinkSettings) -> str:
    return link.assets.removesuffix("/b/")


def _fields(link: LinkSettings) -> dict[str, Any]:
    return {name: getattr(link, name) for name in LinkSettings.__slots__}
