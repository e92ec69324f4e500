"""The dashboard and the alert rules ask for figures that the hub gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from hub.health.figures import exposition

DOCS = Path(__file__).resolve().parents[3] / "docs"
NAME = re.compile(r"\bvillage_[a-z_]+")


@pytest.fixture
def given(db: None) -> set[str]:  # noqa: ARG001 - the figures are read from it
    families = text_string_to_metric_families(exposition().decode())
    return {f"{each.name}{'_total' if each.type == 'counter' else ''}" for each in families}


def test_every_panel_of_the_dashboard_asks_for_a_figure_that_exists(given: set[str]) -> None:
    board = json.loads((DOCS / "monitoring" / "grafana.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert all(NAME.search(each) for each in asked)
    assert {name for each in asked for name in NAME.findall(each)} <= given


def test_every_alert_asks_for_a_figure_that_exists(given: set[str]) -> None:
    rules = yaml.safe_load((DOCS / "monitoring" / "alerts.yml").read_text(encoding="utf-8"))
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    assert {name for each in asked for name in NAME.findall(each)} <= given


def test_every_figure_is_explained(given: set[str]) -> None:
    page = (DOCS / "monitoring.md").read_text(encoding="utf-8")
    assert given <= set(NAME.findall(page))
