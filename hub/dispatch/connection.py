"""The hub's connection to the broker: paced, counted, acknowledged after the commit.

Runs in the dispatcher's own loop, without a thread. What is to be asserted is queued by name
and read from the database when it is sent, so that an old manifest can never overtake a newer
one. Messages that came in are handed over together, stored in one transaction, then acknowledged.

Nothing that needs the database happens inside paho's callbacks: they take notes, and `turn`
works them off afterwards. What fails there because the database is away is done again in the
next turn; a connection that stands but was never given anything to assert would stand for days.
"""

from __future__ import annotations

import contextlib
import logging
import ssl
import time
from collections import Counter, deque
from dataclasses import dataclass
from select import POLLIN, POLLOUT
from typing import TYPE_CHECKING, Any, Protocol

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from contract import topics
from hub.broker.files import HUB_USER
from hub.dispatch.wake import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.client import SocketLike
    from paho.mqtt.reasoncodes import ReasonCode

_log = logging.getLogger(__name__)
OTHER_VERSION = 132
"""Reason code of a broker that does not know this version of MQTT."""
KEEPALIVE_S = 15
CONNECT_WITHIN_S = 5.0
SESSION_EXPIRY_S = 24 * 3600
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
UNACKNOWLEDGED = 15
"""paho sends no more than 20 at a time; the others are for emergencies and answers to boxes."""
TOGETHER = 200
"""Messages read in one turn; between two turns it is looked for an emergency."""
TOGETHER_BYTES = 512 * 1024
"""Likewise: some 2,000 receipts, a tenth of a second's work."""
FAIR_SHARE = 20
"""Messages of QoS 0 kept of one topic in one turn: no box of ours uses it."""

EVERYTHING = (topics.uplink(), topics.hub_uplink())
ALL_BUT_EVENTS = (topics.uplinks("state"), topics.uplinks("nonce"), topics.hub_uplink())
"""Where others take in what boxes report."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message from a box."""

    topic: str
    payload: bytes
    is_retained: bool


class Listener(Protocol):
    """Who uses the connection."""

    def connected(self) -> None:
        """A connection stands: assert everything."""
        ...

    def received(self, messages: Sequence[Incoming]) -> None:
        """Messages from boxes; when this returns they are in the database."""
        ...


class Connection:
    """The hub's one connection. Call `turn` for ever."""

    def __init__(
        self,
        host: str,
        port: int,
        password: str,
        listener: Listener,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.user = HUB_USER
        self.filters: Sequence[str] = EVERYTHING
        """Subscribed to with every connection. Change both before the first turn, if at all."""
        self._host, self._port, self._password = host, port, password
        self._listener = listener
        self._tls = tls
        self._is_older = False
        """Whether the broker knows only MQTT 3.1.1, without an end to messages and sessions."""
        self._client: Client | None = None
        self._next_try_s = 0.0
        self._pause_s = FIRST_PAUSE_S
        self._heard_s = 0.0
        self._inbox: list[MQTTMessage] = []
        self._inbox_bytes = 0
        self._shares: Counter[str] = Counter()
        self._done: dict[int, Callable[[], None]] = {}
        self._arrived: deque[Callable[[], None]] = deque()
        self.is_greeted = False
        """Whether the listener knows of the connection."""
        self.is_up = False
        self.is_quiet = True
        """Whether the last turn brought no message."""

    @property
    def has_room(self) -> bool:
        """Whether more may be sent before the broker has acknowledged what was sent."""
        return self.is_up and len(self._done) < UNACKNOWLEDGED

    def fileno(self) -> int | None:
        """For `wait_for`, while there is a connection."""
        sock = self._client.socket() if self._client is not None else None
        return sock.fileno() if sock is not None else None

    def turn(self, other: int, timeout_s: float, *, listens: bool = True) -> None:
        """Wait for the network or for the file descriptor ``other``; deal with the network.

        Without ``listens`` what comes is left where it is, and only what is to go out goes.
        """
        if self._client is None and time.monotonic() >= self._next_try_s:
            self._connect()
        client = self._client
        sock = client.socket() if client is not None else None
        if client is None or sock is None:
            self._lose("not connected")
            left_s = max(0.0, self._next_try_s - time.monotonic())
            wait_for({other: POLLIN}, min(timeout_s, left_s))
            return
        self.is_quiet = True
        events = (POLLIN if listens else 0) | (POLLOUT if client.want_write() else 0)
        came = wait_for({sock.fileno(): events, other: POLLIN}, timeout_s).get(sock.fileno(), 0)
        if came & ~POLLOUT:
            self._heard_s = time.monotonic()
            self._read(client)
        if came & POLLOUT and self._client is client:
            client.loop_write()
        if self._client is client:
            self._watch(client)
        if self.is_up and self._client is client:
            self._work(client)

    def _read(self, client: Client) -> None:
        self._shares.clear()
        for _ in range(TOGETHER):
            if client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or self._client is not client:
                return
            sock = client.socket()
            if sock is None or self._is_full or not _has_more(sock):
                return

    @property
    def _is_full(self) -> bool:
        """Whether there is enough for one turn."""
        return len(self._inbox) >= TOGETHER or self._inbox_bytes >= TOGETHER_BYTES

    def _work(self, client: Client) -> None:
        """What the callbacks noted; each is crossed out only when it is done."""
        if not self.is_greeted:
            self._listener.connected()
            self.is_greeted = True
        while self._arrived:
            self._arrived[0]()
            self._arrived.popleft()
        if self._inbox:
            self._hand_over(client)

    def _hand_over(self, client: Client) -> None:
        """What cannot be stored now stays, unacknowledged, for the next turn."""
        self.is_quiet = False
        taken = list(self._inbox)
        self._listener.received(
            [Incoming(each.topic, bytes(each.payload), bool(each.retain)) for each in taken]
        )
        del self._inbox[: len(taken)]
        self._inbox_bytes = 0
        for each in taken:
            client.ack(each.mid, each.qos)

    def _watch(self, client: Client) -> None:
        client.loop_misc()
        silent_s = time.monotonic() - self._heard_s
        patience_s = 2 * KEEPALIVE_S if self.is_up else CONNECT_WITHIN_S
        if client.socket() is None:
            self._lose("the connection broke")
        elif silent_s > patience_s:
            self._lose(f"nothing heard for {silent_s:.0f} s")

    def _connect(self) -> None:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.user,
            clean_session=False if self._is_older else None,
            protocol=MQTTv311 if self._is_older else MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_WITHIN_S
        client.username_pw_set(self.user, self._password)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        self._client, self._heard_s = client, time.monotonic()
        wishes: dict[str, Any] = {}
        if not self._is_older:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            wishes = {"clean_start": False, "properties": properties}
        try:
            client.connect(self._host, self._port, KEEPALIVE_S, **wishes)
        except (OSError, ValueError) as error:
            self._lose(str(error))

    def _on_connect(
        self, client: Client, _user: object, _flags: object, reason: ReasonCode, _more: object
    ) -> None:
        if client is not self._client:
            return
        if reason.is_failure:
            self._is_older = self._is_older or reason.value == OTHER_VERSION
            self._lose(f"the broker refuses the hub: {reason}")
            return
        self.is_up, self._pause_s = True, FIRST_PAUSE_S
        if topics.uplink() not in self.filters and self.user == HUB_USER:
            client.unsubscribe(topics.uplink())  # the session may be of a time before the shares
        if self.filters:
            client.subscribe([(each, 1) for each in self.filters])
        _log.info("%s is connected to the broker", self.user)

    def _on_message(self, client: Client, _user: object, message: MQTTMessage) -> None:
        if client is not self._client:
            return
        self._shares[message.topic] += 1
        if message.qos or self._shares[message.topic] <= FAIR_SHARE:
            self._inbox.append(message)
            self._inbox_bytes += len(message.payload)

    def _on_publish(
        self, client: Client, _user: object, mid: int, reason: ReasonCode, _more: object
    ) -> None:
        done = self._done.pop(mid, None)
        if client is not self._client or done is None:
            return
        if reason.is_failure:
            _log.error("the broker refused a message of the hub: %s", reason)
        else:
            self._arrived.append(done)

    def subscribe(self, filters: Sequence[str]) -> None:
        """Hear more; lost without a connection."""
        if self._client is not None and self.is_up:
            self._client.subscribe([(each, 1) for each in filters])

    def answer(self, topic: str, payload: bytes) -> None:
        """Send at QoS 0 what is asked for again when it is lost.

        It fills no place among the few messages that may be under way, where an emergency would
        have to wait behind it.
        """
        if self._client is not None and self.is_up:
            self._client.publish(topic, payload, 0)

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        expiry_s: int | None = None,
        done: Callable[[], None] | None = None,
    ) -> None:
        """Send at QoS 1 and call ``done`` once the broker has it; lost without a connection."""
        if self._client is None or not self.is_up:
            return
        properties = None
        if expiry_s is not None and not self._is_older:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho's own
            properties.MessageExpiryInterval = expiry_s
        sent = self._client.publish(topic, payload, 1, retain, properties)
        if sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._done[sent.mid] = done or _nothing

    def _lose(self, why: str) -> None:
        if self._client is None:
            return
        level = logging.WARNING if self.is_up else logging.INFO
        _log.log(level, "no connection to the broker: %s", why)
        self._forget()
        self._next_try_s = time.monotonic() + self._pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def _forget(self) -> None:
        """Nothing of this connection means anything to the next one."""
        client, self._client = self._client, None
        self.is_up = self.is_greeted = False
        self._inbox.clear()
        self._inbox_bytes = 0
        self._done.clear()
        self._arrived.clear()
        sock = client.socket() if client is not None else None
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.close()

    def close(self) -> None:
        """Disconnect."""
        if self._client is not None:
            self._client.disconnect()
            with contextlib.suppress(OSError, ValueError):
                self._client.loop_write()
        self._forget()


def _has_more(sock: SocketLike) -> bool:
    pending = sock.pending() if isinstance(sock, ssl.SSLSocket) else 0
    return pending > 0 or bool(wait_for({sock.fileno(): POLLIN}, 0.0))


def _nothing() -> None:
    """Nobody waits for this acknowledgement."""
