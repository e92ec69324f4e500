"""One MQTT connection after another: connect, watch, drop, wait, connect.

The connection runs in link's own loop, without a thread: an error in a handler cannot kill a
network thread behind our back. A message is acknowledged only after its handler returned,
that is after the commit. Every connection uses a fresh client object: what must survive lies
in link's files, never in the client's memory. MQTT 5 is spoken; a broker that knows only 3.1.1
says so and is spoken to in that. Message and session expiry are then missing; what must not be
late carries its own end under its signature, and nothing relies on a session.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import sqlite3
import ssl
from select import POLLIN, POLLOUT
from typing import TYPE_CHECKING, Any, Protocol

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from contract import topics
from edge_agent.link.retry import Retry
from edge_agent.poke import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paho.mqtt.client import SocketLike
    from paho.mqtt.reasoncodes import ReasonCode

    from edge_agent.clock import Clock
    from edge_agent.link.address import Address

_log = logging.getLogger(__name__)
SESSION_EXPIRY_S = 7 * 24 * 3600
RECEIVE_MAXIMUM = 20
MAXIMUM_PACKET_BYTES = 256 * 1024
CONNECT_WITHIN_S = 5.0
AFTER_TROUBLE_S = 10.0
"""What could not be stored is asked for again so late; the line stays open for the rest."""
PATIENCE = 1.4
"""Times the keep-alive without a sign of the broker: 42 s at 30 s, so that a link that is open at
one end only is noticed within 45 s, the second of our own turn included."""
_SUBSCRIBE_AT_ONCE = 50
_OTHER_VERSION = 132
"""Reason code of a broker that does not know the version of MQTT (MQTT 5, 3.2.2.2)."""


class Listener(Protocol):
    """Who uses the session."""

    def connected(self, session: str) -> None:
        """A connection stands; subscribe and publish what is due."""
        ...

    def received(self, topic: str, payload: bytes, *, is_repeated: bool) -> None:
        """A message; when this returns it is on the disk."""
        ...

    def will(self, session: str) -> bytes:
        """The last will of a connection that is about to be made."""
        ...


class Session:
    """The connection of one box. Call `turn` for ever."""

    def __init__(
        self, box: str, address: Address, keepalive_s: int, clock: Clock, listener: Listener
    ) -> None:
        self._box = box
        self._addresses = [address]
        self._at = 0
        self._keepalive_s = keepalive_s
        self._clock = clock
        self._listener = listener
        self._retry = Retry()
        self._older: set[tuple[str, int]] = set()
        """Brokers that know only MQTT 3.1.1."""
        self._client: Client | None = None
        self._is_up = False
        self._name = ""
        self._next_try_s = float("-inf")
        self._heard_s = 0.0
        self._ask_again_s = float("inf")

    @property
    def is_up(self) -> bool:
        """Whether the broker accepted us and we have heard of it since."""
        return self._is_up

    def use(self, addresses: Sequence[Address]) -> None:
        """These brokers carry the hub's word; a connection that stands is left alone."""
        present = self._addresses[self._at]
        self._addresses = list(addresses)
        places = [(each.host, each.port) for each in self._addresses]
        now = (present.host, present.port)
        self._at = places.index(now) if now in places else 0

    @property
    def _address(self) -> Address:
        return self._addresses[self._at]

    def turn(self, other: int, timeout_s: float) -> None:
        """Wait for the network or for the file descriptor ``other``; deal with the network."""
        if self._client is None and self._clock.monotonic_s() >= self._next_try_s:
            self._connect()
        client = self._client
        sock = client.socket() if client is not None else None
        if client is None or sock is None:
            self._lose("not connected")
            left_s = max(0.0, self._next_try_s - self._clock.monotonic_s())
            wait_for({other: POLLIN}, min(timeout_s, left_s))
            return
        events = POLLIN | (POLLOUT if client.want_write() else 0)
        came = wait_for({sock.fileno(): events, other: POLLIN}, timeout_s).get(sock.fileno(), 0)
        if came & ~POLLOUT:
            self._heard_s = self._clock.monotonic_s()
            self._read(client)
        if came & POLLOUT and self._client is client:
            client.loop_write()
        self._watch(client)

    def _read(self, client: Client) -> None:
        """Read every packet that has come, also those inside the TLS layer."""
        while client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS and self._client is client:
            sock = client.socket()
            if sock is None or not _has_more(sock):
                return

    def _watch(self, client: Client) -> None:
        """Keep-alives, and our own patience with a link that is open at one end only."""
        if self._client is not client:
            return
        client.loop_misc()
        silent_s = self._clock.monotonic_s() - self._heard_s
        patience_s = PATIENCE * self._keepalive_s if self._is_up else CONNECT_WITHIN_S
        if client.socket() is None:
            self._lose("the connection broke")
        elif silent_s > patience_s:
            self._lose(f"nothing heard for {silent_s:.0f} s")
        elif self._clock.monotonic_s() >= self._ask_again_s:
            self._lose("the broker is to send again what could not be stored")

    def _connect(self) -> None:
        self._name = secrets.token_hex(4)
        client = self._fresh_client()
        self._client, self._heard_s = client, self._clock.monotonic_s()
        try:
            client.connect(
                self._address.host,
                self._address.port,
                self._keepalive_s,
                **({} if self._is_older else _wishes()),
            )
        except (OSError, ValueError) as error:  # refused, unreachable, wrong certificate
            self._lose(str(error))

    @property
    def _is_older(self) -> bool:
        return (self._address.host, self._address.port) in self._older

    def _fresh_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._box,
            clean_session=False if self._is_older else None,
            protocol=MQTTv311 if self._is_older else MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_WITHIN_S
        client.username_pw_set(self._box, self._address.password)
        if self._address.tls is not None:
            client.tls_set_context(self._address.tls)
        will = self._listener.will(self._name)
        client.will_set(topics.box_up(self._box, "state"), will, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: Client, _user: object, _flags: object, reason: ReasonCode, _more: object
    ) -> None:
        if client is not self._client:
            return
        if reason.is_failure:
            if reason.value == _OTHER_VERSION:
                self._older.add((self._address.host, self._address.port))
            self._lose(f"the broker refuses this box: {reason}")
            return
        self._is_up = True
        self._retry.succeeded()
        self._listener.connected(self._name)

    def _on_message(self, client: Client, _user: object, message: MQTTMessage) -> None:
        if client is not self._client:
            return
        try:
            self._listener.received(
                message.topic, bytes(message.payload), is_repeated=bool(message.dup)
            )
        except (OSError, sqlite3.Error) as error:
            # Not acknowledged, so it comes again with a new connection. The present one stays
            # for a while: the next message may be an emergency for which there is room.
            _log.error("cannot store a message: %s", error)
            again_s = self._clock.monotonic_s() + AFTER_TROUBLE_S
            self._ask_again_s = min(self._ask_again_s, again_s)
            return
        except Exception:  # noqa: BLE001 - a fault of ours must not stop every later message
            _log.exception("a message could not be dealt with and is dropped")
        client.ack(message.mid, message.qos)

    def _lose(self, why: str) -> None:
        """Drop the connection and decide when to try again."""
        client, self._client = self._client, None
        if client is None:
            return
        if self._is_up:
            _log.warning("no connection: %s", why)
        else:
            _log.info("no connection: %s", why)
        self._is_up, self._ask_again_s = False, float("inf")
        _hang_up(client)
        now_s = self._clock.monotonic_s()
        self._at = (self._at + 1) % len(self._addresses)
        others = len(self._addresses) - 1
        self._next_try_s = now_s + self._retry.pause_s(now_s, others)

    def subscribe(self, topics_: Sequence[str]) -> None:
        """Ask for topics at QoS 1, their retained messages included."""
        for start in range(0, len(topics_), _SUBSCRIBE_AT_ONCE):
            chunk = topics_[start : start + _SUBSCRIBE_AT_ONCE]
            if self._client is not None and self._is_older:
                self._client.subscribe([(each, 1) for each in chunk])
            elif self._client is not None:
                self._client.subscribe([(each, SubscribeOptions(qos=1)) for each in chunk])

    def unsubscribe(self, topics_: Sequence[str]) -> None:
        """No longer needed."""
        if self._client is not None and topics_:
            self._client.unsubscribe(list(topics_))

    def publish(self, topic: str, payload: bytes, **options: Any) -> None:  # noqa: ANN401 - paho's own
        """Send at QoS 1; lost if there is no connection, so keep what must not be lost."""
        if self._client is not None:
            self._client.publish(topic, payload, qos=1, **options)

    def close(self, farewell: bytes) -> None:
        """Say good-bye with ``farewell`` as the retained state, and disconnect."""
        client = self._client
        if client is None or not self._is_up:
            return
        client.publish(topics.box_up(self._box, "state"), farewell, qos=1, retain=True)
        client.disconnect()
        with contextlib.suppress(OSError, ValueError):
            for _ in range(20):
                if client.socket() is None or not client.want_write():
                    break
                client.loop_write()
        self._client, self._is_up = None, False


def _wishes() -> dict[str, Any]:
    """What only MQTT 5 lets a box ask for."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own
    properties.SessionExpiryInterval = SESSION_EXPIRY_S
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    properties.MaximumPacketSize = MAXIMUM_PACKET_BYTES
    return {"clean_start": False, "properties": properties}


def _has_more(sock: SocketLike) -> bool:
    pending = sock.pending() if isinstance(sock, ssl.SSLSocket) else 0
    return pending > 0 or bool(wait_for({sock.fileno(): POLLIN}, 0.0))


def _hang_up(client: Client) -> None:
    """Close without a DISCONNECT, so that the broker publishes the last will."""
    client.on_message = None
    client.on_connect = None
    sock = client.socket()
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.close()
