"""A county that has a hub above it: two real brokers, the county's dispatcher, relay and boxes.

The hub above is played with its own keys: what it signs is what a real one signs, and a test may
sign what a real one never would.
"""

from __future__ import annotations

import base64
import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.utils import timezone
from paho.mqtt import publish as mqtt

from contract import codec, delta, envelope, topics, wire
from contract.alert import Alert
from contract.areas import Area
from contract.keys import KeySet, PrivateKey, seal_keys
from contract.manifest import Item, Manifest
from contract.messages import seal_message, sha256_hex
from contract.notice import Cap, Notice, Paragraph, Sender
from contract.relay import HubKeys, JoinAnswer
from hub.broker.files import Account
from hub.broker.passwords import hashed
from hub.enrol.authority import Authority
from hub.relay import joining
from hub.relay.program import Relay
from tests.conftest import HUB_PASSWORD, TestBroker
from tests.hub.dispatch.conftest import Road

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.hub.conftest import Desk
    from tests.hub.dispatch.conftest import BoxOnDesk

COUNTY = Area("530199")
HUB = f"hub-{COUNTY}"


class HubAbove:
    """Province, city or whoever else: its keys, its manifests, its broker."""

    def __init__(self, area: str, broker: TestBroker) -> None:
        self.area = area
        self.broker = broker
        self.roots = [PrivateKey.generate() for _ in range(3)]
        self.target, self.content, self.first, self.second = (
            PrivateKey.generate() for _ in range(4)
        )
        self.version = 0
        self.key_set = b""
        self.generations: dict[str, int] = {}
        self.items: dict[str, dict[str, tuple[Item, bytes]]] = {}
        self.manifests: dict[str, bytes] = {}
        self.renew()

    def renew(self, **more: PrivateKey) -> bytes:
        """The next key set; ``target=key`` gives it another target key, and so on."""
        for name, key in more.items():
            setattr(self, name, key)
        self.version += 1
        keys = [root.public("root", holder=f"root-{n}") for n, root in enumerate(self.roots)]
        keys.append(self.target.public("target", area=self.area, holder="target"))
        keys.append(self.content.public("content", area=self.area, holder="content"))
        keys.append(self.first.public("emergency", area=self.area, holder="first"))
        keys.append(self.second.public("emergency", area=self.area, holder="second"))
        self.key_set = seal_keys(KeySet(self.version, tuple(keys)), self.roots[:2])
        return self.key_set

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Put something onto the broker, as its own hub or as somebody who broke into it."""
        auth = {"username": "hub", "password": HUB_PASSWORD}
        mqtt.single(
            topic,
            payload,
            1,
            retain,
            "127.0.0.1",
            self.broker.port,
            "hub",
            auth=auth,  # type: ignore[arg-type] # paho's own
        )

    def notice(self, name: str, area: str, revision: int = 1, **changes: object) -> Notice:
        now = timezone.now()
        fields: dict[str, object] = {
            "title": "停电检修通知", "summary": "周六检修", "sender": Sender("电力公司"),
            "publish_at": now, "issued_at": now, "valid_until": now + timedelta(days=2),
            "blocks": (Paragraph("请提前做好准备。"),), "channels": ("led", "kiosk"), **changes,
        }  # fmt: skip
        return Notice(id=name, revision=revision, areas=(area,), **fields)  # type: ignore[arg-type]

    def put(self, name: str, area: str, revision: int = 1) -> bytes:
        """A notice into the manifest of an area; its bytes."""
        body = seal_message(self.notice(name, area, revision), self.content)
        item = Item(name, revision, sha256_hex(body), len(body))
        self.items.setdefault(area, {})[name] = (item, body)
        self.publish(area)
        return body

    def drop(self, name: str, area: str) -> None:
        del self.items[area][name]
        self.publish(area)

    def publish(self, area: str, signer: PrivateKey | None = None) -> bytes:
        """Blobs, then the next manifest, then the delta to it: as a dispatcher does."""
        self.generations[area] = number = self.generations.get(area, 0) + 1
        rows = sorted(self.items.get(area, {}).values(), key=lambda row: row[0].id)
        items = tuple(item for item, _ in rows)
        body = seal_message(Manifest(area, 1, number, timezone.now(), items), signer or self.target)
        before, self.manifests[area] = self.manifests.get(area), body
        for item, blob in rows:
            self.say(topics.area_blob(Area(area), item.sha256), blob, retain=True)
        self.say(topics.area_manifest(Area(area)), body, retain=True)
        way = delta.between(before, body) if before else delta.elsewhere(body)
        self.say(topics.area_delta(Area(area)), seal_message(way, signer or self.target))
        return body

    def alert(self, name: str, area: str, **changes: object) -> bytes:
        """An alert, signed by both officers; it is listed, too."""
        body = self.sealed_alert(name, area, **changes)
        self.say(topics.area_alert(Area(area)), body)
        item = Item(name, 1, sha256_hex(body), len(body), "alert")
        self.items.setdefault(area, {})[name] = (item, body)
        self.publish(area)
        return body

    def sealed_alert(
        self,
        name: str,
        area: str,
        signers: tuple[PrivateKey, ...] = (),
        life_s: float = 600.0,
        cancels: str = "",
    ) -> bytes:
        now = timezone.now()
        cap = Cap(
            msg_type="Cancel" if cancels else "Alert", references=(cancels,) if cancels else ()
        )
        notice = self.notice(f"N-{name}", area, priority="emergency", cap=cap)
        issued = now + timedelta(seconds=min(0.0, life_s - 1.0))
        made = Alert(name, notice, issued, issued + timedelta(seconds=max(1.0, life_s)))
        return seal_message(made, *(signers or (self.first, self.second)))

    def say_keys(self, above: str = "") -> None:
        """The newest key set on its topic; ``above``: as a hub between passes it on."""
        topic = (
            topics.area_keys(Area(above), self.version) if above else topics.key_set(self.version)
        )
        self.say(topic, self.key_set, retain=True)

    def answer(self, folder: Path, *others: HubAbove) -> bytes:
        """The answer to the county's request, as `relay admit` writes it."""
        request = joining.read_request(joining.request())
        authority = Authority(folder / "authority")
        keys = [HubKeys(each.area, base64.b64encode(each.key_set).decode())
                for each in (self, *others)]  # fmt: skip
        found = JoinAnswer(
            request.hub, self.area, "上级", (self.broker.address,), "", authority.certificate_pem(),
            authority.sign(request.csr_pem, request.hub), request.hub, tuple(keys),
        )  # fmt: skip
        return envelope.seal("ticket", wire.dumps(codec.encode(found)), [self.target])


class Tree(Road):
    """The county's road with a relay, and the hub above."""

    def __init__(self, people: Desk, broker: TestBroker, folder: Path, above: HubAbove) -> None:
        super().__init__(people, broker, folder)
        self.above = above
        self.folder = folder
        self.relay: Relay | None = None

    def join(self, *others: HubAbove) -> None:
        parent = joining.join(self.above.answer(self.folder, *others), {})
        self.relay = Relay(parent)

    def restart_relay(self) -> None:
        assert self.relay is not None
        self.relay._line.drop("killed")
        self.relay = Relay(joining.Parent.objects.get())

    def turn(self) -> None:
        super().turn()
        self.above.broker.supervisor.turn()
        if self.relay is not None:
            self.relay.turn(0.01)

    def until_all(self, boxes: list[BoxOnDesk], names: Callable[[BoxOnDesk], bool]) -> None:
        self.until(lambda: all(names(box) for box in boxes))

    def close(self) -> None:
        if self.relay is not None:
            self.relay.close()
        super().close()


def make_broker(folder: Path) -> TestBroker:
    found = TestBroker(folder)
    found.accounts[HUB] = Account(HUB, hashed(HUB), COUNTY.path(), is_hub=True)
    found._write()
    found.start()
    return found


@pytest.fixture
def tree(people: Desk, broker: TestBroker, tmp_path: Path) -> Iterator[Tree]:
    """The county below province 53; it has not joined yet."""
    other = make_broker(tmp_path / "above")
    found = Tree(people, broker, tmp_path, HubAbove("53", other))
    yield found
    with contextlib.suppress(OSError):
        found.close()
    other.stop()
    for path in (settings.DATA.keys / joining.FOLDER).glob("*"):
        path.unlink()


@pytest.fixture
def road(people: Desk, broker: TestBroker, tmp_path: Path) -> Iterator[Road]:
    """The county alone, as the hub above a town's."""
    found = Road(people, broker, tmp_path)
    yield found
    with contextlib.suppress(OSError):
        found.close()
