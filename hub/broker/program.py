"""The broker as a process of the hub: ``python -m hub.broker [--port N] [--host ADDRESS]``."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import VillageError
from hub.broker.files import DEFAULT_PORT, HUB_SECRET, BrokerFiles, TlsListener
from hub.broker.passwords import hashed
from hub.broker.supervisor import BrokerSupervisor
from hub.site.datadir import DataDir

if TYPE_CHECKING:
    from collections.abc import Sequence

TURN_S = 0.1


def broker_files(data: DataDir) -> BrokerFiles:
    """The broker's folder of this hub."""
    return BrokerFiles(data.root / "broker")


def run(
    data: DataDir,
    port: int,
    host: str = "127.0.0.1",
    tls: TlsListener | None = None,
    folder: Path | None = None,
) -> int:
    """Keep the broker running until SIGTERM or SIGINT; 0 when it was told to stop.

    Raises:
        BrokerError: Mosquitto is not installed.
    """
    stopped = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    own = broker_files(data)
    files = BrokerFiles(folder, own.folder) if folder is not None else own
    if not files.passwords.exists() and folder is None:
        files.write_accounts(hashed(data.secret(HUB_SECRET)), ())
    password = data.secret(HUB_SECRET)
    supervisor = BrokerSupervisor(files, port, host, tls, password)
    try:
        while not stopped.wait(TURN_S):
            if files.passwords.exists():  # a second broker waits for the first one's accounts
                supervisor.turn()
    finally:
        supervisor.stop()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m hub.broker", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="TCP port (default 1883)")
    parser.add_argument("--host", default="127.0.0.1", help="address (default 127.0.0.1)")
    parser.add_argument("--tls-port", type=int, help="TCP port for boxes with certificates")
    parser.add_argument(
        "--tls-folder", type=Path, help="folder with ca.pem, server.pem and server.key"
    )
    parser.add_argument(
        "--standby", type=Path, help="a second broker, in this folder, with the same accounts"
    )
    parser.add_argument("--tls-host", default="0.0.0.0", help="address (default: every one)")  # noqa: S104 - nobody enters without a certificate
    arguments = parser.parse_args(argv)
    if (arguments.tls_port is None) != (arguments.tls_folder is None):
        parser.error("--tls-port and --tls-folder belong together")
    tls = None
    if arguments.tls_port is not None:
        tls = TlsListener(arguments.tls_port, arguments.tls_folder.resolve(), arguments.tls_host)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        folder = arguments.standby.resolve() if arguments.standby is not None else None
        return run(DataDir.from_environment(), arguments.port, arguments.host, tls, folder)
    except VillageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
