"""The demo's story, told with other notices than it ships with, in a process of its own."""

import json
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from hub.demo import sample
from tests import empty_hub

NAMES = {
    "青石村": "柳树湾村",
    "红柳村": "东岔村",
    "清水镇": "白杨镇",
    "沙湖乡": "石门乡",
    "530199": "620199",
}
STEPS = 7


def _other_notices() -> dict[str, Any]:
    """Another county: other places, other ids, fewer rows, columns in another order."""
    text = resources.files("hub.demo").joinpath("data/notices.json").read_text("utf-8")
    for old, new in NAMES.items():
        text = text.replace(old, new)
    found: dict[str, Any] = json.loads(text)
    for notice in found["notices"]:
        notice["id"] = f"M{notice['id'][1:]}"
        table = notice.get("table")
        if table and len(table["rows"]) > 12:
            order = [1, 0, *range(len(table["columns"]) - 1, 1, -1)]
            table["columns"] = [table["columns"][n] for n in order]
            table["rows"] = [[row[n] for n in order] for row in table["rows"][3:24]]
            table.pop("total", None)
    return found


@pytest.mark.slow
@pytest.mark.broker
@pytest.mark.browser
@pytest.mark.timeout(1200)
def test_the_story_is_verified_with_other_notices(tmp_path: Path) -> None:
    notices = tmp_path / "notices.json"
    notices.write_text(json.dumps(_other_notices(), ensure_ascii=False), encoding="utf-8")
    out = tmp_path / "out"
    (tmp_path / "prepared").symlink_to(empty_hub.shelf())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "hub.cli", "demo", "--once", "--notices", str(notices)),
            *("--folder", str(tmp_path / "demo"), "--out", str(out)),
        ],
        capture_output=True,
        text=True,
        check=False,
        # The suite shares two cores with this story; the demo itself holds the plain limits.
        env={**os.environ, "VILLAGE_STORY_SLACK": "10"},
    )
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert [step["verified"] for step in report["steps"]] == [True] * STEPS
    kept = {path.suffix for path in out.iterdir()}
    assert {".png", ".wav", ".xlsx", ".json"} <= kept


def test_a_file_without_an_emergency_cannot_carry_the_story(tmp_path: Path) -> None:
    notices = _other_notices()
    notices["notices"] = [each for each in notices["notices"] if each["kind"] != "emergency"]
    path = tmp_path / "calm.json"
    path.write_text(json.dumps(notices), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "hub.cli", "demo", "--once", "--notices", str(path),
         "--folder", str(tmp_path / "demo")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "应急" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"notices": []}', '{"notices": 3, "meta": {}}']
)
def test_a_file_of_another_form_is_one_plain_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(sample.SampleError, match="not a file of sample notices"):
        sample.load(path)


def test_one_village_alone_gets_a_neighbour() -> None:
    found = _other_notices()
    found["meta"]["villages"] = found["meta"]["villages"][:1]
    villages = sample._villages(found)
    assert len({village.path for village in villages}) == 2
