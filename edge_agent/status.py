"""``village-agent status``: what is in force, what waits to be sent, whether the clock is right.

With ``--prometheus`` it prints figures for node_exporter's textfile collector: a box opens no
port to the outside, so nobody can come and ask.
"""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

from edge_agent import cli, settings, unkept
from edge_agent.clock import BoxClock
from edge_agent.outbox import Outbox, OutboxReader
from edge_agent.plan import plan
from edge_agent.poke import is_listening
from edge_agent.store import Store

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from edge_agent.settings import Settings


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``village-agent status``."""
    cli.add_settings_argument(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="machine-readable")
    form.add_argument(
        "--prometheus", action="store_true", help="figures in Prometheus's text format"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the state of this box; 1 when content is damaged or the disk cannot be written."""
    found = look(settings.load(arguments.settings))
    if arguments.prometheus:
        from edge_agent.figures import exposition  # noqa: PLC0415 - only this one needs the library

        sys.stdout.write(exposition(found))
    elif arguments.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    else:
        for name, value in found.items():
            sys.stdout.write(f"{name:<16} {value}\n")
    return cli.FAILED if found["damaged"] or found["disk_read_only"] else cli.DONE


def look(box: Settings) -> dict[str, object]:
    """The state of a box, read from its files alone: works with every part stopped."""
    is_read_only = unkept.is_read_only(box.state)
    store = Store(box.part_folder("store"), read_only=True)
    reading = BoxClock(box.part_folder("clock")).read()
    held = store.in_force()
    current = plan(held, reading)
    layers = {str(area): list(each.version) for area, each in store.layers().items()}
    store.close()
    return {
        "box": box.box.id,
        "village": box.box.village,
        "time": reading.local.isoformat(timespec="seconds"),
        "clock_trusted": reading.trusted,
        "layers": layers,
        "on_panel": [each.notice.name for each in current.panel],
        "readable": [each.notice.name for each in current.readable],
        "alerts": [each.alert.id for each in current.alerts],
        "damaged": list(held.damaged),
        "disk_read_only": is_read_only,
        "unsent": {
            part: _events(box.state / part, is_read_only=is_read_only) for part in cli.PARTS
        },
        "unkept": {
            part: _events(box.run / unkept.FOLDER / part, is_read_only=False) for part in cli.PARTS
        },
        "running": {part: is_listening(box.run, part) for part in cli.PARTS},
        "free_bytes": shutil.disk_usage(box.state).free,
    }


def _events(folder: Path, *, is_read_only: bool) -> int:
    if not (folder / "outbox.db").exists():
        return 0
    outbox = OutboxReader(folder) if is_read_only else Outbox(folder)
    count = len(outbox.after(0, limit=1_000_000))
    outbox.close()
    return count
