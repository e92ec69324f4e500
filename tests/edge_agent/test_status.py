"""What a box says of itself from its files alone, in words, in JSON and for Prometheus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge_agent import cli
from edge_agent.outbox import Outbox
from edge_agent.poke import PokeListener
from edge_agent.store import Store

if TYPE_CHECKING:
    from pathlib import Path

VILLAGE = "530199001001"


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A box that was enrolled and never ran."""
    settings = tmp_path / "agent.toml"
    state, run = tmp_path / "state", tmp_path / "run"
    settings.write_text(
        f'[box]\nid = "b1"\narea = "{VILLAGE}"\nvillage = "青石村"\n'
        f'state = "{state}"\nrun = "{run}"\n\n[link]\nbroker = "mqtt://127.0.0.1:1883"\n',
        encoding="utf-8",
    )
    (state / "store").mkdir(parents=True)
    Store(state / "store").close()
    (state / "led").mkdir()
    Outbox(state / "led").close()
    return settings


def test_a_part_counts_as_running_while_its_socket_is_open(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with PokeListener(box.parent / "run", "led"):
        cli.main(["status", "--settings", str(box), "--json"])
        found = json.loads(capsys.readouterr().out)
    assert found["running"] == {"link": False, "led": True, "audio": False, "kiosk": False}
    cli.main(["status", "--settings", str(box), "--json"])
    assert not any(json.loads(capsys.readouterr().out)["running"].values())


def test_a_socket_that_a_killed_part_left_behind_does_not_count(
    box: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listener = PokeListener(box.parent / "run", "audio")
    listener._socket.close()
    cli.main(["status", "--settings", str(box), "--json"])
    assert json.loads(capsys.readouterr().out)["running"]["audio"] is False


def test_prometheus_reads_the_figures(box: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "--settings", str(box), "--prometheus"]) == cli.DONE
    text = capsys.readouterr().out
    samples = {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["village_box_part_running", "led"] == 0
    assert samples["village_box_unsent", "led"] == 0
    assert samples["village_box_clock_trusted", ""] == 0
    assert samples["village_box_disk_free_bytes", ""] > 0
    assert "青石村" not in text
