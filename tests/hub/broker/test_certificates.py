"""Boxes with certificates: the name in the certificate is the box, and no password is asked."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.areas import Area
from contract.keys import KeySet, PrivateKey, seal_keys
from edge_agent.clock import BoxClock
from edge_agent.link import keyfile
from edge_agent.link.program import Link
from edge_agent.settings import BoxSettings, LinkSettings, Settings
from hub.broker.files import TlsListener
from tests.conftest import HUB_PASSWORD, TestBroker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.broker
HOME = Area("530199001001")


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.pem = folder / f"{name}.pem"
        self._write(self.pem, self._certificate(self.name, self.key, is_ca=True))

    def issue(self, name: str, file: str = "") -> tuple[Path, Path]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        pem, secret = self.folder / f"{file or name}.pem", self.folder / f"{file or name}.key"
        self._write(pem, self._certificate(subject, key, is_ca=False))
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return pem, secret

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_ca: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        local = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(local, critical=False)
            .sign(self.key, hashes.SHA256())
        )

    @staticmethod
    def _write(path: Path, certificate: x509.Certificate) -> None:
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


class Visitor:
    """A client with a certificate (or none), turned by the test."""

    def __init__(
        self, port: int, ca: Path, pair: tuple[Path, Path] | None, name: str, will: str = ""
    ) -> None:
        self.received: list[str] = []
        self.is_up = False
        self.client = Client(CallbackAPIVersion.VERSION2, name, protocol=MQTTv5)
        context = ssl.create_default_context(cafile=str(ca))
        if pair is not None:
            context.load_cert_chain(*pair)
        self.client.tls_set_context(context)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.on_message = self._on_message
        if will:
            self.client.will_set(will, b"will", 1, retain=True)
        self.client.connect("127.0.0.1", port, 10)

    def _on_connect(self, *found: object) -> None:
        self.is_up = not getattr(found[3], "is_failure", True)

    def _on_disconnect(self, *_: object) -> None:
        self.is_up = False

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self.received.append(message.topic)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    found = Authority(tmp_path, "ca")
    found.issue("127.0.0.1", "server")
    return found


@pytest.fixture
def guarded(broker: TestBroker, authority: Authority) -> Iterator[TestBroker]:
    broker.add_box("box-1", (HOME,))
    broker.add_box("box-2", (HOME,))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    broker.supervisor.tls = TlsListener(port, authority.folder, "127.0.0.1")
    broker.stop()
    broker.start()
    return broker


def _port(broker: TestBroker) -> int:
    assert broker.supervisor.tls is not None
    return broker.supervisor.tls.port


def _until(condition: Callable[[], object], broker: TestBroker, *visitors: Visitor) -> None:
    deadline_s = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline_s, "this never came true"
        broker.supervisor.turn()
        for each in visitors:
            each.client.loop(0.02)


def _hub(broker: TestBroker) -> Client:
    hub = Client(CallbackAPIVersion.VERSION2, "hub", protocol=MQTTv5)
    hub.username_pw_set("hub", HUB_PASSWORD)
    hub.connect("127.0.0.1", broker.port)
    return hub


def test_a_certificate_s_name_is_the_box_and_its_rights(
    guarded: TestBroker, authority: Authority
) -> None:
    box = Visitor(_port(guarded), authority.pem, authority.issue("box-1"), "any-id")
    _until(lambda: box.is_up, guarded, box)
    box.client.subscribe([("#", 1), (topics.box_down("box-1", "ack"), 1)])
    hub = _hub(guarded)
    hub.loop(0.1)
    for _ in range(10):
        hub.loop(0.02)
        box.client.loop(0.02)
    hub.publish(topics.box_down("box-2", "ack"), b"x", 1)
    hub.publish(topics.box_down("box-1", "ack"), b"x", 1)
    hub.loop(0.1)
    _until(lambda: box.received, guarded, box)
    assert set(box.received) == {topics.box_down("box-1", "ack")}


def test_without_a_certificate_nobody_enters(guarded: TestBroker, authority: Authority) -> None:
    visitor = None
    try:
        visitor = Visitor(_port(guarded), authority.pem, None, "box-1")
        for _ in range(20):
            visitor.client.loop(0.02)
    except (OSError, ssl.SSLError):
        return
    assert not visitor.is_up


def test_a_certificate_of_another_authority_opens_nothing(
    guarded: TestBroker, authority: Authority, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    forged = Authority(folder, "ca").issue("box-1")
    try:
        visitor = Visitor(_port(guarded), authority.pem, forged, "box-1")
        for _ in range(20):
            visitor.client.loop(0.02)
    except (OSError, ssl.SSLError):
        return
    assert not visitor.is_up


def test_another_s_client_id_does_not_throw_it_out(
    guarded: TestBroker, authority: Authority
) -> None:
    victim = Visitor(_port(guarded), authority.pem, authority.issue("box-2"), "box-2")
    _until(lambda: victim.is_up, guarded, victim)
    thief = Visitor(_port(guarded), authority.pem, authority.issue("box-1"), "box-2")
    _until(lambda: thief.is_up, guarded, victim, thief)
    for _ in range(20):
        victim.client.loop(0.02)
    assert victim.is_up


def test_a_revoked_box_with_a_live_session_says_and_hears_nothing_more(
    guarded: TestBroker, authority: Authority
) -> None:
    box = Visitor(_port(guarded), authority.pem, authority.issue("box-1"), "box-1")
    _until(lambda: box.is_up, guarded, box)
    box.client.subscribe(topics.box_down("box-1", "ack"), 1)
    heard: list[str] = []
    hub = _hub(guarded)
    hub.on_connect = lambda *_: hub.subscribe(topics.uplink(), 1)
    hub.on_message = lambda _client, _user, message: heard.append(message.topic)
    for _ in range(20):
        hub.loop(0.02)
        box.client.loop(0.02)
    del guarded.accounts["box-1"]
    guarded._write()
    guarded.supervisor.turn()
    time.sleep(0.3)  # Mosquitto reads its files when the signal comes, and says nothing
    box.client.publish(topics.box_up("box-1", "state"), b"x", 1)
    hub.publish(topics.box_down("box-1", "ack"), b"x", 1)
    for _ in range(30):
        hub.loop(0.02)
        box.client.loop(0.02)
    assert (box.received, heard) == ([], [])


def test_a_village_s_link_comes_in_by_its_certificate_alone(
    guarded: TestBroker, authority: Authority, tmp_path: Path
) -> None:
    pem, secret = authority.issue("box-1")
    root = PrivateKey.generate()
    settings = Settings(
        box=BoxSettings("box-1", str(HOME), "青石村", str(tmp_path / "s"), str(tmp_path / "r")),
        link=LinkSettings(
            broker=f"mqtts://127.0.0.1:{_port(guarded)}",
            ca_file=str(authority.pem),
            certificate_file=str(pem),
            key_file=str(secret),
        ),
    )
    keys = KeySet(1, (root.public("root"),), root_threshold=1)
    keyfile.pin(settings.part_folder("link"), seal_keys(keys, [root]))
    link = Link(settings, BoxClock(settings.part_folder("clock")))
    heard: list[str] = []
    hub = _hub(guarded)
    hub.on_connect = lambda *_: hub.subscribe(topics.uplink(), 1)
    hub.on_message = lambda _client, _user, message: heard.append(message.topic)

    def has_reported() -> bool:
        link.turn(0.02)
        hub.loop(0.02)
        return topics.box_up("box-1", "state") in heard

    _until(has_reported, guarded)
    assert link.is_up
    link.close()
