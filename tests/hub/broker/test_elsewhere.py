"""A second broker on another machine: made from its bundle alone, and told of every change."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.utils import timezone

from contract import topics
from contract.areas import Area
from edge_agent.clock import BoxClock
from edge_agent.link import keyfile
from edge_agent.link.program import Link
from edge_agent.settings import BoxSettings, LinkSettings, Settings
from edge_agent.store import Store
from hub.broker.admission import CONTROL, dismissing
from hub.broker.errors import BrokerError
from hub.broker.files import TlsListener
from hub.broker.supervisor import BrokerSupervisor, _program
from hub.dispatch import outlet
from hub.dispatch.dispatcher import Dispatcher
from hub.dispatch.sealer import Sealer
from hub.dispatch.wake import WakeSocket
from hub.enrol import broker_tls
from hub.enrol.authority import Authority
from hub.ledger import boxes
from hub.notices import desk
from hub.site.datadir import DataDir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.hub.conftest import Desk

pytestmark = [pytest.mark.broker, pytest.mark.django_db]
Forms = dict[str, dict[str, Any]]
HERE, THERE = "127.0.0.1", "127.0.0.2"
PATIENCE_S = 60.0


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class County:
    """A hub with a broker of its own, and one elsewhere; boxes come in with certificates."""

    def __init__(self, people: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.people, self.folder = people, folder
        data = DataDir(folder / "hub")
        data.make()
        monkeypatch.setattr(settings, "DATA", data)
        self.authority = Authority(data.keys / "authority")
        files = boxes.broker_files()
        port, tls_port, self.there_port = _free_port(HERE), _free_port(HERE), _free_port(THERE)
        self.here_at = f"mqtts://{HERE}:{tls_port}"
        self.there_at = f"mqtts://{THERE}:{self.there_port}"
        told = {"VILLAGE_HUB_BROKER_TLS": self.here_at, "VILLAGE_HUB_STANDBY": self.there_at}
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        boxes.write_accounts()
        broker_tls.prepare(self.authority, files.tls, [HERE])
        tls = TlsListener(tls_port, files.tls, HERE)
        self.here = BrokerSupervisor(files, port, tls=tls, hub_password=boxes.hub_password())
        self.there: subprocess.Popen[bytes] | None = None
        self.bundle = folder / "bundle"
        self.links: dict[str, Link] = {}
        self._port = port

    def carry_the_bundle(self) -> None:
        """What a technician does, up to the unit."""
        boxes.write_broker_bundle(self.bundle, [THERE], self.there_port, THERE)
        subprocess.run(["sh", str(self.bundle / "install.sh"), "--link-only"], check=True)

    def start(self) -> None:
        self.start_there()
        sealer = Sealer()
        self.woken = WakeSocket(self.folder)
        self.dispatcher = Dispatcher(
            (HERE, self._port),
            boxes.hub_password(),
            sealer,
            lambda: sealer.others(time.monotonic()),
            outlet.parse(self.there_at, boxes.broker_files().tls),
        )

    def start_there(self) -> None:
        words = [_program(), "-c", "mosquitto.conf"]
        if os.geteuid() == 0:
            with (self.bundle / "mosquitto.conf").open("a") as file:
                file.write("user root\n")  # the unit runs as mosquitto
        self.there = subprocess.Popen(words, cwd=self.bundle)

    def add_box(self, name: str) -> Link:
        access = boxes.add_box(name, self.people.village.code)
        boxes.write_accounts()  # in a test nothing is ever committed
        folder = self.folder / name
        folder.mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        request = x509.CertificateSigningRequestBuilder().subject_name(subject)
        pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
        (folder / "own.pem").write_text(self.authority.sign(pem, name))
        (folder / "ca.pem").write_text(self.authority.certificate_pem())
        own = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / "own.key").write_bytes(own)
        state, run = str(folder / "s"), str(folder / "r")
        found = Settings(
            box=BoxSettings(name, self.people.village.code, name, state, run),
            link=LinkSettings(
                broker=self.here_at,
                ca_file=str(folder / "ca.pem"),
                certificate_file=str(folder / "own.pem"),
                key_file=str(folder / "own.key"),
            ),
        )
        keyfile.pin(found.part_folder("link"), access.key_set)
        self.links[name] = Link(found, BoxClock(found.part_folder("clock")))
        return self.links[name]

    def names(self, box: str) -> set[str]:
        store = Store(self.links[box]._settings.part_folder("store"), read_only=True)
        with contextlib.closing(store):
            return {each.notice.name for each in store.in_force().notices}

    def publish(self, form: dict[str, Any]) -> None:
        people = self.people
        page = desk.draft_from_import(people.clerk, form, people.village, now=timezone.now())
        desk.drop_restricted_columns(people.clerk, page)
        desk.submit(people.clerk, page)
        desk.approve(people.committee, page)
        desk.sign(people.secretary, page)

    def turn(self) -> None:
        self.here.turn()
        self.dispatcher.turn(self.woken.fileno(), 0.01)
        for each in self.links.values():
            each.turn(0.01)

    def until(self, condition: Callable[[], object]) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline_s, "this never came true"
            self.turn()

    def close(self) -> None:
        for each in self.links.values():
            each.close()
        if self.there is not None:
            self.dispatcher.close()
            self.woken.close()
            self.there.kill()
            self.there.wait()
        self.here.stop()


@pytest.fixture
def county(people: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[County]:
    found = County(people, tmp_path, monkeypatch)
    yield found
    found.close()


def _is_at(link: Link, host: str) -> bool:
    return link.is_up and link._session._address.host == host


def _go_there(link: Link) -> None:
    """Lose the connection; the next try is at the other machine."""
    hosts = [each.host for each in link._session._addresses]
    link._session._lose("moved")
    link._session._at = hosts.index(THERE)


def test_boxes_live_on_at_a_broker_made_from_its_bundle_alone(
    county: County, notices: Forms
) -> None:
    link = county.add_box("box-1")
    county.carry_the_bundle()
    county.start()
    county.publish(notices["N001"])
    county.until(lambda: county.names("box-1") == {"N001@1"})
    county.until(lambda: THERE in {each.host for each in link._session._addresses})

    county.here.stop()
    county.here.turn = lambda: None  # type: ignore[method-assign] # that machine is gone
    county.until(lambda: _is_at(link, THERE))
    county.publish(notices["N003"])
    county.until(lambda: county.names("box-1") == {"N001@1", "N003@1"})


def test_a_box_enrolled_or_revoked_later_is_let_in_or_thrown_out_there_too(
    county: County, notices: Forms
) -> None:
    first = county.add_box("box-1")
    county.carry_the_bundle()
    county.start()
    second = county.add_box("box-2")  # the bundle does not know it
    for link in (first, second):
        county.until(lambda link=link: len(link._session._addresses) > 1)
        _go_there(link)
    county.publish(notices["N001"])
    county.until(lambda: county.names("box-1") == county.names("box-2") == {"N001@1"})
    assert _is_at(first, THERE)
    assert _is_at(second, THERE)

    boxes.revoke_box("box-1")
    boxes.write_accounts()
    session = first._session._name
    county.until(lambda: first._session._name != session or not first.is_up)  # thrown out
    county.publish(notices["N003"])
    county.until(lambda: county.names("box-2") == {"N001@1", "N003@1"})
    assert county.names("box-1") == {"N001@1"}

    boxes.add_box("box-1", county.people.village.code)  # a new card for it: let in again
    boxes.write_accounts()
    first._session._lose("the new card")
    county.until(lambda: county.names("box-1") == {"N001@1", "N003@1"})


def test_a_box_hears_and_says_there_only_what_it_may(
    county: County, notices: Forms, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief, other = county.add_box("box-1"), county.add_box("box-2")
    county.carry_the_bundle()
    county.start()
    for link in (thief, other):
        county.until(lambda link=link: len(link._session._addresses) > 1)
        _go_there(link)
        county.until(lambda link=link: _is_at(link, THERE))
    heard: list[str] = []
    taken = thief._session._listener.received

    def received(topic: str, payload: bytes, *, is_repeated: bool) -> None:
        heard.append(topic)
        taken(topic, payload, is_repeated=is_repeated)

    monkeypatch.setattr(thief._session._listener, "received", received)
    client = thief._session._client
    assert client is not None
    elsewhere = Area.parse(county.people.other_village.code)
    for greedy in ("#", "vn1/#", "vn1/d/+/+", "$share/x/vn1/d/+/up/#", "$CONTROL/#",
                   topics.area_all(elsewhere)):  # fmt: skip
        client.subscribe(greedy, 1)
    thief._session.publish(CONTROL, json.dumps(dismissing("box-2")).encode())
    thief._session.publish(topics.box_up("box-2", "state"), b"forged", retain=True)
    thief._session.publish(topics.area_manifest(elsewhere), b"forged", retain=True)
    there = county.dispatcher._outlets[1].connection
    for secret in (topics.box_down("box-2", "ack"), topics.area_manifest(elsewhere)):
        there.publish(secret, b"for others")
    county.publish(notices["N001"])
    county.until(lambda: county.names("box-1") == county.names("box-2") == {"N001@1"})
    assert _is_at(other, THERE)
    areas = [f"vn1/g/{area}/" for area in Area.parse(county.people.village.code).path()]
    mine = ("vn1/all/", "vn1/d/box-1/", *areas)
    assert heard
    assert [topic for topic in heard if not topic.startswith(mine)] == []


def test_without_its_bundle_the_hub_does_not_go_to_another_machine(county: County) -> None:
    with pytest.raises(BrokerError, match="bundle"):
        outlet.parse(county.there_at, boxes.broker_files().tls)


def test_a_bundle_lets_nobody_but_its_owner_read(county: County) -> None:
    county.carry_the_bundle()
    secret = [path for path in county.bundle.iterdir() if path.suffix in (".key", ".json")]
    assert len(secret) == 2
    assert all(path.stat().st_mode & 0o077 == 0 for path in (*secret, county.bundle))
    text = (county.bundle / "mosquitto.conf").read_text()
    assert "require_certificate true" in text
    assert str(county.folder) not in text
