"""Throwing a revoked box out of a live session: the hub comes in under its client id.

Mosquitto takes away what a box may read and write as soon as it has read the access list again,
and a revoked certificate opens no new session; but a session that stands, stands. MQTT allows
one connection a client id, so a newcomer ends it, and its queue with it. The broker binds client
ids to names on every listener but one: a socket in its own folder, where only the hub comes.
"""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion

from hub.broker.files import EVICTION_SOCKET, HUB_USER

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)
WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Eviction:
    """A box that is to be thrown out at a moment (monotonic seconds)."""

    box: str
    due_s: float


def evict(folder: Path, box: str, hub_password: str) -> bool:
    """Take over the client id of ``box`` and leave; whether the broker let us."""
    answers: list[bool] = []
    client = Client(CallbackAPIVersion.VERSION2, box, protocol=MQTTv311, transport="unix")
    client.username_pw_set(HUB_USER, hub_password)
    client.on_connect = lambda *found: answers.append(not found[3].is_failure)
    # A socket's path is limited to 107 bytes (unix(7)); the descriptor's name is short.
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        client.connect(f"/proc/self/fd/{here}/{EVICTION_SOCKET}")
        until_s = time.monotonic() + WITHIN_S
        while not answers and time.monotonic() < until_s:
            client.loop(0.05)
        client.disconnect()
    except OSError as error:
        _log.warning("%s could not be thrown out: %s", box, error)
        return False
    finally:
        os.close(here)
    _log.info("%s was thrown out of its session", box)
    return answers == [True]
