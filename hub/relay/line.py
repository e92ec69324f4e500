"""The line to the hub above: one MQTT connection after another, to one of its brokers or the next.

A program of its own holds it, so that a broker above that hangs keeps nothing waiting here. A
message is acknowledged after its listener returned, that is after the commit.
"""

from __future__ import annotations

import contextlib
import logging
import random
import ssl
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from paho.mqtt.reasoncodes import ReasonCode

_log = logging.getLogger(__name__)
KEEPALIVE_S = 15
CONNECT_WITHIN_S = 5.0
SESSION_EXPIRY_S = 24 * 3600
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 30.0


@dataclass(frozen=True, slots=True)
class Entrance:
    """How this hub enters the brokers above: ``hub`` is its name there.

    ``tls`` believes their authority and shows our certificate; ``password`` is for brokers of the
    same desk that are entered without one.
    """

    hub: str
    brokers: tuple[str, ...]
    password: str = ""
    tls: ssl.SSLContext | None = None


class Listener(Protocol):
    """Who uses the line."""

    def connected(self) -> None:
        """A connection stands: subscribe."""
        ...

    def lost(self) -> None:
        """It stands no more."""
        ...

    def received(self, topic: str, payload: bytes, *, is_repeated: bool) -> None:
        """A message; when this returns, what matters of it is in the database."""
        ...

    def will(self) -> tuple[str, bytes]:
        """Topic and last will of a connection that is about to be made; retained."""
        ...


class Line:
    """Call `turn` for ever."""

    def __init__(self, entrance: Entrance, listener: Listener) -> None:
        self._entrance = entrance
        self._listener = listener
        self._client: Client | None = None
        self._inbox: list[MQTTMessage] = []
        self._at = 0
        self._next_try_s = float("-inf")
        self._pause_s = FIRST_PAUSE_S
        self._began_s = 0.0
        self.is_up = False

    def turn(self, timeout_s: float) -> None:
        """Wait for the network at most so long, then hand over what came."""
        now_s = time.monotonic()
        if self._client is None and now_s < self._next_try_s:
            time.sleep(min(timeout_s, self._next_try_s - now_s))
            return
        if self._client is None:
            self._connect()
        client = self._client
        if client is None:
            return
        result = client.loop(timeout_s)
        self._hand_over(client)
        if self._client is client and result != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lose(f"the connection broke: {result.name}")
        elif not self.is_up and time.monotonic() - self._began_s > CONNECT_WITHIN_S:
            self._lose("the broker does not answer")

    def _connect(self) -> None:
        entrance = self._entrance
        address = urlsplit(entrance.brokers[self._at % len(entrance.brokers)])
        client = Client(
            CallbackAPIVersion.VERSION2, entrance.hub, protocol=MQTTv5,
            reconnect_on_failure=False, manual_ack=True,
        )  # fmt: skip
        client.connect_timeout = CONNECT_WITHIN_S
        client.username_pw_set(entrance.hub, entrance.password or None)
        if address.scheme == "mqtts" and entrance.tls is not None:
            client.tls_set_context(entrance.tls)
        topic, will = self._listener.will()
        client.will_set(topic, will, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's own
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        self._client, self._began_s = client, time.monotonic()
        port = address.port or (8883 if address.scheme == "mqtts" else 1883)
        try:
            client.connect(
                address.hostname or "", port, KEEPALIVE_S, clean_start=False, properties=properties
            )
        except (OSError, ValueError) as error:  # refused, unreachable, wrong certificate
            self._lose(str(error))

    def _on_connect(
        self, client: Client, _user: object, _flags: object, reason: ReasonCode, _more: object
    ) -> None:
        if client is not self._client:
            return
        if reason.is_failure:
            self._lose(f"the hub above refuses us: {reason}")
            return
        self.is_up, self._pause_s = True, FIRST_PAUSE_S
        self._listener.connected()

    def _on_message(self, client: Client, _user: object, message: MQTTMessage) -> None:
        if client is self._client:
            self._inbox.append(message)

    def _hand_over(self, client: Client) -> None:
        """One after the other; what cannot be stored is not acknowledged and comes again."""
        while self._inbox and self._client is client:
            message = self._inbox[0]
            self._listener.received(
                message.topic, bytes(message.payload), is_repeated=bool(message.dup)
            )
            del self._inbox[0]
            client.ack(message.mid, message.qos)

    def subscribe(self, topics_: Sequence[str]) -> None:
        """Ask for topics at QoS 1, their retained messages included."""
        if self._client is not None and topics_:
            self._client.subscribe([(each, SubscribeOptions(qos=1)) for each in topics_])

    def unsubscribe(self, topics_: Sequence[str]) -> None:
        """No longer needed."""
        if self._client is not None and topics_:
            self._client.unsubscribe(list(topics_))

    def publish(self, topic: str, payload: bytes) -> None:
        """Send at QoS 1, retained; lost without a connection."""
        if self._client is not None and self.is_up:
            self._client.publish(topic, payload, qos=1, retain=True)

    def drop(self, why: str) -> None:
        """Begin a new connection; what was not acknowledged comes again."""
        self._lose(why)

    def _lose(self, why: str) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        was_up, self.is_up = self.is_up, False
        _log.log(logging.WARNING if was_up else logging.INFO, "no line to the hub above: %s", why)
        self._inbox.clear()
        client.on_connect = client.on_message = None
        sock = client.socket()
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.close()
        self._at += 1
        pause_s = random.uniform(self._pause_s / 2, self._pause_s)  # noqa: S311 - spreads load only
        self._next_try_s = time.monotonic() + pause_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        if was_up:
            self._listener.lost()

    def close(self) -> None:
        """Say good-bye: the last will is published by us."""
        client, self._client = self._client, None
        if client is not None and self.is_up:
            topic, will = self._listener.will()
            client.publish(topic, will, qos=1, retain=True)
            client.disconnect()
            with contextlib.suppress(OSError, ValueError):
                client.loop_write()
        self.is_up = False


def context(ca: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """What we believe and show at the brokers and the files' door above."""
    found = ssl.create_default_context(cafile=str(ca))
    found.load_cert_chain(certificate, key)
    return found
