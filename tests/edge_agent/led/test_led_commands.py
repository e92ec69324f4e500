"""The panel commands, as a technician types them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge_agent.cli import main
from edge_agent.led.drivers import registry
from edge_agent.led.notice_file import NoticeUnreadable, read_notices

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[2] / "data"
PING = "a5a5a5a5a5a5a5a501000080000000000000fe020500a20001000068f85a"


def test_decode_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["led", "decode", "--protocol", "onbon-k", PING]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["to"]) == ("ping", 1)


def test_decode_takes_bytes_with_blanks_between(capsys: pytest.CaptureFixture[str]) -> None:
    blanks = [PING[at : at + 2] for at in range(0, len(PING), 2)]
    assert main(["led", "decode", "--protocol", "onbon-k", *blanks]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "ping"


@pytest.mark.parametrize("frame", [PING[:-4] + "005a", "a5", "5a", "zz", PING + "00"])
def test_decode_says_in_one_line_what_is_wrong_with_a_frame(
    frame: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["led", "decode", "--protocol", "onbon-k", frame]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1


def test_an_unknown_protocol_is_a_usage_error_that_names_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["led", "decode", "--protocol", "morse", "00"]) == 2
    assert "onbon-k" in capsys.readouterr().err


def test_drivers_lists_every_installed_driver(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["led", "drivers"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == registry.names()
    assert {"onbon-k", "onbon-6", "tpm2", "adalight", "jetfile2", "cpower", "alpha"} <= set(listed)


def test_a_snapshot_is_a_picture_and_the_hash_of_its_pixels(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hashes = set()
    for name in ("a", "b"):
        png = tmp_path / f"{name}.png"
        words = ["led", "snapshot", "--text", "村务公开 䶮", "--png", str(png), "--plain"]
        assert main(words) == 0
        hashes.add(json.loads(capsys.readouterr().out)["sha256"])
        assert png.read_bytes()[1:4] == b"PNG"
    assert len(hashes) == 1


def test_a_snapshot_names_what_no_font_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["led", "snapshot", "--text", "王\U0010fffd", "--png", str(tmp_path / "a.png")]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["unshown"] == ["U+10FFFD"]


def test_showing_on_a_line_that_is_not_there_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["led", "show", "--driver", "onbon-k", "--line", str(tmp_path / "no"), "--text", "字"]
    assert main(words) == 1
    assert "check plug" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["", "{", "[]x", "[" * 100_000, '{"no": "title"}'])
def test_a_file_that_is_no_notice_is_a_usage_error(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notice.json"
    file.write_text(content, encoding="utf-8")
    words = ["led", "snapshot", "--notice", str(file), "--png", str(tmp_path / "a.png")]
    assert main(words) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize("size", [("0", "0"), ("1", "1"), ("-128", "32"), ("5000", "5000")])
def test_a_panel_of_no_possible_size_is_a_usage_error(
    size: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--width", size[0], "--height", size[1], "--png", str(tmp_path / "a.png")]
    assert main(["led", "snapshot", "--text", "停水", *given]) == 2
    assert main(["led", "emulate", "--driver", "tpm2", "--listen", "127.0.0.1:0", *given]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 2


def test_a_notice_of_a_file_keeps_what_its_columns_are(tmp_path: Path) -> None:
    columns = [{"key": key, "label": key, "type": key} for key in ("name", "money", "area", "enum")]
    table = {"columns": columns, "rows": [["王建国", 1, 2.5, "低保"]]}
    file = tmp_path / "notice.json"
    file.write_text(json.dumps({"title": "低保公示", "table": table}), encoding="utf-8")
    (read,) = read_notices(file)[0].tables
    assert [column.type for column in read.columns] == ["name", "money", "number", "text"]
    table["rows"] = [["王建国", 1, 2.5, "低保", "多余"]]
    file.write_text(json.dumps({"title": "低保公示", "table": table}), encoding="utf-8")
    with pytest.raises(NoticeUnreadable):
        read_notices(file)


def test_erasing_a_card_must_be_said_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["led", "maintain", "--line", "/dev/null", "format"]) == 2
    assert "--i-know-it-erases" in capsys.readouterr().err


class Emulated:
    """An emulated card as its own process on a pseudo-terminal."""

    def __init__(self, folder: Path, driver: str, *more: str) -> None:
        self.folder = folder
        self.line = folder / "ttyCARD"
        words = ["led", "emulate", "--driver", driver, "--listen", f"pty:{self.line}"]
        words += ["--png", str(folder / "panel.png"), "--state", str(folder / "flash.json"), *more]
        self.process = subprocess.Popen([sys.executable, "-m", "edge_agent.cli", *words])
        self.wait_for(lambda: self.line.exists() and (folder / "state.json").exists())

    def state(self) -> dict[str, object]:
        return json.loads((self.folder / "state.json").read_text(encoding="utf-8"))  # type: ignore[no-any-return]

    def wait_for(self, done: object) -> None:
        """Give the process up to ten seconds; it is real, and so is its baud rate."""
        until_s = time.monotonic() + 10
        while not done():  # type: ignore[operator]
            assert time.monotonic() < until_s
            time.sleep(0.02)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Emulated]:
    emulated = Emulated(tmp_path, "onbon-k", "--baud", "57600")
    yield emulated
    emulated.kill()


def show(card: Emulated, text: str, *more: str) -> int:
    words = ["led", "show", "--driver", "onbon-k", "--line", str(card.line), "--baud", "57600"]
    return main([*words, "--text", text, *more])


def test_a_text_goes_over_a_real_line_and_is_read_back_from_the_card(card: Emulated) -> None:
    assert show(card, "村务公开今日要闻") == 0
    card.wait_for(lambda: "村务公开今日要闻" in json.dumps(card.state(), ensure_ascii=False))
    state = card.state()
    assert state["frames_received"]
    assert state["first_byte_at_monotonic_s"]
    card.wait_for(lambda: any((card.folder / "frame.bin").read_bytes()))
    assert len((card.folder / "frame.bin").read_bytes()) == 128 * 32 // 8


def test_a_killed_card_keeps_its_flash(card: Emulated, tmp_path: Path) -> None:
    assert show(card, "断电还在", "--standing") == 0
    card.wait_for(lambda: "P" in (tmp_path / "flash.json").read_text(encoding="utf-8"))
    card.wait_for(lambda: card.state()["flash_writes"] == 1)
    card.kill()
    (tmp_path / "state.json").unlink()
    card.line.unlink()
    again = Emulated(tmp_path, "onbon-k", "--baud", "57600")
    try:
        again.wait_for(lambda: "断电还在" in json.dumps(again.state(), ensure_ascii=False))
        assert again.state()["flash_writes"] == 1
    finally:
        again.kill()


def test_an_emulated_card_serves_a_tcp_port_and_ends_on_a_signal() -> None:
    words = ["led", "emulate", "--driver", "onbon-6", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "edge_agent.cli", *words], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    place = process.stderr.readline().split()[-1]
    line = ["--line", f"socket://{place}"]
    assert main(["led", "show", "--driver", "onbon-6", *line, "--text", "网口"]) == 0
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
    process.stderr.close()


def test_the_test_card_shows_lights_bars_grid_and_name(card: Emulated) -> None:
    words = ["led", "test", "--line", str(card.line), "--baud", "57600", "--stay", "0.5"]
    assert main([*words, "--name", "青石村"]) == 0
    assert card.state()["areas"]


def test_a_technician_reads_the_status(card: Emulated, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["led", "maintain", "--line", str(card.line), "--baud", "57600"]
    assert main([*words, "off"]) == 0
    assert main([*words, "status"]) == 0
    assert json.loads(capsys.readouterr().out)["on"] is False


BAD_TEXTS = [
    case["payload"]["text"]
    for case in json.loads((DATA / "bad_inputs.json").read_text(encoding="utf-8"))["cases"]
    if case["payload"]["kind"] == "text"
]


@pytest.mark.parametrize("text", BAD_TEXTS)
def test_hostile_texts_are_shown_or_refused_but_never_break_the_panel(
    text: str, tmp_path: Path
) -> None:
    words = ["led", "snapshot", "--text", text[:400], "--png", str(tmp_path / "a.png")]
    assert main(words) in (0, 2)
