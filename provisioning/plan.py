"""The sheet of boxes to be: one CSV line a box, checked whole before anything is taken.

Columns: ``box, area, village, place, groups, panel_driver, panel_line, panel_w, panel_h,
relay_pin, sound_device`` (see ``docs/provisioning.md``). Unknown columns are named, not ignored.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contract.areas import Area
from contract.errors import ContractError
from contract.topics import check_box_id
from provisioning.errors import PlanError

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED = ("box", "area", "village")
OPTIONAL = {
    "place": "",
    "groups": "0",
    "panel_driver": "",
    "panel_line": "/dev/village-led0",
    "panel_w": "192",
    "panel_h": "64",
    "panel_baud": "9600",
    "sound_device": "",
    "relay_pin": "-1",
}
_NUMBERS = {
    "groups": (0, 99),
    "panel_w": (16, 1024),
    "panel_h": (8, 512),
    "panel_baud": (2400, 921600),
    "relay_pin": (-1, 27),
}


LONGEST_PLACE = 30


@dataclass(frozen=True, slots=True)
class PlannedBox:
    """One line of the sheet, checked."""

    box: str
    area: str
    village: str
    place: str
    groups: tuple[int, ...]
    settings: dict[str, Any]


def read_plan(path: Path) -> list[PlannedBox]:
    """Read a sheet of boxes.

    Raises:
        PlanError: with every fault as ``line, column: reason``; nothing is taken then.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PlanError(
            [f"{path}: 读不了，请核对路径 check the path ({error.strerror})"]
        ) from error
    except UnicodeDecodeError as error:
        raise PlanError([f"{path}: 读不出,请存为 UTF-8 的 CSV / save it as UTF-8 CSV"]) from error
    reader = csv.DictReader(io.StringIO(text))
    faults = _header_faults(reader.fieldnames or [])
    if faults:
        raise PlanError(faults)
    found: list[PlannedBox] = []
    seen: dict[str, int] = {}
    for row in reader:
        here = _row_faults(row, reader.line_num, seen)
        faults += here
        if not here:
            found.append(_planned({**OPTIONAL, **{k: v.strip() for k, v in row.items() if v}}))
    if not found and not faults:
        faults.append("表里没有一行 the sheet has no line")
    if faults:
        raise PlanError(faults)
    return found


def _header_faults(names: list[str] | Any) -> list[str]:  # noqa: ANN401 - csv's own type
    missing = [
        f"第1行 line 1: 缺列 missing column {name!r}" for name in REQUIRED if name not in names
    ]
    strange = [
        f"第1行 line 1: 不认识的列 unknown column {name!r}"
        for name in names
        if name not in REQUIRED and name not in OPTIONAL
    ]
    return missing + strange


def _row_faults(row: dict[str, str], line: int, seen: dict[str, int]) -> list[str]:
    faults = [f"{name}: 未填 empty" for name in REQUIRED if not (row.get(name) or "").strip()]
    for check, name in ((check_box_id, "box"), (_village, "area")):
        try:
            check((row.get(name) or "").strip())
        except ContractError as error:
            faults.append(f"{name}: {error}")
    box, area, place = ((row.get(name) or "").strip() for name in ("box", "area", "place"))
    if box and (before := seen.setdefault(f"box {box}", line)) != line:
        faults.append(f"box: 与第{before}行重复 same as line {before}")
    if area and (before := seen.setdefault(f"area {area} {place}", line)) != line:
        faults.append(
            f"area: 与第{before}行同村，请在 place 列写明各摆在哪里 "
            f"the village of line {before}: say in 'place' where each stands"
        )
    if len(place) > LONGEST_PLACE:
        faults.append(f"place: 最多{LONGEST_PLACE}个字 at most {LONGEST_PLACE} characters")
    faults += [f"{name}: {fault}" for name in _NUMBERS if (fault := _number_fault(row, name))]
    if row.get("") or None in row:
        faults.append("单元格多于列数 more cells than columns")
    return [f"第{line}行 line {line}, {fault}" for fault in faults]


def _village(code: str) -> None:
    if Area.parse(code).level != "village":
        raise ContractError("需要12位村代码 a village's 12-digit code is needed")


def _number_fault(row: dict[str, str], name: str) -> str:
    value = (row.get(name) or OPTIONAL[name]).strip()
    low, high = _NUMBERS[name]
    if not value.lstrip("-").isdecimal() or not low <= int(value) <= high:
        return f"{value[:20]!r} 不是{low}到{high}的整数 not a whole number from {low} to {high}"
    return ""


def _planned(row: dict[str, str]) -> PlannedBox:
    settings: dict[str, Any] = {}
    if row["panel_driver"]:
        settings["panel"] = [
            {
                "name": "main",
                "driver": row["panel_driver"],
                "line": row["panel_line"],
                "baud": int(row["panel_baud"]),
                "width_px": int(row["panel_w"]),
                "height_px": int(row["panel_h"]),
            }
        ]
    if row["sound_device"]:
        settings["zone"] = [
            {
                "name": "village",
                "device": row["sound_device"],
                "relay_pin": int(row["relay_pin"]),
            }
        ]
    groups = tuple(range(1, int(row["groups"]) + 1))
    return PlannedBox(row["box"], row["area"], row["village"], row["place"], groups, settings)
