"""The ground a county stands on: its data folder, Django set up for it, an empty database.

Nothing of the hub may be imported before `prepare` ran: the hub's settings read the environment.
"""

from __future__ import annotations

import fcntl
import os
import socket
from typing import TYPE_CHECKING

import django

from hub import serve
from hub.demo import prepared

if TYPE_CHECKING:
    from pathlib import Path


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(folder: Path) -> serve.Addresses:
    """Point Django at ``folder``; the database is made when the county is founded."""
    addresses = serve.Addresses(broker_port=free_port())
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(serve.environment(folder, addresses))
    django.setup()
    return addresses


def make_database(data: Path, shelf: Path, addresses: serve.Addresses) -> None:
    """An empty migrated database: a copy of one made before, else a new one, made by one of us."""
    shelf.mkdir(parents=True, exist_ok=True)
    with (shelf / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not prepared.take(shelf, data / "hub.sqlite3"):
            serve.migrate(data, addresses)
            prepared.put(shelf, data / "hub.sqlite3")
