"""``village-agent audio``: what it prints, what it writes, how it exits."""

from __future__ import annotations

import io
import sys
import wave
from typing import TYPE_CHECKING

import pytest

from edge_agent.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_box(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VILLAGE_SETTINGS", str(tmp_path / "none.toml"))
    monkeypatch.setenv("VILLAGE_VOICE_FOLDER", str(tmp_path / "none"))


def test_script_prints_the_words_to_be_spoken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audio", "script", "7月6日8:00—18:00停水"]) == 0
    assert capsys.readouterr().out == "七月六日八点到十八点停水\n"


def test_script_says_on_stderr_what_stays_silent(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audio", "script", "停水😂\u202e请看https://a.example/x"]) == 0
    out, err = capsys.readouterr()
    assert out == "停水请看\n"
    assert "网址不读 links are silent: https://a.example/x" in err
    assert "控制字符不读 control characters are silent: U+202E" in err


def test_script_shows_the_pinyin_of_the_county_s_words(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lexicon = tmp_path / "lexicon.toml"
    lexicon.write_text('"解州" = "xiè zhōu"\n', encoding="utf-8")
    assert main(["audio", "script", "--pinyin", "--lexicon", str(lexicon), "解州镇"]) == 0
    assert capsys.readouterr().out == "解州镇\nxièzhōu zhèn\n"


@pytest.mark.parametrize("text", ['"解州" = 1', "解州", "\xff"])
def test_a_wrong_lexicon_is_a_fault_of_the_settings(text: str, tmp_path: Path) -> None:
    lexicon = tmp_path / "lexicon.toml"
    lexicon.write_text(text, encoding="latin-1" if text == "\xff" else "utf-8")
    assert main(["audio", "script", "--lexicon", str(lexicon), "停水"]) == 78


def test_script_reads_standard_input_even_when_it_is_no_utf_8(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("停水".encode() + b"\xff3")))
    assert main(["audio", "script", "-"]) == 0
    assert capsys.readouterr().out == "停水三\n"


def test_say_writes_a_wav_of_48_khz(tmp_path: Path) -> None:
    out = tmp_path / "said.wav"
    assert main(["audio", "say", "停水通知", "--voice", "espeak", "--out", str(out)]) == 0
    with wave.open(str(out)) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (48_000, 2, 1)
        assert file.getnframes() > 48_000


@pytest.mark.parametrize(
    "words",
    [["say", "", "--voice", "espeak"], ["say", "停水", "--voice", "siri"],
     ["say", "停水", "--voice", "kokoro"]],
)  # fmt: skip
def test_what_cannot_be_said_is_one_line_and_exit_1(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audio", *words, "--out", str(tmp_path / "x.wav")]) == 1
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_wrong_usage_exits_2() -> None:
    for words in (["audio", "say", "停水"], ["audio", "say", "--speed", "9", "x", "--out", "y"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2


@pytest.mark.parametrize("text", ["", "  ", "😂😂", "\u202e", "。。。"])
def test_nothing_to_say_is_answered_in_words(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audio", "script", text]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "没有可以播出的文字" in err


def test_a_thousand_silent_pieces_are_counted_not_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["audio", "script", "停水😂" * 1000]) == 0
    err = capsys.readouterr().err
    assert err.count("\n") < 30
    assert "还有" in err
