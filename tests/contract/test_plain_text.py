from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract import plain_text
from contract.errors import ContractError
from contract.plain_text import BODY, CELL, TITLE, Level, inspect, search_form


@pytest.mark.parametrize(
    ("text", "code", "level", "suggestion"),
    [
        ("补助\u202e00051\u202c元", "bidi", Level.REFUSE, "补助00051元"),
        ("停\u2066水\u2069通知\u200f", "bidi", Level.REFUSE, "停水通知"),
        ("停水\u061c通知", "bidi", Level.REFUSE, "停水通知"),
        ("停水\x00通知", "control", Level.REFUSE, "停水通知"),
        ("停水\x1b[31m通知", "control", Level.REFUSE, "停水[31m通知"),
        ("停水\u0085通知\ufff9注", "control", Level.REFUSE, "停水\n通知注"),
        ("停水\U000e0041通知", "control", Level.REFUSE, "停水通知"),
        ("停水\ud83d通知", "surrogate", Level.REFUSE, "停水通知"),
        ("停水\u200b通知\ufeff", "invisible", Level.NOTE, "停水通知"),
        ("停水\u00ad通知", "invisible", Level.NOTE, "停水通知"),
        ("停\u200d水通知", "invisible", Level.NOTE, "停水通知"),
        ("尤\ue863家", "unshowable", Level.CONFIRM, "尤䶮家"),
        ("尤\ue863、\uf8ff、\U000f0000、\u0378", "unshowable", Level.CONFIRM, "尤䶮"),
        ("赵\ue81e等", "unshowable", Level.CONFIRM, "赵\u9fb4等"),
        ("e" + "\u0301" * 40 + "f", "marks", Level.REFUSE, "e" + "\u0301" * 5 + "f"),
        ("锟斤拷锟斤拷", "mojibake", Level.CONFIRM, "锟斤拷锟斤拷"),
        ("鍋滄按閫氱煡", "mojibake", Level.CONFIRM, "停水通知"),
        ("停水\ufffd通知", "mojibake", Level.CONFIRM, "停水\ufffd通知"),
        ("", "empty", Level.REFUSE, ""),
        ("\u3000\u3000", "empty", Level.REFUSE, "\u3000\u3000"),
        ("。", "empty", Level.REFUSE, "。"),
        ("\n" * 200, "empty", Level.REFUSE, "\n\n\n"),
        ("\u200b\u2060", "empty", Level.REFUSE, ""),
    ],
)
def test_a_fault_is_named_and_the_clean_text_suggested(
    text: str, code: str, level: Level, suggestion: str
) -> None:
    report = inspect(text)
    assert (code, level) in [(fault.code, fault.level) for fault in report.faults]
    assert report.suggestion == suggestion


@pytest.mark.parametrize(
    "text",
    [
        "停水通知:7月6日8:00—18:00",
        "توك توختىتىش ئۇقتۇرۇشى",
        "می‌خواهم",  # Persian needs its zero-width non-joiner
        "བོད་སྐད་བསྒྲུབས",
        "ᠮᠣᠩᠭᠣᠯ",
        "阿依古丽·买买提",
        "停电啦😂👨‍👩‍👧‍👦🇨🇳1️⃣☎️❤️‍🔥",
        "生僻字䶮㛃𬱖𫰛\U00031350",
        "中点·破折号—— 欧元€ 平方㎡ ¥",
    ],
)
def test_genuine_writing_passes_untouched(text: str) -> None:
    report = inspect(text)
    assert report.faults == ()
    assert plain_text.accept(text) == text


def test_length_and_lines_are_bounded() -> None:
    assert inspect("停水" * 60, TITLE).refused
    assert inspect("第一行\n第二行", TITLE).refused
    assert inspect("水" * (BODY.max_chars + 1)).refused
    assert not inspect("", CELL).refused


def test_accept_raises_with_both_languages_and_the_report() -> None:
    with pytest.raises(plain_text.TextRefusedError, match="take the suggested text") as caught:
        plain_text.accept("补助\u202e00051元")
    assert caught.value.report.suggestion == "补助00051元"


def test_search_finds_what_was_written_in_other_widths_dots_and_letters() -> None:
    assert "2024年7月" in search_form("２０２４年７月")
    assert search_form("ХХ村") == search_form("xx村") == search_form("ⅹⅹ村")
    names = ["阿依古丽·买买提", "阿依古丽•买买提", "阿依古丽・买买提", "阿依古丽．买买提"]
    assert len({search_form(name) for name in names}) == 1
    assert search_form("王\u200b建国") == "王建国"


@pytest.mark.parametrize("code", ["530199/#", "+", "a/b\x00c", "", "a" * 65, "村", ".x", "a b"])
def test_a_code_that_could_reach_other_topics_is_refused(code: str) -> None:
    with pytest.raises(ContractError):
        plain_text.check_code(code)


@pytest.mark.parametrize("code", ["530199001001", "N001", "cap-530199_2024.7"])
def test_an_ordinary_code_passes(code: str) -> None:
    assert plain_text.check_code(code) == code


@pytest.mark.parametrize(("name", "safe"), [("第3组", True), ("$SYS", False), ("3组/#", False)])
def test_topic_safety_of_names(name: str, *, safe: bool) -> None:
    assert plain_text.is_topic_safe(name) is safe


@given(st.text(st.characters(codec=None), max_size=80))
def test_no_text_breaks_the_inspection_and_the_suggestion_has_no_character_fault(text: str) -> None:
    again = inspect(inspect(text).suggestion)
    codes = {fault.code for fault in again.faults}
    assert not codes & {"bidi", "control", "surrogate", "invisible", "unshowable"}
