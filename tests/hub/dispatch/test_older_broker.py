"""A broker that knows only MQTT 3.1.1 says so, and hub and box speak that to it."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from edge_agent.clock import BoxClock
from edge_agent.link.address import Address
from edge_agent.link.session import Session
from hub.dispatch.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REFUSED, ACCEPTED = b"\x20\x02\x00\x01", b"\x20\x02\x00\x00"
LEVEL_AT = 8
"""Of the protocol level in a CONNECT below 128 bytes (MQTT 3.1.1, 3.1.2)."""


class OldBroker:
    """Answers CONNECT as a broker of 2015 does; notes which levels and packets came."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.levels: list[int] = []
        self.packets = bytearray()
        self._visitors: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                visitor, _ = self._door.accept()
            except OSError:
                return
            connect = visitor.recv(1024)
            self.levels.append(connect[LEVEL_AT])
            if connect[LEVEL_AT] != 4:
                visitor.sendall(REFUSED)
                visitor.close()
                continue
            visitor.sendall(ACCEPTED)
            self._visitors.append(visitor)
            threading.Thread(target=self._read, args=(visitor,), daemon=True).start()

    def _read(self, visitor: socket.socket) -> None:
        with contextlib.suppress(OSError):  # closed
            while data := visitor.recv(4096):
                self.packets += data

    def close(self) -> None:
        for each in (*self._visitors, self._door):
            each.close()


class Nobody:
    """Hub or box behind the connection."""

    is_connected = False

    def connected(self, *_: object) -> None:
        self.is_connected = True

    def received(self, *_: object, **__: object) -> None:
        raise AssertionError("this broker says nothing")

    def will(self, _session: str) -> bytes:
        return b"{}"


@pytest.fixture
def old() -> Iterator[OldBroker]:
    found = OldBroker()
    yield found
    found.close()


@pytest.fixture
def poke() -> Iterator[int]:
    ours, theirs = socket.socketpair()
    yield ours.fileno()
    ours.close()
    theirs.close()


def _until(connection: Connection | Session, poke: int, whom: Nobody) -> None:
    for _ in range(600):
        if whom.is_connected:
            return
        connection.turn(poke, 0.05)
    pytest.fail("never connected")


def test_the_hub_speaks_what_the_broker_knows(old: OldBroker, poke: int) -> None:
    hub = Nobody()
    connection = Connection("127.0.0.1", old.port, "secret", hub)  # type: ignore[arg-type] # enough of one
    _until(connection, poke, hub)
    connection.publish("vn1/all/keys", b"keys", retain=True, expiry_s=30)
    for _ in range(200):
        if old.packets.endswith(b"keys"):
            break
        connection.turn(poke, 0.05)
    # topic, packet id, payload: no byte for properties between them
    assert b"vn1/all/keys" in old.packets
    assert len(old.packets.partition(b"vn1/all/keys")[2]) == 2 + len(b"keys")
    assert old.levels == [5, 4]
    connection.close()


def test_a_box_speaks_what_the_broker_knows_and_remembers_it(
    old: OldBroker, poke: int, tmp_path: Path
) -> None:
    box, clock = Nobody(), BoxClock(tmp_path)
    address = Address("127.0.0.1", old.port, "secret", None)
    session = Session("box-1", address, 30, clock, box)  # type: ignore[arg-type] # enough of one
    _until(session, poke, box)
    session.subscribe(["vn1/all/keys"])
    session._lose("the wire was cut")
    box.is_connected = False
    _until(session, poke, box)
    assert old.levels == [5, 4, 4]
    session.close(b"{}")
