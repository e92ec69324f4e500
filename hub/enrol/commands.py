"""``village-hub tickets``: a sealed ticket for every box of a checked plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import VillageError
from hub.enrol import tickets

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable


class PlanFileError(VillageError, ValueError):
    """The plan is not one that ``village-provision plan --out`` wrote."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The plan and the folder for the tickets."""
    parser.add_argument("plan", type=Path, help="JSON written by village-provision plan --out")
    parser.add_argument("--into", type=Path, required=True, help="folder for <box>.ticket files")
    parser.add_argument("--office-line", default="", help="office line for the panel's strip")


def write_tickets(arguments: argparse.Namespace, say: Callable[[str], object]) -> int:
    """Write one ticket a box; 0 when all are written.

    Raises:
        PlanFileError: the plan cannot be read; no ticket is made then.
    """
    try:
        plan = json.loads(arguments.plan.read_text(encoding="utf-8"))
        boxes = [
            tickets.NewBox(
                str(each["box"]),
                str(each["area"]),
                str(each["village"]),
                tuple(int(group) for group in each["groups"]),
                dict(each["settings"]),
                arguments.office_line,
            )
            for each in plan["boxes"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanFileError(
            f"{arguments.plan}: 不是计划文件 not a plan ({error}); village-provision plan --out"
        ) from error
    arguments.into.mkdir(parents=True, exist_ok=True)
    for box in boxes:
        path = arguments.into / f"{box.box}.ticket"
        path.write_bytes(tickets.issue(box))
        say(f"✓ {box.box} {box.village} → {path}")
    return 0
