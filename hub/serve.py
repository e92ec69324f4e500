"""``village-hub serve``: web site, dispatcher and broker, side by side until stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.errors import VillageError
from hub.children import Child, end_all, watch_all

if TYPE_CHECKING:
    from pathlib import Path

MIGRATE_TIMEOUT_S = 300


class ServeError(VillageError, RuntimeError):
    """The hub cannot start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the hub is reached. Ports bind to loopback unless the county says otherwise."""

    web_host: str = "127.0.0.1"
    web_port: int = 8000
    broker_port: int = 1883

    @property
    def url(self) -> str:
        """The hub's base address."""
        return f"http://{self.web_host}:{self.web_port}"

    @property
    def broker(self) -> str:
        """The broker's address, as boxes on this machine reach it."""
        return f"mqtt://127.0.0.1:{self.broker_port}"


def main(data: Path, addresses: Addresses) -> int:
    """Bring the database up to date, then serve until SIGTERM or Ctrl-C."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    migrate(data, addresses)
    running = children(data, addresses)
    try:
        for child in running:
            child.start()
        sys.stdout.write(f"县级平台 hub: {addresses.url}\n")
        sys.stdout.flush()
        watch_all(running, stopping)
    finally:
        end_all(running)
    return 0


def environment(data: Path, addresses: Addresses) -> dict[str, str]:
    """What every process of the hub is told."""
    return {
        "VILLAGE_HUB_DATA": str(data),
        "VILLAGE_HUB_URL": os.environ.get("VILLAGE_HUB_URL", addresses.url),
        "VILLAGE_HUB_BROKER": addresses.broker,
        "DJANGO_SETTINGS_MODULE": "hub.site.settings",
    }


def migrate(data: Path, addresses: Addresses) -> None:
    """Bring the database up to date and load the catalogue.

    Raises:
        ServeError: a migration failed; the database is as it was before that migration.
    """
    for command in (["migrate", "--verbosity", "0"], ["load_catalogue"]):
        done = subprocess.run(
            [sys.executable, "-m", "django", *command],
            env={**os.environ, **environment(data, addresses)},
            capture_output=True,
            text=True,
            timeout=MIGRATE_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or ["no message"]
            raise ServeError(
                f"{command[0]}: {last[0]}; 数据未改动,请联系技术员 nothing was changed"
            )


def children(data: Path, addresses: Addresses) -> list[Child]:
    """The hub's programs, in the order they start."""
    told = environment(data, addresses)
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    web = f"{addresses.web_host}:{addresses.web_port}"

    def child(name: str, *words: str) -> Child:
        return Child(name, [sys.executable, "-m", *words], logs / f"{name}.log", told)

    return [
        child("broker", "hub.broker", "--port", str(addresses.broker_port)),
        child("dispatcher", "hub.dispatch"),
        child("web", "hub.site.server", "--listen", web),
    ]
