"""Settings: all faults at once, and what was meant."""

from pathlib import Path

import pytest

from edge_agent import cli
from edge_agent.errors import SettingsError
from edge_agent.settings import load

GOOD = """
[box]
id = "qingshi-1"
area = "530199001001"
village = "青石村"
groups = [1, 3]
state = "/var/lib/village-agent"
run = "/run/village-agent"

[[panel]]
name = "main"
driver = "onbon-k"
line = "/dev/village-led0"
width_px = 192
height_px = 64

[[zone]]
name = "village"
device = "plughw:CARD=Horn"
relay_pin = 17
"""


def _write(folder: Path, text: str) -> Path:
    path = folder / "agent.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _problems(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(_write(folder, text))
    return "\n".join(caught.value.problems)


def test_a_complete_file_is_read_with_its_defaults(tmp_path: Path) -> None:
    found = load(_write(tmp_path, GOOD))
    assert found.panel[0].baud == 9600
    assert found.zone[0].warm_up_s == 1.5
    assert [str(area) for area in found.followed] == [
        "53", "5301", "530199", "530199001", "530199001001", "530199001001-1", "530199001001-3",
        "530199001001@qingshi-1",
    ]  # fmt: skip


def test_every_fault_is_named_and_the_meant_name_is_offered(tmp_path: Path) -> None:
    text = GOOD.replace("width_px", "widht_px").replace('id = "qingshi-1"', "id = 7")
    problems = _problems(tmp_path, text)
    assert "did you mean 'width_px'" in problems
    assert "panel[0].width_px: 缺这一项" in problems
    assert "box.id: 应为 expected 文字" in problems


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("530199001001", "530199", "village"),
        ("530199001001", "530199/#", "area"),
        ("qingshi-1", "a/b", "box id"),
        ("width_px = 192", "width_px = 9999", "size"),
        ('name = "village"\ndevice', 'name = "main"\ndevice', "name of its own"),
        ("[[panel]]", '[microphone]\ncapture = "bluetooth"\n[[panel]]', "microphone.capture"),
        ("[[panel]]", '[microphone]\nzones = ["hill"]\n[[panel]]', "'hill'"),
    ],
)
def test_a_value_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, word: str) -> None:
    assert word in _problems(tmp_path, GOOD.replace(old, new))


def test_a_missing_or_torn_file_is_one_plain_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot read"):
        load(tmp_path / "nothing.toml")
    assert "agent.toml" in _problems(tmp_path, GOOD + "\n[box")


def test_check_asks_the_parts_for_what_only_they_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--settings", str(_write(tmp_path, GOOD))]) == cli.DONE
    text = GOOD.replace("onbon-k", "onbon-q").replace("relay_pin", 'sink = "pulse"\nrelay_pin')
    text += '[audio]\nquiet_hours = "25:00-6"\nsoft_hours = ["noon"]\n'
    assert cli.main(["check", "--settings", str(_write(tmp_path, text))]) == cli.BAD_SETTINGS
    said = capsys.readouterr().err
    for word in ("onbon-q", "onbon-k", "pulse", "25:00-6", "noon"):
        assert word in said
