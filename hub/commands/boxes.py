"""``village-hub tickets``, ``place``, ``revoke``, ``stick``, ``broker``: of boxes and brokers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contract.command import DONE, FAILED, say
from hub.commands.opening import add_data_argument, answer, open_hub

if TYPE_CHECKING:
    import argparse


def add_tickets(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub tickets``."""
    command.add_argument(
        "plan", type=Path, metavar="PLAN", help="JSON written by village-provision plan --out"
    )
    command.add_argument(
        "--into", type=Path, required=True, metavar="DIR", help="folder for <box>.ticket files"
    )
    command.add_argument(
        "--office-line", default="", metavar="TEXT", help="office line for the panel's strip"
    )
    add_data_argument(command)
    command.set_defaults(run=_tickets)


def _tickets(arguments: argparse.Namespace) -> int:
    open_hub(arguments.data)
    from hub.enrol.commands import write_tickets  # noqa: PLC0415 - needs the open hub

    return write_tickets(arguments.plan, arguments.into, arguments.office_line, answer)


def add_place(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub place``."""
    command.add_argument("box", metavar="BOX", help="the box's id")
    command.add_argument("place", metavar="PLACE", help="e.g. 老年活动中心, 30 characters at most")
    add_data_argument(command)
    command.set_defaults(run=_place)


def _place(arguments: argparse.Namespace) -> int:
    open_hub(arguments.data)
    from hub.ledger.boxes import name_place  # noqa: PLC0415 - needs the open hub

    if not name_place(arguments.box, arguments.place):
        say(f"没有这个终端，或地点超过30个字 no such box, or a longer place: {arguments.box}")
        return FAILED
    answer(f"✓ {arguments.box}: {arguments.place}")
    return DONE


def add_revoke(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub revoke``."""
    command.add_argument("box", metavar="BOX", help="the box's id, e.g. of a stolen card")
    add_data_argument(command)
    command.set_defaults(run=_revoke)


def _revoke(arguments: argparse.Namespace) -> int:
    open_hub(arguments.data)
    from hub.ledger.boxes import revoke_box  # noqa: PLC0415 - needs the open hub

    if not revoke_box(arguments.box):
        say(f"没有这个终端，请核对编号 no such box, check its id: {arguments.box}")
        return FAILED
    answer(f"✓ {arguments.box} 已吊销 revoked")
    return DONE


def add_stick(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub stick``."""
    command.add_argument("way", choices=("export", "import"), help="onto the stick, or off it")
    command.add_argument("folder", type=Path, metavar="FOLDER", help="where the stick is mounted")
    command.add_argument(
        "--box", action="append", default=[], metavar="ID", help="only this box (repeatable)"
    )
    add_data_argument(command)
    command.set_defaults(run=_stick)


def _stick(arguments: argparse.Namespace) -> int:
    if not arguments.folder.is_dir():
        say(f"{arguments.folder}: 没有这个文件夹，请先挂载 U 盘 no such folder, mount the stick")
        return FAILED
    open_hub(arguments.data)
    from hub.dispatch import stick  # noqa: PLC0415 - needs the open hub

    if arguments.way == "export":
        boxes = stick.chosen(arguments.box)
        if not boxes:
            say(
                "没有这样的终端，请核对 --box，或先登记 no such box: check --box, or enrol it first"
            )
            return FAILED
        written = stick.export(arguments.folder, boxes)
        answer(f"✓ {len(boxes)} 个终端 boxes, {written / 1e6:.1f} MB")
        return DONE
    brought = stick.take(arguments.folder)
    for box, count in brought.events.items():
        answer(f"✓ {box}: {count} 条回执和留言 events")
    if brought.refused:
        say(f"{brought.refused} 个文件不可信,未采用 files were refused")
    return FAILED if brought.refused else DONE


def add_broker(command: argparse.ArgumentParser) -> None:
    """Arguments of ``village-hub broker``."""
    command.add_argument("into", type=Path, metavar="DIR", help="folder to carry there")
    command.add_argument(
        "--name", action="append", required=True, metavar="HOST",
        help="host name or address by which hub and boxes reach that machine (repeatable)",
    )  # fmt: skip
    command.add_argument("--port", type=int, default=8883, help="TCP port there (default 8883)")
    command.add_argument("--bind", default="", metavar="ADDRESS", help="(default: every one)")
    add_data_argument(command)
    command.set_defaults(run=_broker)


def _broker(arguments: argparse.Namespace) -> int:
    open_hub(arguments.data)
    from hub.ledger.boxes import write_broker_bundle  # noqa: PLC0415 - needs the open hub

    names, port = tuple(arguments.name), arguments.port
    write_broker_bundle(arguments.into, names, port, arguments.bind)
    answer(f"✓ {arguments.into}：含私钥，勿留副本 holds a private key: keep no copy")
    answer("→ 那台机器上 on that machine: sudo sh install.sh")
    answer(f"→ village-hub serve … --broker-elsewhere mqtts://{names[0]}:{port}")
    return DONE
