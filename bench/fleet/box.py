"""One simulated box: the real protocol over a real connection, with its memory in place of a disk.

It pins a key set, follows its areas, verifies every byte with the contract's own code, applies a
manifest when nothing is missing, reports, and numbers its receipts until they are acknowledged.
"""

from __future__ import annotations

import random
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bench.fleet.layers import Layers
from contract import codec, topics, wire
from contract.alert import Alert
from contract.areas import Area
from contract.errors import ContractError
from contract.hub_note import HubNote
from contract.keys import Trust
from contract.messages import open_message
from contract.receipt import Receipt
from contract.uplink import BoxState, Event, EventAck, EventBatch

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

KEEPALIVE_S, RECEIVE_MAXIMUM = 30, 20
COALESCE_S, REPORT_EVERY_S = 2.0, 300.0
BATCH, IN_FLIGHT, PATIENCE_S = 100, 3, 10.0
BARE = b"bare"


@dataclass
class Seen:
    """What this box has to tell the bench; times are ``time.monotonic()``."""

    alerts: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Arrived, and how long this box's processor took to verify it."""
    played: list[str] = field(default_factory=list)
    bare: dict[int, float] = field(default_factory=dict)
    refused: int = 0
    foreign: int = 0
    connections: int = 0


class FleetBox:
    """Call `connect`, then `readable`, `work` and `tick` whenever they are due."""

    def __init__(
        self, box: str, area: str, address: tuple[str, int], tls: ssl.SSLContext, key_set: bytes
    ) -> None:
        self.box, self.seen = box, Seen()
        self._areas = (*Area.parse(area).path(), Area(area, box=box))
        self._address, self._tls = address, tls
        self._key_set, self._trust = key_set, Trust.first(key_set)
        self._client: Client | None = None
        self._session = 0
        self._spread = random.Random(box)  # noqa: S311 - spreads load
        self.is_up = False
        self.clock_off = timedelta()
        self.layers = Layers(self._areas, self)
        self._report_s = float("inf")
        self._inbox: deque[tuple[float, MQTTMessage]] = deque()
        self._waiting: deque[Event] = deque()
        self._made = self._sent = self.acknowledged = 0
        self._moved_s = 0.0
        self.is_holding = False
        self._encoded: dict[int, tuple[int, bytes]] = {}

    @property
    def follows(self) -> frozenset[str]:
        """Codes of the areas whose manifests it keeps."""
        return frozenset(map(str, self._areas))

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
        client.on_connect = lambda *words: self._connected(is_refused=words[3].is_failure)
        client.on_message = self._on_message
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own
        properties.SessionExpiryInterval = 3600
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        client.connect(*self._address, KEEPALIVE_S, clean_start=False, properties=properties)
        self._client, self.is_up = client, False
        sock = client.socket()
        if sock is None:
            raise OSError("no connection")
        return int(sock.fileno())

    def _connected(self, *, is_refused: bool) -> None:
        if self._client is None or is_refused:
            return
        self.is_up = True
        self.seen.connections += 1
        alerts = [topics.area_alert(area) for area in self._areas]
        own = [topics.KEYS, topics.HUB, topics.box_down(self.box, "ack")]
        self.subscribe([*own, *alerts, *self.layers.topics()])
        self._sent = self.acknowledged
        self._report_s = 0.0

    def subscribe(self, wanted: Sequence[str]) -> None:
        """Ask for topics, retained messages included."""
        if self._client is not None:
            self._client.subscribe([(each, 1) for each in wanted])

    def unsubscribe(self, done: Sequence[str]) -> None:
        """No longer needed."""
        if self._client is not None:
            self._client.unsubscribe(list(done))

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
            self._report_s = now_s + REPORT_EVERY_S * self._spread.uniform(0.8, 1.2)
            self._say("state", self._state(is_online=True), retain=True)
        if self._sent > self.acknowledged and now_s - self._moved_s > PATIENCE_S:
            self._sent, self._moved_s = self.acknowledged, now_s
        is_sending = self.is_up and not self.is_holding
        while is_sending and self._sent < self._made and self._in_flight < IN_FLIGHT:
            self._send_batch(now_s)
        if client.want_write():
            client.loop_write()
        return self._is_connected()

    def _is_connected(self) -> bool:
        return self._client is not None and self._client.socket() is not None

    @property
    def _in_flight(self) -> int:
        return -(-(self._sent - self.acknowledged) // BATCH)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is to be read, reported within seconds, or acknowledged."""
        is_reporting = self._report_s < time.monotonic() + COALESCE_S + 1.0
        return not (self._inbox or is_reporting or self.unacknowledged)

    def _say(self, what: str, body: bytes, *, retain: bool = False) -> None:
        if self._client is not None:
            self._client.publish(topics.box_up(self.box, what), body, 1, retain)

    def _now(self) -> datetime:
        return datetime.now(UTC) + self.clock_off

    def _state(self, *, is_online: bool) -> bytes:
        state = BoxState(
            self.box, f"s{self._session}", is_online, self._now(), clock_trusted=True,
            layers=self.layers.states() if is_online else None,
            keys_version=self._trust.keys.version,
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
        elif topic == topics.HUB:
            within_s = open_message(HubNote, body, self._trust).report_within_s
            self._report_within(self._spread.uniform(0.0, within_s))
        elif body[:4] == BARE:
            self.seen.bare[int(body[4:12])] = arrived_s
        elif body:
            self._take_area(topic, body, arrived_s)

    def _take_area(self, topic: str, body: bytes, arrived_s: float) -> None:
        area, word, sha256 = topics.area_of(topic)
        if area not in self._areas:
            self.seen.foreign += 1
        elif word == "alert":
            started_s = time.thread_time()
            alert = open_message(Alert, body, self._trust)
            self._play(alert, arrived_s, time.thread_time() - started_s)
        elif word == "b":
            found, applied = self.layers.take_blob(area, sha256, body, self._trust)
            if found is not None:
                self._play(found, arrived_s, 0.0)
            self._note_applied([item.id for item in applied if item.kind == "notice"])
        elif word in ("man", "delta"):
            take = self.layers.take_manifest if word == "man" else self.layers.take_delta
            self._note_applied([item.id for item in take(area, body, self._trust)])

    def _take_keys(self, body: bytes) -> None:
        if body != self._key_set:
            self._key_set, self._trust = body, self._trust.advance(body)

    def _play(self, alert: Alert, arrived_s: float, took_s: float) -> None:
        if alert.id not in self.seen.alerts:
            self.seen.alerts[alert.id] = (arrived_s, took_s)
            self.seen.played.append(alert.id)
            self.make_receipts(1, alert.notice.id)

    def _note_applied(self, notices: Sequence[str]) -> None:
        for notice in notices:
            self.make_receipts(1, notice)
        if notices:
            self._report_within(COALESCE_S)

    def _report_within(self, seconds: float) -> None:
        self._report_s = min(self._report_s, time.monotonic() + seconds)

    def _take_ack(self, body: bytes) -> None:
        ack = codec.decode(EventAck, wire.loads(body))
        self.acknowledged = max(self.acknowledged, ack.seq)
        # The answer to what was sent may come after a time-out or a cut took that back.
        self._sent = max(self._sent, self.acknowledged)
        self._moved_s = time.monotonic()
        while self._waiting and self._waiting[0].seq <= self.acknowledged:
            self._waiting.popleft()

    def make_receipts(self, count: int, notice: str = "") -> None:
        """Write numbered receipts; `tick` sends them until the hub has them."""
        for _ in range(count):
            self._made += 1
            about = notice or f"N-{self._made % 50}"
            receipt = Receipt(self.box, "link", "stored", about, 1, self._now(), True)
            self._waiting.append(Event(self._made, "receipt", codec.encode(receipt)))

    def _send_batch(self, now_s: float) -> None:
        first = self._sent - self.acknowledged
        events = tuple(
            self._waiting[n] for n in range(first, min(first + BATCH, len(self._waiting)))
        )
        if events:
            if self._sent == self.acknowledged:
                self._moved_s = now_s
            last, body = self._encoded.pop(events[0].seq, None) or self._batch(events)
            self._say("events", body)
            self._sent = last

    def _batch(self, events: Sequence[Event]) -> tuple[int, bytes]:
        """Its last number, and its bytes."""
        batch = EventBatch(self.box, "link", "fleet", tuple(events))
        return events[-1].seq, wire.dumps(codec.encode(batch))

    def encode_ahead(self) -> None:
        """Write down the batches of what waits: each box's own processor's work, in a county."""
        waiting = list(self._waiting)
        for start in range(0, len(waiting), BATCH):
            self._encoded[waiting[start].seq] = self._batch(waiting[start : start + BATCH])

    @property
    def unacknowledged(self) -> int:
        """Receipts that the hub has not acknowledged."""
        return self._made - self.acknowledged
