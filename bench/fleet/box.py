"""One simulated box: the real protocol over a real connection, with its memory in place of a disk.

It pins a key set, follows its areas, verifies every byte with the contract's own code, applies a
manifest when nothing is missing, reports, and numbers its receipts until they are acknowledged.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract import codec, topics, wire
from contract.alert import Alert
from contract.areas import Area
from contract.errors import ContractError
from contract.keys import Trust
from contract.manifest import Manifest
from contract.messages import open_message, sha256_hex
from contract.notice import Notice
from contract.receipt import Receipt
from contract.uplink import BoxState, Event, EventAck, EventBatch, LayerState

if TYPE_CHECKING:
    import ssl

KEEPALIVE_S = 30
COALESCE_S = 2.0
BATCH = 100
IN_FLIGHT = 3
BARE = b"bare"


@dataclass
class Seen:
    """What this box has to tell the bench; times are ``time.monotonic()``."""

    alerts: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Arrived, and how long this box took to verify it."""
    bare: dict[int, float] = field(default_factory=dict)
    refused: int = 0
    foreign: int = 0
    connections: int = 0


class FleetBox:
    """Call `connect`, then `readable` and `tick` whenever they are due."""

    def __init__(
        self, box: str, area: str, address: tuple[str, int], tls: ssl.SSLContext, key_set: bytes
    ) -> None:
        self.box, self.seen = box, Seen()
        self._areas = Area.parse(area).path()
        self._address, self._tls = address, tls
        self._key_set, self._trust = key_set, Trust.first(key_set)
        self._client: Client | None = None
        self._session = 0
        self.is_up = False
        self._held: dict[Area, Manifest] = {}
        self._digests: dict[Area, str] = {}
        self._pending: dict[Area, tuple[Manifest, bytes]] = {}
        self._blobs: dict[str, object] = {}
        self._report_s = float("inf")
        self._inbox: deque[tuple[float, MQTTMessage]] = deque()
        self._waiting: deque[Event] = deque()
        self._made = self._sent = self.acknowledged = 0

    @property
    def follows(self) -> frozenset[str]:
        """Codes of the areas whose manifests it keeps."""
        return frozenset(map(str, self._areas))

    def versions(self) -> dict[str, int]:
        """Generation in force of every area."""
        return {str(area): manifest.generation for area, manifest in self._held.items()}

    def connect(self) -> int:
        """Connect (TCP and TLS at once, the rest by `readable`); gives the descriptor.

        Raises:
            OSError: refused.
        """
        self._session += 1
        client = Client(
            CallbackAPIVersion.VERSION2, client_id=self.box, protocol=MQTTv5,
            reconnect_on_failure=False, manual_ack=True,
        )  # fmt: skip
        client.tls_set_context(self._tls)
        client.will_set(topics.box_up(self.box, "state"), self._state(is_online=False), 1, True)
        client.on_connect = lambda *_: self._connected()
        client.on_message = self._on_message
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own
        properties.SessionExpiryInterval = 3600
        client.connect(*self._address, KEEPALIVE_S, clean_start=False, properties=properties)
        self._client, self.is_up = client, False
        sock = client.socket()
        if sock is None:
            raise OSError("no connection")
        return int(sock.fileno())

    def _connected(self) -> None:
        client = self._client
        if client is None:
            return
        self.is_up = True
        self.seen.connections += 1
        follow = [topics.KEYS, topics.box_down(self.box, "ack")]
        for area in self._areas:
            follow += [topics.area_alert(area), topics.area_manifest(area)]
        client.subscribe([(each, 1) for each in follow])
        self._sent = self.acknowledged
        self._report_s = 0.0

    def drop(self) -> None:
        """Break the connection without a word, as a power cut does."""
        client, self._client = self._client, None
        self.is_up = False
        self._inbox.clear()
        sock = client.socket() if client else None
        if sock is not None:
            sock.close()

    def readable(self) -> bool:
        """Read all that has come; False when the connection is gone."""
        client = self._client
        while client is not None and client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            sock = client.socket()
            if sock is None or not sock.pending():  # type: ignore[attr-defined] # a TLS socket
                break
        return self._is_connected()

    def tick(self, now_s: float) -> bool:
        """Keep-alive, reports, receipts; False when the connection is gone."""
        client = self._client
        if client is None:
            return False
        client.loop_misc()
        if self.is_up and now_s >= self._report_s:
            self._report_s = float("inf")
            self._say("state", self._state(is_online=True), retain=True)
        while self.is_up and self._sent < self._made and self._in_flight < IN_FLIGHT:
            self._send_batch()
        if client.want_write():
            client.loop_write()
        return self._is_connected()

    def _is_connected(self) -> bool:
        return self._client is not None and self._client.socket() is not None

    @property
    def _in_flight(self) -> int:
        return -(-(self._sent - self.acknowledged) // BATCH)

    def _say(self, what: str, body: bytes, *, retain: bool = False) -> None:
        if self._client is not None:
            self._client.publish(topics.box_up(self.box, what), body, 1, retain)

    def _state(self, *, is_online: bool) -> bytes:
        layers = {
            str(area): LayerState(*found.version, area not in self._pending, self._digests[area])
            for area, found in self._held.items()
        }
        state = BoxState(
            self.box, f"s{self._session}", is_online, datetime.now(UTC), clock_trusted=True,
            layers=layers if is_online else None, keys_version=self._trust.keys.version,
        )  # fmt: skip
        return wire.dumps(codec.encode(state))

    def _on_message(self, client: Client, _user: object, message: MQTTMessage) -> None:
        del client
        self._inbox.append((time.monotonic(), message))

    def work(self) -> bool:
        """Deal with one message; False when there is none.

        A crowd reads all its boxes first and works afterwards: in a county no box waits for
        another one's processor, so a message's arrival must not either.
        """
        if not self._inbox:
            return False
        arrived_s, message = self._inbox.popleft()
        try:
            self._take(message.topic, bytes(message.payload), arrived_s)
        except ContractError:
            self.seen.refused += 1
        if self._client is not None:
            self._client.ack(message.mid, message.qos)
        return True

    def _take(self, topic: str, body: bytes, arrived_s: float) -> None:
        if topic == topics.box_down(self.box, "ack"):
            self._take_ack(body)
        elif topic == topics.KEYS:
            self._take_keys(body)
        elif body[:4] == BARE:
            self.seen.bare[int(body[4:12])] = arrived_s
        elif body:
            area, word, sha256 = topics.area_of(topic)
            if area not in self._areas:
                self.seen.foreign += 1
            elif word == "alert":
                self._take_alert(body, arrived_s)
            elif word == "man":
                self._take_manifest(area, body)
            elif word == "b":
                self._take_blob(sha256, body)

    def _take_keys(self, body: bytes) -> None:
        if body != self._key_set:
            self._key_set, self._trust = body, self._trust.advance(body)

    def _take_alert(self, body: bytes, arrived_s: float) -> None:
        started_s = time.perf_counter()
        alert = open_message(Alert, body, self._trust)
        took_s = time.perf_counter() - started_s
        if alert.id not in self.seen.alerts:
            self.seen.alerts[alert.id] = (arrived_s, took_s)
            self.make_receipts(1, alert.notice.id)

    def _take_manifest(self, area: Area, body: bytes) -> None:
        manifest = open_message(Manifest, body, self._trust)
        known = self._pending.get(area, (self._held.get(area), b""))[0]
        if manifest.area != str(area) or (known and manifest.version <= known.version):
            return
        self._pending[area] = (manifest, body)
        self._settle(area)
        lacking = [item.sha256 for item in manifest.items if item.sha256 not in self._blobs]
        if lacking and self._client is not None:
            self._client.subscribe([(topics.area_blob(area, each), 1) for each in lacking])

    def _take_blob(self, sha256: str, body: bytes) -> None:
        wanted = {
            item.sha256: item for manifest, _ in self._pending.values() for item in manifest.items
        }
        item = wanted.get(sha256)
        if item is None or sha256_hex(body) != sha256:
            return
        if item.kind == "alert":
            open_message(Alert, body, self._trust)
        else:
            open_message(Notice, body, self._trust)
        self._blobs[sha256] = None
        for area in list(self._pending):
            self._settle(area)

    def _settle(self, area: Area) -> None:
        manifest, body = self._pending[area]
        if all(item.sha256 in self._blobs for item in manifest.items):
            self._held[area], self._digests[area] = manifest, sha256_hex(body)[:16]
            del self._pending[area]
            self._report_s = min(self._report_s, time.monotonic() + COALESCE_S)

    def _take_ack(self, body: bytes) -> None:
        ack = codec.decode(EventAck, wire.loads(body))
        self.acknowledged = max(self.acknowledged, ack.seq)
        while self._waiting and self._waiting[0].seq <= self.acknowledged:
            self._waiting.popleft()

    def make_receipts(self, count: int, notice: str = "N") -> None:
        """Write numbered receipts; `tick` sends them until the hub has them."""
        for _ in range(count):
            self._made += 1
            receipt = Receipt(
                self.box, "link", "stored", f"{notice}-{self._made % 50}", 1,
                datetime.now(UTC), clock_trusted=True,
            )  # fmt: skip
            self._waiting.append(Event(self._made, "receipt", codec.encode(receipt)))

    def _send_batch(self) -> None:
        first = self._sent - self.acknowledged
        events = tuple(
            self._waiting[n] for n in range(first, min(first + BATCH, len(self._waiting)))
        )
        if events:
            batch = EventBatch(self.box, "link", "fleet", events)
            self._say("events", wire.dumps(codec.encode(batch)))
            self._sent = events[-1].seq

    @property
    def unacknowledged(self) -> int:
        """Receipts that the hub has not acknowledged."""
        return self._made - self.acknowledged
