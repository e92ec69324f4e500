"""A real Mosquitto under supervision: rights as delivered, and back after every fault."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract import topics
from contract.areas import Area
from hub.broker import program
from hub.broker.files import TAKERS, BrokerFiles
from tests.conftest import HUB_PASSWORD, TAKERS_PASSWORD, TestBroker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.broker
HOME, OTHER = Area("530199001001"), Area("530199001002")


class Visitor:
    """A client turned by the test; writes down all it receives."""

    def __init__(self, broker: TestBroker, user: str, password: str, **options: str) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.is_up = False
        self.client = Client(
            CallbackAPIVersion.VERSION2, options.get("client_id", user), protocol=MQTTv5
        )
        self.client.username_pw_set(user, password)
        self.client.on_message = self._on_message
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        if "will" in options:
            self.client.will_set(options["will"], b"will", 1, retain=True)
        self.client.connect("127.0.0.1", broker.port, 10)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self.received.append((message.topic, message.payload))

    def _on_connect(self, *found: object) -> None:
        self.is_up = not getattr(found[3], "is_failure", True)

    def _on_disconnect(self, *_: object) -> None:
        self.is_up = False

    def turn(self) -> None:
        self.client.loop(0.02)


class Party:
    """Several visitors at one broker."""

    def __init__(self, broker: TestBroker) -> None:
        self.broker = broker
        self.visitors: list[Visitor] = []

    def join(self, user: str, password: str = "", **options: str) -> Visitor:
        visitor = Visitor(self.broker, user, password or user, **options)
        self.visitors.append(visitor)
        self.until(lambda: visitor.is_up)
        return visitor

    def turn(self) -> None:
        self.broker.supervisor.turn()
        for each in self.visitors:
            each.turn()

    def until(self, condition: Callable[[], object], patience_s: float = 15.0) -> None:
        deadline_s = time.monotonic() + patience_s
        while not condition():
            assert time.monotonic() < deadline_s, "this never came true"
            self.turn()

    def settle(self) -> None:
        for _ in range(25):
            self.turn()


@pytest.fixture
def party(broker: TestBroker) -> Iterator[Party]:
    broker.add_box("box-1", (Area("530199"), HOME))
    broker.add_box("box-2", (Area("530199"), OTHER))
    found = Party(broker)
    found.turn()
    yield found
    for each in found.visitors:
        each.client.disconnect()


@pytest.fixture
def hub(party: Party) -> Visitor:
    visitor = party.join("hub", HUB_PASSWORD)
    visitor.client.subscribe(topics.uplink(), 1)
    return visitor


def test_a_box_hears_its_own_areas_and_no_others(party: Party, hub: Visitor) -> None:
    box = party.join("box-1")
    box.client.subscribe([("#", 1), ("vn1/g/+/man", 1), (topics.area_all(OTHER), 1), ("$SYS/#", 1)])
    box.client.subscribe([(topics.box_down("box-2", "ack"), 1), ("$share/x/vn1/#", 1)])
    box.client.subscribe(topics.area_all(HOME), 1)
    party.settle()
    for topic in (
        topics.area_manifest(OTHER),
        topics.box_down("box-2", "ack"),
        topics.box_up("box-2", "state"),
        topics.area_manifest(HOME),
    ):
        hub.client.publish(topic, b"x", 1)
    party.until(lambda: box.received)
    party.settle()
    assert {topic for topic, _ in box.received} == {topics.area_manifest(HOME)}


def test_whoever_takes_in_hears_reports_and_acknowledges_them_and_can_do_nothing_else(
    party: Party, hub: Visitor
) -> None:
    taker, box = party.join(TAKERS[0], TAKERS_PASSWORD), party.join("box-1")
    for greedy in ("#", "vn1/#", topics.uplink(), topics.area_all(HOME), "$share/x/vn1/d/+/up/#"):
        taker.client.subscribe(greedy, 1)
    taker.client.subscribe(topics.box_up("box-2", "events"), 1)
    box.client.subscribe([(topics.area_all(HOME), 1), (topics.box_down("box-1", "+"), 1)])
    party.settle()
    for topic in (
        topics.area_manifest(HOME), topics.area_alert(HOME), topics.HUB, topics.KEYS,
        topics.box_down("box-1", "time"), topics.box_down("box-1", "answer"),
        topics.box_up("box-1", "state"), topics.box_down("box-1", "ack"),
    ):  # fmt: skip
        taker.client.publish(topic, b"x", 1, retain=True)
    for topic in (topics.box_up("box-2", "state"), topics.box_up("box-2", "nonce"), topics.HUB,
                  topics.area_manifest(HOME), topics.box_up("box-2", "events")):  # fmt: skip
        hub.client.publish(topic, b"hub", 1)
    party.until(lambda: taker.received and len(box.received) >= 2)
    party.settle()
    assert {topic for topic, _ in taker.received} == {topics.box_up("box-2", "events")}
    assert {topic for topic, body in box.received if body == b"x"} == {
        topics.box_down("box-1", "ack")
    }
    assert (topics.box_up("box-1", "state"), b"x") not in hub.received


def test_a_box_hears_its_own_layer_that_no_neighbour_hears_or_writes(
    party: Party, hub: Visitor
) -> None:
    own, others = Area(HOME.code, box="box-3"), Area(HOME.code, box="box-4")
    party.broker.add_box("box-3", (HOME, own))
    party.broker.add_box("box-4", (HOME, others))
    party.turn()
    box, neighbour = party.join("box-3"), party.join("box-4")
    greedy = [("#", 1), ("vn1/g/+/man", 1), ("vn1/g/#", 1), (topics.area_all(own), 1)]
    neighbour.client.subscribe([*greedy, (f"$share/x/{topics.area_all(own)}", 1)])
    box.client.subscribe([(topics.area_all(own), 1), (topics.area_all(HOME), 1)])
    hub.client.subscribe(topics.area_all(own), 1)
    party.settle()
    for each in (box, neighbour):
        each.client.publish(topics.area_manifest(own), b"forged", 1, retain=True)
    party.settle()
    assert (box.received, neighbour.received, hub.received) == ([], [], [])
    for area in (own, HOME):
        hub.client.publish(topics.area_manifest(area), b"x", 1)
    party.until(lambda: len(box.received) == 2 and neighbour.received)
    party.settle()
    assert {topic for topic, _ in neighbour.received} == {topics.area_manifest(HOME)}
    assert {topic for topic, _ in box.received} == set(map(topics.area_manifest, (own, HOME)))


def test_a_box_can_write_under_its_own_name_only(party: Party, hub: Visitor) -> None:
    box = party.join("box-1")
    victim = party.join("box-2")
    victim.client.subscribe([(topics.area_all(OTHER), 1), (topics.box_down("box-2", "+"), 1)])
    party.settle()
    for topic in (
        topics.area_manifest(HOME),
        topics.area_manifest(OTHER),
        topics.box_down("box-2", "time"),
        topics.box_up("box-2", "state"),
        topics.KEYS,
        topics.box_up("box-1", "state"),
    ):
        box.client.publish(topic, b"x", 1, retain=True)
    party.until(lambda: hub.received)
    party.settle()
    assert [topic for topic, _ in hub.received] == [topics.box_up("box-1", "state")]
    assert victim.received == []


def test_a_foreign_will_is_not_delivered(party: Party, hub: Visitor) -> None:
    thief = party.join("box-1", will=topics.box_up("box-2", "state"))
    sock = thief.client.socket()
    assert sock is not None
    sock.close()
    party.visitors.remove(thief)
    party.settle()
    assert hub.received == []


def test_a_client_id_cannot_be_stolen(party: Party) -> None:
    victim = party.join("box-2")
    party.join("box-1", client_id="box-2")
    party.settle()
    assert victim.is_up


@pytest.mark.parametrize(("user", "password"), [("box-1", "wrong"), ("nobody", "x"), ("hub", "")])
def test_a_wrong_password_opens_nothing(party: Party, user: str, password: str) -> None:
    visitor = Visitor(party.broker, user, password)
    party.visitors.append(visitor)
    party.settle()
    assert not visitor.is_up


def test_a_new_box_is_let_in_without_a_restart(party: Party) -> None:
    process = party.broker.supervisor.process
    party.broker.add_box("box-3", (HOME,))
    party.turn()
    party.join("box-3")
    assert party.broker.supervisor.process is process


def test_a_revoked_box_is_thrown_out_at_once(party: Party, hub: Visitor) -> None:
    box = party.join("box-1")
    del party.broker.accounts["box-1"]
    party.broker._write()
    party.until(lambda: not box.is_up)
    box.client.publish(topics.box_up("box-1", "state"), b"x", 1)
    party.settle()
    assert hub.received == []


def test_a_packet_of_200_megabytes_is_refused_and_the_broker_lives(
    party: Party, hub: Visitor
) -> None:
    box = party.join("box-1")
    properties = Properties(PacketTypes.PUBLISH)
    topic = topics.box_up("box-1", "events")
    box.client.publish(topic, b"\0" * 200_000_000, 1, properties=properties)
    party.until(lambda: not box.is_up, patience_s=40)
    assert party.broker.is_up()
    assert hub.received == []


def _retained(party: Party, hub: Visitor, payload: bytes) -> bool:
    """Whether a fresh box still finds what was retained."""
    hub.client.publish(topics.area_manifest(HOME), payload, 1, retain=True)
    party.settle()
    party.broker.supervisor.stop()
    return party.broker.files.database.exists()


@pytest.mark.parametrize("damage", ["half", "zeros", "junk", "empty"])
def test_a_broken_database_is_moved_aside_and_the_broker_comes_back(
    party: Party, hub: Visitor, damage: str
) -> None:
    assert _retained(party, hub, b"x" * 5000)
    party.visitors.clear()
    database = party.broker.files.database
    whole = database.read_bytes()
    database.write_bytes(
        {
            "half": whole[: len(whole) // 2],
            "zeros": bytes(len(whole)),
            "junk": b"\xa5" * len(whole),
            "empty": b"",
        }[damage]
    )
    party.until(party.broker.is_up, patience_s=20)
    party.join("box-1")


def test_a_taken_port_is_no_reason_to_throw_the_database_away(party: Party, hub: Visitor) -> None:
    assert _retained(party, hub, b"x")
    supervisor = party.broker.supervisor
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", party.broker.port))
        squatter.listen()
        party.visitors.clear()
        starts = supervisor.starts
        party.until(lambda: supervisor.starts >= starts + 4, patience_s=20)
    party.until(party.broker.is_up, patience_s=20)
    assert not list(party.broker.files.folder.glob("*.broken"))


def test_a_fresh_hub_has_a_broker_and_a_killed_one_leaves_none_behind(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    hub = subprocess.Popen(
        [sys.executable, "-m", "hub.broker", "--port", str(port)],
        env={**os.environ, "VILLAGE_HUB_DATA": str(tmp_path)},
    )
    _until_listening(port, wanted=True)
    hub.kill()
    hub.wait()
    _until_listening(port, wanted=False)


def _until_listening(port: int, *, wanted: bool) -> None:
    deadline_s = time.monotonic() + 20
    while True:
        with socket.socket() as probe:
            if (probe.connect_ex(("127.0.0.1", port)) == 0) is wanted:
                return
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def test_without_mosquitto_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    monkeypatch.setenv("VILLAGE_HUB_DATA", str(tmp_path))
    assert program.main(["--port", "1"]) == 1
    assert "apt install mosquitto" in capsys.readouterr().err


def test_a_killed_broker_comes_back(party: Party) -> None:
    party.broker.kill()
    party.until(party.broker.is_up)
    assert party.broker.supervisor.starts >= 2


def test_passwords_are_in_no_readable_file(broker: TestBroker) -> None:
    for path in (broker.files.passwords, broker.files.access, broker.files.configuration):
        assert path.stat().st_mode & 0o077 == 0
    assert HUB_PASSWORD not in broker.files.passwords.read_text()


def test_what_stands_in_its_files_is_not_written_again_so_that_a_full_disk_starts_a_broker(
    tmp_path: Path,
) -> None:
    files = BrokerFiles(tmp_path)
    files.write_configuration(1883)
    written = files.configuration.stat()
    files.write_configuration(1883)
    assert files.configuration.stat() == written
    files.write_configuration(1884)
    assert files.configuration.stat() != written
