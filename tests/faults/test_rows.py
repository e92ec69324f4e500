"""Every row of the fault matrix in its short form, and the matrix itself.

The rows run in one program of its own, with a hub, a broker and a folder of its own; this file
asks it once and looks at each verdict.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLEET = [str(number) for number in range(1, 26)]
EDGE = [f"R{number}" for number in range(1, 16)]
ROWS = [*FLEET, *EDGE]
pytestmark = [pytest.mark.timeout(900), pytest.mark.broker, pytest.mark.slow]


@pytest.fixture(scope="session")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    out = tmp_path_factory.mktemp("faults") / "rows.json"
    done = subprocess.run(
        [sys.executable, "-m", "faults", "--short", "--json", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.exists(), done.stdout[-1000:] + done.stderr[-3000:]
    found: dict[str, list[str]] = json.loads(out.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("number", ROWS)
def test_the_row_is_passed_or_says_why_it_is_not_run_here(
    verdicts: dict[str, list[str]], number: str
) -> None:
    verdict, seen, _ = verdicts[number]
    if verdict in ("elsewhere", "not built"):
        pytest.skip(f"row {number}: {seen}")
    assert verdict == "pass", seen


def test_the_table_in_the_documentation_has_every_row() -> None:
    text = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (R?\d+) \|", text, re.MULTILINE) == ROWS
