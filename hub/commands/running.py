"""``village-hub serve`` and ``demo``: what runs until Ctrl-C."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import SettingsError
from hub.commands.opening import add_data_argument

if TYPE_CHECKING:
    import argparse


def add_serve(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub serve``."""
    add_data_argument(command)
    command.add_argument(
        "--listen", default="127.0.0.1:8000", metavar="HOST:PORT",
        help="address of the web site (default %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--broker-port", type=int, default=1883, metavar="PORT",
        help="TCP port of the broker on this machine (default %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--tls-port", type=int, default=8883, metavar="PORT",
        help="TCP port for boxes with certificates (default %(default)s; 0: none)",
    )  # fmt: skip
    command.add_argument(
        "--standby-port", type=int, default=0, metavar="PORT",
        help="run a second broker, on this port and the one after --tls-port (default: none)",
    )  # fmt: skip
    command.add_argument(
        "--broker-elsewhere", default="", metavar="mqtts://HOST:PORT",
        help="a second broker on another machine (made by village-hub broker)",
    )  # fmt: skip
    command.add_argument(
        "--broker-name", action="append", default=[], metavar="HOST",
        help="host name or address by which boxes reach the broker (default: the web site's)",
    )  # fmt: skip
    command.add_argument(
        "--workers", type=int, default=1, choices=range(1, 9), metavar="N",
        help="processes that share what boxes report, on PostgreSQL (default %(default)s)",
    )  # fmt: skip
    command.set_defaults(run=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    from hub import serve  # noqa: PLC0415 - help must not pay for the hub

    host, _, port = arguments.listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError([f"--listen {arguments.listen!r}: 应写成 主机:端口 write HOST:PORT"])
    names = tuple(arguments.broker_name)
    if arguments.standby_port and arguments.broker_elsewhere:
        raise SettingsError(["--standby-port, --broker-elsewhere: 只能有一个 choose one"])
    addresses = serve.Addresses(
        host, int(port), arguments.broker_port, arguments.tls_port, arguments.standby_port, names,
        arguments.broker_elsewhere,
    )  # fmt: skip
    return serve.main(arguments.data.resolve(), addresses, arguments.workers)


def add_demo(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub demo``."""
    command.add_argument(
        "--folder", type=Path, default=Path("var/demo"), metavar="DIR",
        help="where it all lies (default %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--once", action="store_true", help="play the whole story once, verify it, and end"
    )
    command.add_argument(
        "--walk",
        action="store_true",
        help="follow one notice instead, with power or network failing after every step",
    )
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="with --once: folder for pictures, sound, report"
    )
    command.add_argument(
        "--notices", type=Path, metavar="FILE", help="sample notices of the exchange form (JSON)"
    )
    command.add_argument(
        "--voices", type=Path, metavar="DIR", help="folder of the neural voice, if installed"
    )
    command.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    from hub.demo import program  # noqa: PLC0415 - help must not pay for the demo
    from hub.demo.bench import Wish  # noqa: PLC0415 - as above

    wish = Wish(
        folder=arguments.folder.resolve(),
        once=arguments.once,
        walk=arguments.walk,
        out=arguments.out,
        notices=arguments.notices,
        voices=arguments.voices,
    )
    return program.main(wish)
