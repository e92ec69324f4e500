"""``village-hub``: the county hub's one command. Each subcommand loads only what it needs."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

DONE, FAILED, USAGE, BAD_SETTINGS = 0, 1, 2, 78
_EPILOG = """\
Exit codes: 0 done, 1 failed or something found, 2 usage or unreadable file, 78 bad settings.
DEBUG=1 shows tracebacks. Data lies in --data, or $VILLAGE_HUB_DATA, or var/hub.

  village-hub demo                          county hub and two villages on this desk
  village-hub serve --listen 0.0.0.0:8000   the hub itself: web, dispatcher, broker
  village-hub import notices.json           drafts for the clerks to check
  village-hub privacy table.xlsx            what the privacy gate finds; nothing is stored
"""


class SettingsError(VillageError, ValueError):
    """A setting of the hub cannot be used; the message names it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns 0 done, 1 failed, 2 usage, 78 bad settings."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not hasattr(arguments, "act"):
        parser.print_help()
        return USAGE
    level = os.environ.get("VILLAGE_LOG", "WARNING").upper()
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    try:
        return int(arguments.act(arguments))
    except SettingsError as error:
        _say(f"设置有误 settings: {error}")
        return BAD_SETTINGS
    except (VillageError, OSError) as error:
        if os.environ.get("DEBUG"):
            raise
        _say(f"未完成 failed: {error}")
        return FAILED
    except KeyboardInterrupt:
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="village-hub",
        description="村务公开县级平台 · the county's desk: write, review, sign, send, supervise.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    _add_serve(commands)
    _add_demo(commands)
    _add_import(commands)
    _add_privacy(commands)
    _add_county(commands)
    _add_tickets(commands)
    _add_cap(commands)
    _add_keys(commands)
    _add_backup(commands)
    _add_revoke(commands)
    _add_stick(commands)
    return parser


def _add(commands: Commands, name: str, text: str) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=text, description=text)


def _add_data(parser: argparse.ArgumentParser) -> None:
    default = os.environ.get("VILLAGE_HUB_DATA", "var/hub")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(default),
        metavar="DIR",
        help=f"folder of database, media, keys and logs (default {default})",
    )


def _add_serve(commands: Commands) -> None:
    command = _add(commands, "serve", "run web site, dispatcher and broker until Ctrl-C")
    _add_data(command)
    command.add_argument(
        "--listen", default="127.0.0.1:8000", metavar="HOST:PORT", help="address of the web site"
    )
    command.add_argument(
        "--broker-port", type=int, default=1883, metavar="PORT",
        help="TCP port of the broker on this machine (default 1883)",
    )  # fmt: skip
    command.add_argument(
        "--tls-port", type=int, default=8883, metavar="PORT",
        help="TCP port for boxes with certificates (default 8883; 0: none)",
    )  # fmt: skip
    command.add_argument(
        "--standby-port", type=int, default=0, metavar="PORT",
        help="run a second broker, on this port and the one after --tls-port (default: none)",
    )  # fmt: skip
    command.add_argument(
        "--broker-name", action="append", default=[], metavar="HOST",
        help="host name or address by which boxes reach the broker (default: the web site's)",
    )  # fmt: skip
    command.set_defaults(act=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    from hub import serve  # noqa: PLC0415 - help must not pay for the hub

    host, _, port = arguments.listen.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"--listen {arguments.listen!r}: 应写成 主机:端口 write HOST:PORT")
    names = tuple(arguments.broker_name)
    addresses = serve.Addresses(
        host, int(port), arguments.broker_port, arguments.tls_port, arguments.standby_port, names
    )
    return serve.main(arguments.data.resolve(), addresses)


def _add_demo(commands: Commands) -> None:
    command = _add(commands, "demo", "run a county hub, its broker and two villages on this desk")
    command.add_argument(
        "--folder", type=Path, default=Path("var/demo"), metavar="DIR", help="where it all lies"
    )
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
    command.set_defaults(act=_demo)


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


def _add_import(commands: Commands) -> None:
    command = _add(commands, "import", "take notices in as drafts, for the clerks to check")
    command.add_argument(
        "file", type=Path, metavar="FILE", help="notices as .json, or one table as .xlsx or .csv"
    )
    command.add_argument(
        "--village", metavar="CODE", default="", help="12-digit code, where the file names none"
    )
    _add_data(command)
    command.set_defaults(act=_import)


def _import(arguments: argparse.Namespace) -> int:
    _open_hub(arguments.data)
    from hub.gate_commands import import_file  # noqa: PLC0415 - needs the open hub
    from hub.notices.keeping import Keeper  # noqa: PLC0415 - as above

    return import_file(arguments.file, Keeper(arguments.village).keep)


def _add_privacy(commands: Commands) -> None:
    text = "say what the privacy gate finds in a file; nothing is stored or sent"
    command = _add(commands, "privacy", text)
    command.add_argument(
        "file",
        metavar="FILE",
        help="notices as .json, a sheet as .xlsx or .csv, a text or a picture; 20 MiB at most",
    )
    command.add_argument("--json", action="store_true", dest="as_json", help="print JSON")
    command.set_defaults(act=_privacy)


def _privacy(arguments: argparse.Namespace) -> int:
    from hub.gate_commands import privacy  # noqa: PLC0415 - help must not pay for it

    return privacy(arguments.file, as_json=arguments.as_json)


def _add_county(commands: Commands) -> None:
    text = "set up a county from a notices file: places, posts, accounts; prints new passwords"
    command = _add(commands, "county", text)
    command.add_argument(
        "file", type=Path, metavar="FILE", help="JSON whose meta.villages names the places"
    )
    command.add_argument("--name", default="云岭县", help="the county's name")
    _add_data(command)
    command.set_defaults(act=_county)


def _county(arguments: argparse.Namespace) -> int:
    _open_hub(arguments.data)
    from hub.accounts import create_demo_county  # noqa: PLC0415 - needs the open hub

    made = create_demo_county(arguments.file, name=arguments.name)
    for login in made.logins:
        sys.stdout.write(
            f"{login.code:12} {login.place} {login.role.label}: {login.username} {login.password}\n"
        )
    return DONE


def _add_tickets(commands: Commands) -> None:
    command = _add(commands, "tickets", "write a sealed ticket for every box of a checked plan")
    command.add_argument(
        "plan", type=Path, metavar="PLAN", help="JSON written by village-provision plan --out"
    )
    command.add_argument(
        "--into", type=Path, required=True, metavar="DIR", help="folder for <box>.ticket files"
    )
    command.add_argument(
        "--office-line", default="", metavar="TEXT", help="office line for the panel's strip"
    )
    _add_data(command)
    command.set_defaults(act=_tickets)


def _tickets(arguments: argparse.Namespace) -> int:
    _open_hub(arguments.data)
    from hub.enrol.commands import write_tickets  # noqa: PLC0415 - needs the open hub

    return write_tickets(arguments, lambda line: sys.stdout.write(f"{line}\n"))


def _add_revoke(commands: Commands) -> None:
    text = "shut a box out at once: its session, certificate, password and rights end"
    command = _add(commands, "revoke", text)
    command.add_argument("box", metavar="BOX", help="the box's id, e.g. of a stolen card")
    _add_data(command)
    command.set_defaults(act=_revoke)


def _revoke(arguments: argparse.Namespace) -> int:
    _open_hub(arguments.data)
    from hub.ledger.boxes import revoke_box  # noqa: PLC0415 - needs the open hub

    if not revoke_box(arguments.box):
        _say(f"没有这个终端 no such box: {arguments.box}")
        return FAILED
    sys.stdout.write(f"✓ {arguments.box} 已吊销 revoked\n")
    return DONE


def _add_backup(commands: Commands) -> None:
    text = "write database and uploads into one archive, without keys and other secrets"
    command = _add(commands, "backup", text)
    command.add_argument("file", type=Path, metavar="FILE", help="the new archive (.tar.gz)")
    _add_data(command)
    command.set_defaults(act=_backup)


def _backup(arguments: argparse.Namespace) -> int:
    _open_hub(arguments.data)
    from hub.site.backup import write_backup  # noqa: PLC0415 - needs the open hub

    size_kb = write_backup(arguments.file.resolve()) // 1024
    sys.stdout.write(f"✓ {arguments.file}: {size_kb} KB（不含密钥 without keys）\n")
    return DONE


def _add_keys(commands: Commands) -> None:
    from hub.sealing import key_commands  # noqa: PLC0415 - help of others must not pay for it

    command = _add(commands, "keys", "key ceremonies: roots, rotation, revocation, drills")
    default = Path(os.environ.get("VILLAGE_HUB_DATA", "var/hub"))
    key_commands.add_arguments(command, _open_hub, default)


def _add_cap(commands: Commands) -> None:
    text = "take warnings in by CAP 1.2, check and map them; two officers release them"
    command = _add(commands, "cap", text)
    command.add_argument(
        "files", type=Path, nargs="*", metavar="FILE", help="CAP messages; 2 MiB at most each"
    )
    command.add_argument(
        "--source", default="", metavar="NAME", help="a source of cap.toml (default: file)"
    )
    command.add_argument(
        "--new-token", action="store_true", help="print a token for a sender that pushes"
    )
    _add_data(command)
    command.set_defaults(act=_cap)


def _cap(arguments: argparse.Namespace) -> int:
    _open_hub(arguments.data)
    from hub.cap import commands  # noqa: PLC0415 - needs the open hub

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")

    if arguments.new_token:
        return commands.new_token(say)
    return commands.take_files(arguments.files, arguments.source, say)


def _add_stick(commands: Commands) -> None:
    text = "carry notices to villages without a network, and their receipts back, by USB stick"
    command = _add(commands, "stick", text)
    command.add_argument("way", choices=("export", "import"), help="onto the stick, or off it")
    command.add_argument("folder", type=Path, metavar="FOLDER", help="where the stick is mounted")
    command.add_argument(
        "--box", action="append", default=[], metavar="ID", help="only this box (repeatable)"
    )
    _add_data(command)
    command.set_defaults(act=_stick)


def _stick(arguments: argparse.Namespace) -> int:
    _open_hub(arguments.data)
    from hub.dispatch import stick  # noqa: PLC0415 - needs the open hub

    if arguments.way == "export":
        boxes = stick.chosen(arguments.box)
        written = stick.export(arguments.folder, boxes)
        sys.stdout.write(f"✓ {len(boxes)} 个终端 boxes, {written / 1e6:.1f} MB\n")
        return DONE if boxes else FAILED
    brought = stick.take(arguments.folder)
    for box, count in brought.events.items():
        sys.stdout.write(f"✓ {box}: {count} 条回执和留言 events\n")
    if brought.refused:
        _say(f"{brought.refused} 个文件不可信,未采用 files were refused")
    return FAILED if brought.refused else DONE


def _open_hub(data: Path) -> None:
    """Open the hub whose data lies there, bringing its database up to date."""
    from hub import serve  # noqa: PLC0415 - help must not pay for the hub

    folder = data.resolve()
    addresses = serve.Addresses()
    folder.mkdir(parents=True, exist_ok=True)
    serve.migrate(folder, addresses)
    os.environ.update(serve.environment(folder, addresses))
    import django  # noqa: PLC0415 - as above

    django.setup()


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
