"""The county's own certificates: who comes in, who is thrown out, judged by what is delivered."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contract import topics
from contract.areas import Area
from contract.errors import ContractError
from hub.broker.files import TlsListener
from hub.enrol import broker_tls
from hub.enrol.authority import CLIENT, Authority
from tests.conftest import HUB_PASSWORD, TestBroker
from tests.hub.broker.test_certificates import Visitor, _hub, _until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.broker
HOME = Area("530199001001")
EVENTS = 50


class County:
    """The authority, a broker that believes it, and a hub that listens."""

    def __init__(self, broker: TestBroker, folder: Path) -> None:
        self.broker, self.folder = broker, folder
        self.authority = Authority(folder / "authority")
        self.tls = broker.files.tls
        broker_tls.prepare(self.authority, self.tls, ["127.0.0.1"])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        broker.supervisor.tls = TlsListener(self.port, self.tls, "127.0.0.1")
        broker.supervisor.hub_password = HUB_PASSWORD
        broker.stop()
        broker.start()
        self.heard: list[str] = []
        self.hub = _hub(broker)
        self.hub.on_connect = lambda *_: self.hub.subscribe(topics.uplink(), 1)
        self.hub.on_message = lambda _client, _user, message: self.heard.append(message.topic)
        self.visitors: list[Visitor] = []
        self.certificates: dict[str, str] = {}

    def pair(self, name: str, key: ec.EllipticCurvePrivateKey, pem: str) -> tuple[Path, Path]:
        safe = name.encode().hex()
        certificate, secret = self.folder / f"{safe}.pem", self.folder / f"{safe}.key"
        certificate.write_text(pem)
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, secret

    def enrolled(self, box: str) -> tuple[Path, Path]:
        """A box with a certificate of the county, in the access list."""
        self.broker.add_box(box, (HOME,))
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, box)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name)
        csr = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.certificates[box] = self.authority.sign(csr.decode(), box)
        return self.pair(box, key, self.certificates[box])

    def odd(self, name: str) -> tuple[Path, Path]:
        """A certificate that the authority would never give, signed with its stolen key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self.pair(name, key, self.authority._certify(subject, key.public_key(), CLIENT))

    def join(self, pair: tuple[Path, Path], client_id: str = "any") -> Visitor:
        visitor = Visitor(self.port, self.tls / "ca.pem", pair, client_id)
        self.visitors.append(visitor)
        return visitor

    def revoke(self, box: str) -> None:
        """As `hub.ledger.boxes.revoke_box` does it on the disk."""
        del self.broker.accounts[box]
        self.broker._write()
        broker_tls.write_revoked(self.authority, self.tls, [self.certificates[box]])

    def turn(self) -> None:
        self.broker.supervisor.turn()
        self.hub.loop(0.01)
        for each in self.visitors:
            each.client.loop(0.01)

    def settle(self) -> None:
        for _ in range(20):
            self.turn()

    def until(self, condition: object) -> None:
        def turned() -> object:
            self.turn()
            return condition()  # type: ignore[operator] # a function

        _until(turned, self.broker)


@pytest.fixture
def county(broker: TestBroker, tmp_path: Path) -> Iterator[County]:
    found = County(broker, tmp_path)
    found.settle()
    yield found
    for each in found.visitors:
        each.client.disconnect()
    found.hub.disconnect()


def test_a_revoked_box_is_thrown_out_of_its_live_session_and_stays_out(county: County) -> None:
    pair = county.enrolled("box-1")
    county.settle()
    box = county.join(pair)
    county.until(lambda: box.is_up)
    box.client.subscribe(topics.box_down("box-1", "ack"), 1)
    county.settle()
    county.revoke("box-1")
    county.until(lambda: not box.is_up)
    county.visitors.remove(box)
    county.heard.clear()
    again = None
    try:
        again = county.join(pair)
        again.client.publish(topics.box_up("box-1", "state"), b"x", 1)
    except (OSError, ssl.SSLError):
        pass
    county.hub.publish(topics.box_down("box-1", "ack"), b"x", 1)
    county.settle()
    assert county.heard == []
    assert box.received == []
    assert again is None or again.received == []


def test_others_do_not_notice_a_revocation(county: County) -> None:
    bad, good = county.enrolled("box-1"), county.enrolled("box-2")
    county.settle()
    first, second = county.join(bad), county.join(good)
    county.until(lambda: first.is_up and second.is_up)
    process = county.broker.supervisor.process
    county.revoke("box-1")
    county.until(lambda: not first.is_up)
    second.client.publish(topics.box_up("box-2", "state"), b"x", 1)
    county.until(lambda: topics.box_up("box-2", "state") in county.heard)
    assert second.is_up
    assert county.broker.supervisor.process is process


@pytest.mark.parametrize("name", ["+", "#", "box-2/up", "$SYS"])
def test_a_name_that_is_a_wildcard_reads_and_writes_nothing(county: County, name: str) -> None:
    victim = county.join(county.enrolled("box-2"))
    county.settle()
    county.until(lambda: victim.is_up)
    victim.client.subscribe(topics.box_down("box-2", "ack"), 1)
    thief = county.join(county.odd(name))
    county.settle()
    thief.client.subscribe([("#", 1), ("vn1/#", 1), (topics.box_down("box-2", "ack"), 1)])
    thief.client.publish(topics.box_up("box-2", "state"), b"forged", 1)
    thief.client.publish(topics.box_down("box-2", "time"), b"forged", 1)
    county.settle()
    county.hub.publish(topics.box_down("box-2", "ack"), b"x", 1)
    county.until(lambda: victim.received)
    county.settle()
    assert victim.received == [topics.box_down("box-2", "ack")]
    assert county.heard == []
    assert thief.received == []


@pytest.mark.parametrize("name", ["+", "#", "hub", "A", "box/1", ""])
def test_the_authority_gives_no_such_name(county: County, name: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name or " ")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    csr = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(ContractError):
        county.authority.sign(csr.decode(), name)


def test_a_box_in_a_shared_group_takes_nothing_away_from_the_hub(county: County) -> None:
    box, thief = county.join(county.enrolled("box-1")), county.join(county.enrolled("box-2"))
    county.settle()
    county.until(lambda: box.is_up and thief.is_up)
    for group in ("hub", "cw", "x"):
        thief.client.subscribe(f"$share/{group}/{topics.uplink()}", 1)
    county.settle()
    for _ in range(EVENTS):
        box.client.publish(topics.box_up("box-1", "events"), b"x", 1)
    county.until(lambda: len(county.heard) >= EVENTS)
    county.settle()
    assert len(county.heard) == EVENTS
    assert thief.received == []


def test_a_will_under_another_s_name_is_not_delivered(county: County) -> None:
    pair = county.enrolled("box-1")
    county.enrolled("box-2")
    county.settle()
    thief = Visitor(county.port, county.tls / "ca.pem", pair, "x", topics.box_up("box-2", "state"))
    county.visitors.append(thief)
    county.settle()
    sock = thief.client.socket()
    assert sock is not None
    county.visitors.remove(thief)
    sock.close()
    county.settle()
    assert county.heard == []


def test_the_server_s_certificate_is_made_once_and_anew_for_other_names(county: County) -> None:
    pem = county.tls / "server.pem"
    first = pem.read_text()
    broker_tls.prepare(county.authority, county.tls, ["127.0.0.1"])
    assert pem.read_text() == first
    broker_tls.prepare(county.authority, county.tls, ["hub.example", "127.0.0.1"])
    assert pem.read_text() != first
    for path in county.tls.iterdir():
        assert path.stat().st_mode & 0o077 == 0
