"""The row about thieves: a box of the county that wants more at the broker than is its own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from contract import topics
from faults.rows import Row, Scene, Seen
from hub.ledger.models import Box as BoxRow
from hub.ledger.models import ReceiptRow

if TYPE_CHECKING:
    from faults.county import County
    from faults.village import VillageBox

TURNS_S = 0.7
SHARED = f"$share/hub/{topics.VERSION}/d/+/up/#"


class Thief:
    """A client with a box's own password, and wishes of its own."""

    def __init__(self, county: County, box: VillageBox, client_id: str, will: str = "") -> None:
        self.received: list[str] = []
        self.client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTv5)
        password = Path(box.settings.link.password_file).read_text(encoding="ascii")
        self.client.username_pw_set(box.name, password)
        self.client.on_message = self._hear
        if will:
            self.client.will_set(will, b'{"online":false}', 1, retain=True)
        self.client.connect("127.0.0.1", county.port)
        self.turn(county)

    def _hear(self, _client: Client, _user: object, message: MQTTMessage) -> None:
        self.received.append(message.topic)

    def turn(self, county: County) -> None:
        """Let the thief, the broker and the hub go on for a while."""
        end_s = time.monotonic() + TURNS_S
        while time.monotonic() < end_s:
            self.client.loop(0.002)
            county.turn()


def stolen(scene: Scene) -> Seen:
    """Row 21: judged by what is delivered, not by what is granted."""
    county, breaches = scene.county, []
    with county.villages(scene.folder, 2) as (victim, thief):
        thief.power_cut()
        session = victim.link._session._name if victim.link else ""
        breaches += _wishes(county, thief, victim)
        breaches += _shared_group(county, thief, victim)
        breaches += _foreign_will(county, thief, victim)
        if victim.link is None or victim.link._session._name != session:
            breaches.append("another's client id threw the victim out")
        thief.boot()
        county.until_right()
    return Seen(
        "client id of another, shared group, foreign topics, #, foreign will",
        "no effect: nothing delivered to the thief, nothing lost by the others",
        breaches,
    )


def _wishes(county: County, thief: VillageBox, victim: VillageBox) -> list[str]:
    """Another's name, everything there is to hear, and another's topics to write to."""
    client = Thief(county, thief, victim.name)
    client.client.subscribe([("#", 1), (topics.box_down(victim.name, "+"), 1)])
    before = BoxRow.objects.get(id=victim.name).state
    client.client.publish(topics.box_up(victim.name, "state"), b"{}", 1, retain=True)
    client.turn(county)
    county.publish()
    client.turn(county)
    client.client.disconnect()
    foreign = [each for each in client.received if victim.name in each or "/up/" in each]
    breaches = [f"the thief heard {each}" for each in foreign]
    if BoxRow.objects.get(id=victim.name).state != before and not victim.is_up:
        breaches.append("the victim's state was written by the thief")
    return breaches


def _shared_group(county: County, thief: VillageBox, victim: VillageBox) -> list[str]:
    """Half of a shared subscription would be lost to the thief."""
    client = Thief(county, thief, thief.name)
    client.client.subscribe(SHARED, 1)
    client.turn(county)
    before = ReceiptRow.objects.filter(box_id=victim.name).count()
    for _ in range(2):
        county.publish()
    county.until_right()
    rows = ReceiptRow.objects.filter(box_id=victim.name)
    county.until(lambda: rows.count() >= before + 4)  # received and stored, twice
    client.client.disconnect()
    return [f"the shared group gave the thief {each}" for each in client.received if "/up/" in each]


def _foreign_will(county: County, thief: VillageBox, victim: VillageBox) -> list[str]:
    """A last will that says that another is away."""
    client = Thief(county, thief, thief.name, will=topics.box_up(victim.name, "state"))
    sock = client.client.socket()
    if sock is not None:
        sock.close()
    county.for_a_while(TURNS_S)
    is_online = BoxRow.objects.get(id=victim.name).is_online
    return [] if is_online else ["a foreign will told that the victim is away"]


ROWS = (Row("21", "client-id theft, share-group theft, foreign topics", "0 effect", stolen),)
