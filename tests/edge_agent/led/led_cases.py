"""Notices of the data file as typed notices, and a board to show them on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

from contract.alert import Alert
from contract.areas import Area
from contract.notice import Cap, Column, ColumnType, Notice, Paragraph, Sender, Table
from edge_agent.led.board import Board
from edge_agent.led.panel import PanelSpec
from edge_agent.store import HeldAlert, HeldNotice

NOW = datetime(2024, 7, 14, 3, 13, tzinfo=UTC)
VILLAGE = "530199001001"
_DATA = Path(__file__).parents[2] / "data" / "notices.json"
RAW: dict[str, dict[str, Any]] = {
    each["id"]: each for each in json.loads(_DATA.read_text(encoding="utf-8"))["notices"]
}


def _table(raw: dict[str, Any]) -> Table:
    kept = [n for n, column in enumerate(raw["columns"]) if not column.get("restricted")]
    columns = [raw["columns"][n] for n in kept]
    kinds = get_args(ColumnType)
    return Table(
        tuple(
            Column(each["key"], each["label"], each["type"] if each["type"] in kinds else "text")
            for each in columns
        ),
        tuple(tuple(str(row[n]) for n in kept) for row in raw["rows"]),
    )


def build_notice(notice_id: str, **changes: Any) -> Notice:  # noqa: ANN401 - any field
    raw = RAW[notice_id]
    blocks: list[Any] = [Paragraph(text) for text in (raw.get("body") or "").split("\n") if text]
    if raw.get("table"):
        blocks.append(_table(raw["table"]))
    fields: dict[str, Any] = {
        "id": notice_id,
        "revision": 1,
        "areas": (VILLAGE,),
        "title": raw["title"],
        "summary": raw.get("summary") or "",
        "sender": Sender("青石村村民委员会"),
        "publish_at": NOW - timedelta(days=1),
        "issued_at": NOW - timedelta(days=1),
        "blocks": tuple(blocks),
        "cap": Cap(),
    }
    return Notice(**(fields | changes))


def hold(*notices: Notice) -> tuple[HeldNotice, ...]:
    return tuple(HeldNotice(each, each.name, Area.parse(VILLAGE), NOW) for each in notices)


def hold_alert(notice: Notice, alert_id: str = "A1", hours: float = 6) -> HeldAlert:
    alert = Alert(alert_id, notice, NOW, NOW + timedelta(hours=hours))
    return HeldAlert(alert, alert_id, NOW)


def build_board(
    width_px: int,
    height_px: int,
    colours: str = "mono",
    **changes: Any,  # noqa: ANN401 - any field
) -> Board:
    spec = PanelSpec(width_px, height_px, colours)  # type: ignore[arg-type]
    fields = {"village": "青石村", "office_line": "云岭县人民政府政务公开办公室"}
    return Board(spec, **(fields | changes))
