"""The recipe of docs/add-a-panel-driver.md is followed to the letter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RECIPE = (ROOT / "docs" / "add-a-panel-driver.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", RECIPE, re.DOTALL)
    return str(found)


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """An environment in which the recipe's package is installed."""
    (tmp_path / "hash_panel.py").write_text(block("python"), encoding="utf-8")
    facts = tmp_path / "hash_panel-1.0.dist-info"
    facts.mkdir()
    name, value = re.findall(r'^(\w+) = "([^"]+)"', block("toml"), re.MULTILINE)[0]
    entry = f"[village_notice.panels]\n{name} = {value}\n"
    (facts / "entry_points.txt").write_text(entry, encoding="utf-8")
    (facts / "METADATA").write_text("Name: hash-panel\nVersion: 1.0\n", encoding="utf-8")
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def test_the_recipes_driver_is_found_by_name(installed: dict[str, str]) -> None:
    words = [sys.executable, "-m", "edge_agent.cli", "led", "drivers"]
    told = subprocess.run(words, env=installed, capture_output=True, text=True, check=True)
    assert "hash " in told.stdout


def test_the_recipes_driver_passes_the_conformance_suite(installed: dict[str, str]) -> None:
    suite = "tests/edge_agent/led/test_conformance.py"
    words = [sys.executable, "-m", "pytest", suite, "-k", "hash", "-q", "-p", "no:cacheprovider"]
    told = subprocess.run(
        words, env=installed, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout[-2000:]
    passed = re.search(r"(\d+) passed", told.stdout)
    assert passed is not None
    assert int(passed.group(1)) >= 20


def test_the_recipe_names_only_files_that_are_there() -> None:
    for name in re.findall(r"`((?:edge_agent|tests|drivers)/[\w/]+\.py)`", RECIPE):
        path = name if not name.startswith("drivers") else f"edge_agent/led/{name}"
        assert (ROOT / path).exists(), name
