from __future__ import annotations

import argparse
import base64
import json
from pathlib import Path

import pytest

from contract.privacy import leaks
from hub.gate_commands import add_privacy_arguments, import_file, privacy
from hub.intake.sheets import sheet_from_notice

DATA = Path(__file__).parents[1] / "data"
NOTICES = json.loads((DATA / "notices.json").read_text("utf-8"))["notices"]


def said_by(path: Path, *, as_json: bool = False) -> tuple[int, str]:
    words: list[str] = []
    code = privacy(path, as_json=as_json, write=words.append)
    return code, "".join(words)


def test_a_clean_notice_exits_0_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "n.json"
    file.write_text(json.dumps(NOTICES[1]), "utf-8")
    assert said_by(file) == (0, "N003\t可以发布\t没有发现问题。\n")


@pytest.mark.parametrize("name", ["notices.json", "bad_inputs.json", "own_bad_inputs.json"])
@pytest.mark.parametrize("as_json", [False, True])
def test_findings_exit_1_and_no_line_repeats_a_number(name: str, *, as_json: bool) -> None:
    code, words = said_by(DATA / name, as_json=as_json)
    assert code == 1
    assert leaks(words.splitlines()) == []


def test_a_number_in_the_wrong_field_is_not_repeated_either(tmp_path: Path) -> None:
    number = "530199195607153024"
    notice = {
        "id": f"{number}/#",
        "title": f"停水\u202e{number}",
        "body": "停水",
        "publish_at": number,
        "table": {"columns": [{"label": "金额", "type": "money"}], "rows": [[f"{number}元"]]},
    }
    file = tmp_path / "n.json"
    file.write_text(json.dumps(notice), "utf-8")
    for as_json in (False, True):
        assert number not in said_by(file, as_json=as_json)[1]


def test_json_output_holds_the_decision_of_every_notice() -> None:
    report = json.loads(said_by(DATA / "notices.json", as_json=True)[1])
    decisions = {entry["name"]: entry["decision"] for entry in report["entries"]}
    assert decisions == {notice["id"]: notice["expect"]["decision"] for notice in NOTICES}


def test_cases_of_bad_inputs_are_answered_one_by_one() -> None:
    report = json.loads(said_by(DATA / "bad_inputs.json", as_json=True)[1])
    actions = {entry["name"]: entry["actions"] for entry in report["entries"]}
    assert actions["B11"] == ["pass"]
    assert actions["B20"][:2] == ["reject", "reject_chars"]
    assert "block" in actions["B18"]
    assert "drop_hidden" in actions["B13"]


def test_a_sheet_a_text_and_a_picture_are_taken_too(tmp_path: Path) -> None:
    sheet, text, photo = tmp_path / "低保.xlsx", tmp_path / "通知.txt", tmp_path / "图.png"
    sheet.write_bytes(sheet_from_notice(NOTICES[0]))
    text.write_bytes("停电通知：七月九日停电检修。".encode("gbk"))
    (attachment,) = next(n for n in NOTICES if n["id"] == "N034")["attachments"]
    photo.write_bytes(base64.b64decode(attachment["base64"]))
    assert said_by(sheet)[1].count("公布前删除该列") == 5
    assert "gb18030" in said_by(text)[1].lower()
    assert said_by(photo)[0] == 0


@pytest.mark.parametrize("name", ["none.json", "."])
def test_a_file_that_cannot_be_read_exits_2_with_one_line(tmp_path: Path, name: str) -> None:
    code, words = said_by(tmp_path / name)
    assert code == 2
    assert words.count("\n") == 1


def test_a_broken_file_exits_1_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b"{")
    code, words = said_by(file)
    assert code == 1
    assert "请检查文件" in words


def test_the_arguments_lead_to_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_privacy_arguments(parser)
    arguments = parser.parse_args([str(DATA / "notices.json"), "--json"])
    assert arguments.run(arguments) == 1
    assert json.loads(capsys.readouterr().out)["clean"] is False


def test_import_hands_over_what_can_be_taken_and_says_what_cannot(tmp_path: Path) -> None:
    file = tmp_path / "n.json"
    file.write_text(json.dumps([NOTICES[0], {**NOTICES[1], "title": ""}]), "utf-8")
    taken: list[str] = []
    words: list[str] = []

    def store(draft: object, gate: object) -> str:
        taken.append(f"{draft.id} {gate.decision}")  # type: ignore[attr-defined]
        return draft.title  # type: ignore[attr-defined,no-any-return]

    assert import_file(file, store, words.append) == 1
    assert taken == ["N001 publish_masked"]
    assert words[0] == f"已导入 {NOTICES[0]['title']}\n"


@pytest.mark.parametrize("name", ["旧表.xls", "x.exe", "x.svg"])
def test_files_of_other_kinds_are_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 99 if name.endswith("xls") else b"<x/>")
    code, words = said_by(file)
    assert code == 1
    assert "不予接收" in words
