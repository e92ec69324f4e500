"""Exporting the airing log."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edge_agent import cli
from edge_agent.audio.airing import Facts
from edge_agent.audio.announcement import Announcement, Entry, Kind, State
from edge_agent.audio.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2024, 7, 3, 4, 0, tzinfo=UTC)


def test_the_airing_log_is_a_table_that_a_spreadsheet_opens(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(
        '[box]\nid = "box-1"\narea = "530199001001"\nvillage = "青石村"\n'
        f'state = "{tmp_path}/state"\nrun = "{tmp_path}/run"\n',
        encoding="utf-8",
    )
    journal = Journal(tmp_path / "state" / "audio")
    said = Entry(Announcement("N001", Kind.ROUTINE, NOW, NOW, zones=("北",)), 0, State.FINISHED)
    facts = Facts(played={"北": 96_000}, offered=96_000, engine="kokoro", started_at=NOW)
    journal.write([journal.row(said, facts, NOW)])
    journal.close()
    out = tmp_path / "log.csv"
    assert cli.main(["audio", "log", "--settings", str(path), "--out", str(out)]) == 0
    with out.open(encoding="utf-8-sig", newline="") as table:
        (row,) = csv.DictReader(table)
    assert (row["key"], row["state"], row["zones"]) == ("N001@1", "finished", "北")
    assert row["samples_played"] == '{"北": 96000}'
    assert row["evidence"] == "sent_to_device"
