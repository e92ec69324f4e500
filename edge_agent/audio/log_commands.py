"""``village-agent audio log``: what was aired here, for the county."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge_agent import cli, settings
from edge_agent.audio.journal import Journal

if TYPE_CHECKING:
    import argparse


def add_log_command(commands: Any) -> None:  # noqa: ANN401 - argparse does not name its type
    """Hang ``log`` under ``village-agent audio``."""
    log = commands.add_parser(
        "log",
        help="export the airing log as CSV",
        description="Export what was announced, when, where and with what evidence, as CSV"
        " (UTF-8, times in UTC, samples at 48 kHz). It holds no words and no names.",
    )
    cli.add_settings_argument(log)
    log.add_argument("--out", type=Path, metavar="FILE.csv", help="file to write; else stdout")
    log.set_defaults(run=_log)


def _log(arguments: argparse.Namespace) -> int:
    journal = Journal(settings.load(arguments.settings).part_folder("audio"))
    try:
        if arguments.out is None:
            journal.export(sys.stdout)
        else:
            with arguments.out.open("w", encoding="utf-8-sig", newline="") as out:
                rows = journal.export(out)
            sys.stdout.write(f"{arguments.out}: {rows} 条 rows\n")
    finally:
        journal.close()
    return cli.DONE
