"""Link as a whole against a real Mosquitto, with nobody at the other end or somebody hostile."""

from __future__ import annotations

import errno
import json
import time
from typing import TYPE_CHECKING

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from contract.areas import Area
from contract.keys import PrivateKey, seal_keys
from contract.messages import sha256_hex
from edge_agent.clock import BoxClock
from edge_agent.errors import SettingsError
from edge_agent.link import keyfile
from edge_agent.link.program import Link
from edge_agent.settings import BoxSettings, LinkSettings, Settings
from tests.conftest import HUB_PASSWORD, TestBroker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.edge_agent.link.conftest import County

pytestmark = pytest.mark.broker
VILLAGE = Area("530199001001")


class Hub:
    """The other end: publishes what the test gives it and hears what the box says."""

    def __init__(self, broker: TestBroker) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.client = Client(CallbackAPIVersion.VERSION2, "hub", protocol=MQTTv5)
        self.client.username_pw_set("hub", HUB_PASSWORD)
        self.client.on_message = self._on_message
        self.client.on_connect = lambda *_: self.client.subscribe(topics.uplink(), 1)
        self.client.connect("127.0.0.1", broker.port)

    def _on_message(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))

    def states(self) -> list[dict[str, object]]:
        wanted = topics.box_up("box-1", "state")
        return [json.loads(body) for topic, body in self.heard if topic == wanted and body]

    def retain(self, topic: str, body: bytes) -> None:
        self.client.publish(topic, body, 1, retain=True)


class Desk:
    """Link, hub and broker, turned by the test."""

    def __init__(self, broker: TestBroker, settings: Settings) -> None:
        self.broker = broker
        self.settings = settings
        self.hub = Hub(broker)
        self.link = self.new_link()

    def new_link(self) -> Link:
        return Link(self.settings, BoxClock(self.settings.part_folder("clock")))

    def turn(self) -> None:
        self.broker.supervisor.turn()
        self.hub.client.loop(0.01)
        self.link.turn(0.01)

    def until(self, condition: Callable[[], object], patience_s: float = 20.0) -> None:
        deadline_s = time.monotonic() + patience_s
        while not condition():
            assert time.monotonic() < deadline_s, "this never came true"
            self.turn()

    def names(self) -> set[str]:
        return {each.notice.name for each in self.link._held.store.in_force().notices}


@pytest.fixture
def settings(broker: TestBroker, tmp_path: Path, county: County) -> Settings:
    broker.add_box("box-1", VILLAGE.path())
    broker.supervisor.turn()
    (tmp_path / "password").write_text("box-1\n")
    found = Settings(
        box=BoxSettings("box-1", str(VILLAGE), "青石村", str(tmp_path / "s"), str(tmp_path / "r")),
        link=LinkSettings(broker=broker.address, password_file=str(tmp_path / "password")),
    )
    keyfile.pin(found.part_folder("link"), county.sealed_keys())
    return found


@pytest.fixture
def desk(broker: TestBroker, settings: Settings) -> Iterator[Desk]:
    found = Desk(broker, settings)
    yield found
    found.link.close()


def test_it_reports_at_once_and_says_good_bye(desk: Desk) -> None:
    desk.until(desk.hub.states)
    state = desk.hub.states()[0]
    assert (state["box"], state["online"], state["clock_trusted"]) == ("box-1", True, False)
    desk.link.close()
    desk.link = desk.new_link()
    desk.until(lambda: any(not each["online"] for each in desk.hub.states()))


def test_a_lost_connection_is_told_by_the_will_with_its_session(desk: Desk) -> None:
    desk.until(desk.hub.states)
    session = desk.hub.states()[0]["session"]
    desk.link._session._lose("power cut")
    desk.until(lambda: any(not each["online"] for each in desk.hub.states()))
    last = next(each for each in desk.hub.states() if not each["online"])
    assert last["session"] == session
    desk.until(lambda: desk.hub.states()[-1]["online"])
    assert desk.hub.states()[-1]["session"] != session


def test_it_starts_and_keeps_what_it_has_while_there_is_no_broker(
    broker: TestBroker, settings: Settings, county: County
) -> None:
    desk = Desk(broker, settings)
    desk.until(lambda: desk.link.is_up)
    body = county.seal(county.notice())
    desk.hub.retain(topics.area_blob(VILLAGE, sha256_hex(body)), body)
    desk.hub.retain(topics.area_manifest(VILLAGE), county.manifest(1, ("N1", 1, body)))
    desk.until(lambda: desk.names() == {"N1@1"})
    desk.link.close()
    broker.stop()
    link = desk.new_link()
    for _ in range(50):
        link.turn(0.01)
    assert not link.is_up
    assert {each.notice.name for each in link._held.store.in_force().notices} == {"N1@1"}
    broker.start()
    desk.link = link
    desk.until(lambda: link.is_up)
    link.close()


def test_a_box_that_was_away_walks_the_chain_of_key_sets(desk: Desk, county: County) -> None:
    old = county.roots
    chain = []
    for version in (2, 3, 4):
        new = [PrivateKey.generate() for _ in range(3)]
        old, county.roots = county.roots, new
        chain.append((version, seal_keys(county.keys(version), [*old[:2], *new[:2]])))
    for version, body in chain:
        desk.hub.retain(topics.key_set(version), body)
    desk.hub.retain(topics.KEYS, chain[-1][1])
    desk.until(lambda: desk.link._held.keys.version == 4)


def test_a_fault_of_ours_in_a_handler_does_not_stop_later_messages(
    desk: Desk, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.until(lambda: desk.link.is_up)
    with monkeypatch.context() as broken:
        broken.setattr(desk.link._sync, "take_manifest", lambda *_: 1 / 0)
        desk.hub.retain(topics.area_manifest(Area("530199")), b"x")
        for _ in range(30):
            desk.turn()
    body = county.seal(county.notice())
    desk.hub.retain(topics.area_blob(VILLAGE, sha256_hex(body)), body)
    desk.hub.retain(topics.area_manifest(VILLAGE), county.manifest(1, ("N1", 1, body)))
    desk.until(lambda: desk.names() == {"N1@1"})


def test_a_message_that_could_not_be_stored_comes_again(
    desk: Desk, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.link.session.AFTER_TROUBLE_S", 0.2)
    desk.until(lambda: desk.link.is_up)
    body = county.seal_alert(county.alert())
    with monkeypatch.context() as full:

        def refuse(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        full.setattr(desk.link._alarms, "take_message", refuse)
        desk.hub.client.publish(topics.area_alert(VILLAGE), body, 1)
        desk.until(lambda: not desk.link.is_up)
    desk.until(lambda: desk.link._held.memory.waiting() or desk.link._held.store.in_force().alerts)


def test_a_message_that_cannot_be_stored_leaves_the_line_to_an_emergency(
    desk: Desk, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.until(lambda: desk.link.is_up)
    session = desk.link._session._name
    tries: list[bytes] = []

    def refuse(body: bytes) -> bool:
        tries.append(body)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(desk.link._time, "take_answer", refuse)
    desk.hub.client.publish(topics.box_down("box-1", "time"), b"x", 1)
    desk.hub.client.publish(topics.area_alert(VILLAGE), county.seal_alert(county.alert()), 1)
    held = desk.link._held
    desk.until(lambda: held.memory.waiting() or held.store.in_force().alerts)
    assert tries == [b"x"]
    assert desk.link._session._name == session


def test_a_box_that_was_never_enrolled_says_so(tmp_path: Path) -> None:
    settings = Settings(
        box=BoxSettings("box-1", str(VILLAGE), "青石村", str(tmp_path / "s"), str(tmp_path / "r"))
    )
    with pytest.raises(SettingsError, match="village-provision"):
        Link(settings, BoxClock(settings.part_folder("clock")))


@pytest.mark.parametrize("address", ["", "http://x", "mqtt://", "mqtt://x:99999999", "x:1883"])
def test_a_broker_address_that_is_none_is_named(tmp_path: Path, address: str) -> None:
    settings = Settings(
        box=BoxSettings("box-1", str(VILLAGE), "青石村", str(tmp_path / "s"), str(tmp_path / "r")),
        link=LinkSettings(broker=address),
    )
    with pytest.raises(SettingsError, match=r"link\.broker"):
        Link(settings, BoxClock(settings.part_folder("clock")))
