"""``village-provision``: plan, stage, enrol — from the county's sheet to a box that runs."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from contract import enrolment
from contract.errors import VillageError
from contract.keys import Trust
from edge_agent.errors import SettingsError
from provisioning import enrol, plan, stage
from provisioning.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, USAGE, BAD_SETTINGS = 0, 1, 2, 78


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns 0 done, 1 failed, 2 usage, 78 bad settings."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not hasattr(arguments, "run"):
        parser.print_help()
        return USAGE
    try:
        return int(arguments.run(arguments))
    except PlanError as error:
        for fault in error.faults:
            _say(fault)
        _say(f"共 {len(error.faults)} 处错误,一行也没有采用 nothing was taken")
        return FAILED
    except SettingsError as error:
        _say(f"设置有误 settings: {error}")
        return BAD_SETTINGS
    except (VillageError, OSError) as error:
        if os.environ.get("DEBUG"):
            raise
        _say(f"未完成 failed: {error}")
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="village-provision",
        description="技术员工作台 · brings a box up: plan the sheet, stage tickets, enrol on site.",
        epilog="Between plan and stage the county runs: village-hub tickets PLAN --into FOLDER",
    )
    commands = parser.add_subparsers(metavar="COMMAND")
    _add_plan(commands.add_parser("plan", help="check a CSV sheet of boxes, all faults at once"))
    _add_stage(commands.add_parser("stage", help="write tickets to boot media, read them back"))
    _add_enrol(commands.add_parser("enrol", help="on the box: keys, certificate, agent.toml"))
    return parser


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("sheet", type=Path, help="CSV, UTF-8; columns: docs/provisioning.md")
    parser.add_argument("--out", type=Path, help="write the checked plan here as JSON")
    parser.set_defaults(run=run_plan)


def _add_stage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ticket", type=Path, help="a sealed ticket made by village-hub tickets")
    parser.add_argument("--media", type=Path, required=True, help="mounted boot partition (folder)")
    parser.set_defaults(run=run_stage)


def _add_enrol(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ticket", type=Path, help="village.ticket on the boot partition")
    parser.add_argument("--state", type=Path, default=Path("/var/lib/village-agent"),
                        help="folder of keys and settings (default %(default)s)")  # fmt: skip
    parser.add_argument("--run-folder", type=Path, default=Path("/run/village-agent"),
                        help="folder of sockets (default %(default)s)")  # fmt: skip
    parser.add_argument("--fingerprint", default="", help="of the county, from the work order")
    parser.add_argument("--keep-ticket", action="store_true", help="do not wipe it afterwards")
    parser.set_defaults(run=run_enrol)


def run_plan(arguments: argparse.Namespace) -> int:
    """Check the sheet; write the plan when it is right."""
    boxes = plan.read_plan(arguments.sheet)
    found = [{"box": b.box, "area": b.area, "village": b.village, "groups": list(b.groups),
              "settings": b.settings} for b in boxes]  # fmt: skip
    for each in boxes:
        sys.stdout.write(f"✓ {each.box} {each.village} {each.area}\n")
    if arguments.out:
        arguments.out.write_text(
            json.dumps({"boxes": found}, ensure_ascii=False, indent=1), "utf-8"
        )
    return DONE


def run_stage(arguments: argparse.Namespace) -> int:
    """Check the ticket, write it, read it back, and print the label."""
    ticket = enrol.read_ticket(arguments.ticket)
    path = stage.stage(arguments.ticket.read_bytes(), arguments.media)
    county = enrolment.fingerprint(Trust.first(ticket.key_set).keys)
    sys.stdout.write(f"✓ {ticket.box} {ticket.village} → {path}\n指纹 fingerprint {county}\n")
    return DONE


def run_enrol(arguments: argparse.Namespace) -> int:
    """Enrol this box; the ticket is wiped once everything is on the disk."""
    ticket = enrol.read_ticket(arguments.ticket, arguments.fingerprint)
    path = enrol.enrol(ticket, arguments.state.absolute(), arguments.run_folder.absolute())
    if not arguments.keep_ticket:
        stage.wipe(arguments.ticket)
    sys.stdout.write(f"✓ {ticket.box} {ticket.village} 已登记 enrolled: {path}\n")
    return DONE


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
