"""``village-hub serve``: web site, dispatcher and broker, side by side until stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from contract.errors import VillageError
from hub.broker.files import BrokerFiles
from hub.children import Child, end_all, watch_all
from hub.enrol import broker_tls
from hub.enrol.authority import Authority
from hub.site.database import VARIABLE as DATABASE
from hub.site.datadir import DataDir

MIGRATE_TIMEOUT_S = 300
WORKER = "VILLAGE_HUB_WORKER"
"""Names a dispatcher among others on the same database; the machine's name without it."""
CAP_SOURCES = "cap.toml"
"""From whom warnings are taken; without it nobody asks any feed."""
HUB_ABOVE = Path("relay/hub.pem")
"""Below the keys: our certificate at the hub above; without it there is none."""


class ServeError(VillageError, RuntimeError):
    """The hub cannot start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the hub is reached. Ports bind to loopback unless the county says otherwise.

    ``broker_port`` is for this machine alone. Boxes come in at ``tls_port`` with certificates,
    under one of ``names`` (the first is what they are told); 0 opens no such listener.
    """

    web_host: str = "127.0.0.1"
    web_port: int = 8000
    broker_port: int = 1883
    tls_port: int = 0
    standby_port: int = 0
    """Of a second broker on this machine, which boxes use when the first is away; 0: none. Its
    listener for certificates has the next number after ``tls_port``."""
    names: tuple[str, ...] = ()
    elsewhere: str = ""
    """``mqtts://host:port`` of a broker on another machine, made by ``village-hub broker``."""

    @property
    def url(self) -> str:
        """The hub's base address."""
        return f"http://{self.web_host}:{self.web_port}"

    @property
    def broker(self) -> str:
        """The broker's address, as boxes on this machine reach it."""
        return f"mqtt://127.0.0.1:{self.broker_port}"

    @property
    def broker_tls(self) -> str:
        """The broker's address for boxes with certificates; empty without such a listener."""
        return self._with_tls(self.tls_port)

    @property
    def standby(self) -> str:
        """The second broker's address as the hub reaches it; empty when there is none."""
        if self.elsewhere:
            return self.elsewhere
        return f"mqtt://127.0.0.1:{self.standby_port}" if self.standby_port else ""

    @property
    def standby_tls(self) -> str:
        """The second broker's address for boxes with certificates."""
        if self.elsewhere:
            return self.elsewhere
        return self._with_tls(self.tls_port + 1) if self.standby_port and self.tls_port else ""

    @property
    def files(self) -> str:
        """Where boxes with certificates fetch large files: the port after both brokers'."""
        found = self._with_tls(self.files_port)
        return f"{found.replace('mqtts:', 'https:')}/b/" if found else ""

    @property
    def files_port(self) -> int:
        """TCP port for large files."""
        return self.tls_port + 2

    def _with_tls(self, port: int) -> str:
        name = self.broker_names[0]
        host = f"[{name}]" if ":" in name else name
        return f"mqtts://{host}:{port}" if self.tls_port else ""

    @property
    def broker_names(self) -> tuple[str, ...]:
        """Names that the broker's certificate carries; by default the web site's host."""
        web = urlsplit(os.environ.get("VILLAGE_HUB_URL", self.url)).hostname or self.web_host
        return tuple(dict.fromkeys((*self.names, web, "localhost", "127.0.0.1")))


def main(data: Path, addresses: Addresses, workers: int = 1) -> int:
    """Bring the database up to date, then serve until SIGTERM or Ctrl-C.

    Raises:
        ServeError: several workers on SQLite, or the database cannot be brought up to date.
    """
    if workers > 1 and not os.environ.get(DATABASE):
        raise ServeError(
            f"--workers: 多个进程要用 PostgreSQL,请设 {DATABASE} / several need PostgreSQL"
        )
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    migrate(data, addresses)
    prepare_tls(data, addresses)
    running = children(data, addresses, workers)
    try:
        for child in running:
            child.start()
        sys.stdout.write(f"县级平台 hub: {addresses.url}\n")
        sys.stdout.flush()
        watch_all(running, stopping)
    finally:
        end_all(running)
    return 0


def prepare_tls(data: Path, addresses: Addresses) -> None:
    """Write what the listener for boxes with certificates reads, if there is to be one."""
    if addresses.tls_port:
        authority = Authority(DataDir(data).keys / "authority")
        broker_tls.prepare(authority, tls_folder(data), addresses.broker_names)


def environment(data: Path, addresses: Addresses) -> dict[str, str]:
    """What every process of the hub is told."""
    return {
        "VILLAGE_HUB_DATA": str(data),
        "VILLAGE_HUB_URL": os.environ.get("VILLAGE_HUB_URL", addresses.url),
        "VILLAGE_HUB_BROKER": addresses.broker,
        "VILLAGE_HUB_BROKER_TLS": addresses.broker_tls,
        "VILLAGE_HUB_FILES": addresses.files,
        "VILLAGE_HUB_STANDBY": addresses.standby,
        "VILLAGE_HUB_STANDBY_TLS": addresses.standby_tls,
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


def tls_folder(data: Path) -> Path:
    """Where the listener for boxes with certificates keeps its files."""
    return BrokerFiles(data / "broker").tls


def children(data: Path, addresses: Addresses, workers: int = 1) -> list[Child]:
    """The hub's programs, in the order they start."""
    told = environment(data, addresses)
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    web = f"{addresses.web_host}:{addresses.web_port}"

    def child(name: str, *words: str) -> Child:
        return Child(name, [sys.executable, "-m", *words], logs / f"{name}.log", told)

    def broker(name: str, port: int, tls_port: int, *more: str) -> Child:
        words = ["hub.broker", "--port", str(port), *more]
        if addresses.tls_port:
            words += ["--tls-port", str(tls_port), "--tls-folder", str(tls_folder(data))]
            words += ["--tls-host", addresses.web_host]
        return child(name, *words)

    files = child(
        "files", "hub.dispatch.files_server", "--host", addresses.web_host,
        "--port", str(addresses.files_port), "--tls-folder", str(tls_folder(data)),
    )  # fmt: skip
    standby = ("--standby", str(data / "standby"))
    return [
        broker("broker", addresses.broker_port, addresses.tls_port),
        *(
            [broker("standby", addresses.standby_port, addresses.tls_port + 1, *standby)]
            if addresses.standby_port
            else []
        ),
        *_dispatchers(child("dispatcher", "hub.dispatch"), workers),
        *([files] if addresses.tls_port else []),
        child("web", "hub.site.server", "--listen", web),
        *([child("cap", "hub.cap")] if (data / CAP_SOURCES).exists() else []),
        *([child("relay", "hub.relay")] if (DataDir(data).keys / HUB_ABOVE).exists() else []),
    ]


def _dispatchers(first: Child, workers: int) -> list[Child]:
    """The first goes by the machine's name; the others add their number to it."""
    others = [
        replace(
            first,
            name=f"{first.name}-{number}",
            log=first.log.with_name(f"{first.name}-{number}.log") if first.log else None,
            environment={**first.environment, WORKER: f"{socket.gethostname()}-{number}"},
        )
        for number in range(2, workers + 1)
    ]
    return [first, *others]
