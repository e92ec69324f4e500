"""``village-hub tickets``: a sealed ticket for every box of a checked plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from contract.errors import VillageError
from hub.enrol import tickets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class PlanFileError(VillageError, ValueError):
    """The plan is not one that ``village-provision plan --out`` wrote."""


def write_tickets(plan: Path, into: Path, office_line: str, say: Callable[[str], object]) -> int:
    """Write one ticket a box into a folder; 0 when all are written.

    Raises:
        PlanFileError: the plan cannot be read; no ticket is made then.
    """
    try:
        content = json.loads(plan.read_text(encoding="utf-8"))
        boxes = [
            tickets.NewBox(
                str(each["box"]),
                str(each["area"]),
                str(each["village"]),
                tuple(int(group) for group in each["groups"]),
                dict(each["settings"]),
                office_line,
                str(each.get("place", "")),
            )
            for each in content["boxes"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PlanFileError(
            f"{plan}: 不是计划文件 not a plan ({error}); village-provision plan --out"
        ) from error
    into.mkdir(parents=True, exist_ok=True)
    for box in boxes:
        path = into / f"{box.box}.ticket"
        path.write_bytes(tickets.issue(box))
        say(f"✓ {box.box} {box.village} → {path}")
    return 0
