"""``village-provision``: plan, stage, enrol — from the county's sheet to a box that runs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from contract import enrolment
from contract.command import DONE, ENDING, FAILED, Program, say
from contract.keys import Trust
from provisioning import enrol, plan, stage
from provisioning.errors import PlanError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence


_COMMANDS = {
    "plan": ("provisioning.cli:add_plan", "check a CSV sheet of boxes, all faults at once"),
    "stage": ("provisioning.cli:add_stage", "write a ticket to boot media, read it back"),
    "enrol": ("provisioning.cli:add_enrol", "on the box: keys, certificate, agent.toml"),
}
_PROGRAM = Program(
    "village-provision",
    "技术员工作台 · brings a box up: plan the sheet, stage tickets, enrol on site.",
    _COMMANDS,
    f"{ENDING}\nBetween plan and stage the county runs: village-hub tickets PLAN --into FOLDER",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns 0 done, 1 failed, 2 usage, 78 bad settings."""
    return _PROGRAM.main(argv)


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-provision plan``."""
    parser.add_argument(
        "sheet", type=Path, metavar="SHEET", help="CSV, UTF-8; columns: docs/provisioning.md"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the checked plan here as JSON"
    )
    parser.set_defaults(run=run_plan)


def add_stage(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-provision stage``."""
    parser.add_argument(
        "ticket", type=Path, metavar="TICKET", help="a sealed ticket made by village-hub tickets"
    )
    parser.add_argument(
        "--media", type=Path, required=True, metavar="DIR", help="mounted boot partition (folder)"
    )
    parser.set_defaults(run=run_stage)


def add_enrol(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-provision enrol``."""
    parser.add_argument(
        "ticket", type=Path, metavar="TICKET", help="village.ticket on the boot partition"
    )
    parser.add_argument("--state", type=Path, default=Path("/var/lib/village-agent"),
                        help="folder of keys and settings (default %(default)s)")  # fmt: skip
    parser.add_argument("--run-folder", type=Path, default=Path("/run/village-agent"),
                        help="folder of sockets (default %(default)s)")  # fmt: skip
    parser.add_argument("--fingerprint", default="", help="of the county, from the work order")
    parser.add_argument("--keep-ticket", action="store_true", help="do not wipe it afterwards")
    parser.set_defaults(run=run_enrol)


def run_plan(arguments: argparse.Namespace) -> int:
    """Check the sheet; write the plan when it is right."""
    try:
        boxes = plan.read_plan(arguments.sheet)
    except PlanError as error:
        for fault in error.faults:
            say(fault)
        say(f"共 {len(error.faults)} 处错误,一行也没有采用 nothing was taken")
        return FAILED
    found = [asdict(each) for each in boxes]
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


if __name__ == "__main__":
    sys.exit(main())
