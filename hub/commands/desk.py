"""``village-hub import``, ``county``, ``cap``, ``keys`` and ``backup``: the county's own work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from contract.command import DONE
from hub.commands.opening import add_data_argument, answer, open_hub

if TYPE_CHECKING:
    import argparse


def add_import(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub import``."""
    command.add_argument(
        "file", type=Path, metavar="FILE", help="notices as .json, or one table as .xlsx or .csv"
    )
    command.add_argument(
        "--village", metavar="CODE", default="", help="12-digit code, where the file names none"
    )
    add_data_argument(command)
    command.set_defaults(run=_import)


def _import(arguments: argparse.Namespace) -> int:
    open_hub(arguments.data)
    from hub.gate_commands import import_file  # noqa: PLC0415 - needs the open hub
    from hub.notices.keeping import Keeper  # noqa: PLC0415 - as above

    return import_file(arguments.file, Keeper(arguments.village).keep)


def add_county(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub county``."""
    command.add_argument(
        "file", type=Path, nargs="?", metavar="FILE",
        help="JSON whose meta.villages names the places; none for a hub above counties",
    )  # fmt: skip
    command.add_argument(
        "--code", default="", metavar="CODE",
        help="without FILE: 2 digits of a province, 4 of a city, 6 of a county without villages",
    )  # fmt: skip
    command.add_argument(
        "--name", default="云岭县", help="the county's name (default %(default)s, the sample's)"
    )
    add_data_argument(command)
    command.set_defaults(run=_county)


def _county(arguments: argparse.Namespace) -> int:
    open_hub(arguments.data)
    from hub.accounts import create_demo_county, create_upper_hub  # noqa: PLC0415 - needs the open hub

    if arguments.file is None:
        made = create_upper_hub(arguments.code, name=arguments.name)
    else:
        made = create_demo_county(arguments.file, name=arguments.name)
    for login in made.logins:
        answer(
            f"{login.code:12} {login.place} {login.role.label}: {login.username} {login.password}"
        )
    return DONE


def add_cap(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub cap``."""
    command.add_argument(
        "files", type=Path, nargs="*", metavar="FILE", help="CAP messages; 2 MiB at most each"
    )
    command.add_argument(
        "--source", default="", metavar="NAME", help="a source of cap.toml (default: file)"
    )
    command.add_argument(
        "--new-token", action="store_true", help="print a token for a sender that pushes"
    )
    add_data_argument(command)
    command.set_defaults(run=_cap)


def _cap(arguments: argparse.Namespace) -> int:
    open_hub(arguments.data)
    from hub.cap import commands  # noqa: PLC0415 - needs the open hub

    if arguments.new_token:
        return commands.new_token(answer)
    return commands.take_files(arguments.files, arguments.source, answer)


def add_keys(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub keys``, whose steps bring their own ``act``."""
    from hub.sealing import key_commands  # noqa: PLC0415 - help of others must not pay for it

    default = Path(os.environ.get("VILLAGE_HUB_DATA", "var/hub"))
    key_commands.add_arguments(command, open_hub, default)
    command.set_defaults(run=_keys)


def _keys(arguments: argparse.Namespace) -> int:
    return int(arguments.act(arguments))


def add_relay(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub relay``, whose steps bring their own ``act``."""
    from hub.relay import commands  # noqa: PLC0415 - help of others must not pay for it

    default = Path(os.environ.get("VILLAGE_HUB_DATA", "var/hub"))
    commands.add_arguments(command, open_hub, default)
    command.set_defaults(run=_relay)


def _relay(arguments: argparse.Namespace) -> int:
    return int(arguments.act(arguments))


def add_backup(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub backup``."""
    command.add_argument("file", type=Path, metavar="FILE", help="the new archive (.tar.gz)")
    add_data_argument(command)
    command.set_defaults(run=_backup)


def _backup(arguments: argparse.Namespace) -> int:
    open_hub(arguments.data)
    from hub.site.backup import write_backup  # noqa: PLC0415 - needs the open hub

    size_kb = write_backup(arguments.file.resolve()) // 1024
    answer(f"✓ {arguments.file}: {size_kb} KB（不含密钥 without keys）")
    return DONE


def add_restore(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub restore``."""
    command.add_argument("file", type=Path, metavar="FILE", help="an archive of village-hub backup")
    add_data_argument(command)
    command.set_defaults(run=_restore)


def _restore(arguments: argparse.Namespace) -> int:
    from hub.site.restore import restore  # noqa: PLC0415 - help must not pay for it

    restore(arguments.file.resolve(), arguments.data.resolve())
    open_hub(arguments.data)
    answer(f"✓ {arguments.data}：请取回 keys 再启动 bring the folder keys back, then serve")
    return DONE
