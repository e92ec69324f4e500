"""``village-agent run``, ``part`` and ``check``."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

from edge_agent import cli, settings, supervisor
from edge_agent.clock import BoxClock
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    import argparse


def add_run(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-agent run``."""
    cli.add_settings_argument(parser)
    parser.add_argument("--only", default=",".join(cli.PARTS), help="parts to run, e.g. led,audio")
    parser.set_defaults(run=run_box)


def add_part(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-agent part``."""
    cli.add_settings_argument(parser)
    parser.add_argument("part", choices=cli.PARTS, help="which part to run")
    parser.set_defaults(run=run_part)


def add_check(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-agent check``."""
    cli.add_settings_argument(parser)
    parser.set_defaults(run=check)


def run_part(arguments: argparse.Namespace) -> int:
    """Run one part until it is told to stop."""
    found = settings.load(arguments.settings)
    program = importlib.import_module(f"edge_agent.{arguments.part}.program")
    return int(program.main(found))


def run_box(arguments: argparse.Namespace) -> int:
    """Run the parts that this box has devices for, until Ctrl-C or SIGTERM."""
    found = settings.load(arguments.settings)
    wanted = arguments.only.split(",")
    unknown = set(wanted) - set(cli.PARTS)
    if unknown:
        sys.stderr.write(
            f"--only: 没有这个部件 no such part: {', '.join(sorted(unknown))};"
            f" 可选 choose from {', '.join(cli.PARTS)}\n"
        )
        return cli.USAGE
    absent = {"led": not found.panel, "audio": not found.zone}
    programs = [
        supervisor.Program(part, supervisor.part_command(part, str(arguments.settings)))
        for part in wanted
        if not absent.get(part)
    ]
    clock = BoxClock(found.part_folder("clock"))
    supervisor.Supervisor(programs, clock, supervisor.new_boot(found.part_folder("clock"))).run()
    return cli.DONE


def check(arguments: argparse.Namespace) -> int:
    """Say that the settings are right, and what they declare."""
    from edge_agent import declared  # noqa: PLC0415 - no part pays for the others' drivers

    found = settings.load(arguments.settings)
    problems = declared.faults(found)
    if problems:
        raise SettingsError(problems)
    sys.stdout.write(
        f"设置正确 settings are right: {found.box.village} {found.box.area}, "
        f"{len(found.panel)} panel(s), {len(found.zone)} zone(s)\n"
    )
    return cli.DONE
