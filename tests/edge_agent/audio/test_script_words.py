"""The words of the loudspeaker: numbers, signs and everything that must stay silent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.audio.script import spoken_words
from edge_agent.audio.script.cleaning import MAX_CHARS
from edge_agent.audio.script.numerals import cardinal, digits, number

DATA = Path(__file__).parents[2] / "data"


def cases(name: str) -> list[tuple[str, list[str]]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if line)
    return [(text, words.split("|")) for text, words in pairs]


@pytest.mark.parametrize(
    ("text", "allowed"),
    cases("text_normalisation.tsv") + cases("text_normalisation_ours.tsv"),
)
def test_a_text_is_spoken_as_a_villager_would_read_it(text: str, allowed: list[str]) -> None:
    assert spoken_words(text).words in allowed


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("0", "零"),
        ("10", "十"),
        ("12", "十二"),
        ("110", "一百一十"),
        ("1001", "一千零一"),
        ("10010", "一万零一十"),
        ("100000", "十万"),
        ("1050000", "一百零五万"),
        ("20000", "两万"),
        ("12200", "一万二千二百"),
        ("100000001", "一亿零一"),
        ("12345678901234567", "一二三四五六七八九零一二三四五六七"),
    ],
)
def test_cardinals_are_read_by_places(figure: str, words: str) -> None:
    assert cardinal(figure) == words


def test_closing_zeros_of_a_decimal_are_not_read() -> None:
    assert number("1234.50") == "一千二百三十四点五"
    assert number("3000.00") == "三千"
    assert number("-0.05") == "负零点零五"


def test_one_is_yao_only_where_it_is_asked_for() -> None:
    assert digits("110") == "一一零"
    assert digits("110", one="幺") == "幺幺零"


def test_words_hold_no_digit_whatever_the_text_holds() -> None:
    for notice in json.loads((DATA / "notices.json").read_text(encoding="utf-8"))["notices"]:
        for field in ("title", "summary", "speech", "body"):
            words = spoken_words(notice.get(field) or "").words
            assert not any(sign.isdecimal() for sign in words), words


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.text("0123456789.-:/年月日元%℃ xX*G", max_size=40))
def test_no_text_breaks_the_rules_and_no_digit_remains(text: str) -> None:
    words = spoken_words(text).words
    assert not any("0" <= sign <= "9" for sign in words)
    assert not any(ord(sign) < 32 or 0xD800 <= ord(sign) < 0xE000 for sign in words)


@pytest.mark.parametrize("line", cases("text_normalisation_ours.tsv"))
def test_words_that_were_made_once_are_not_changed_again(line: tuple[str, list[str]]) -> None:
    words = spoken_words(line[0]).words
    assert spoken_words(words).words == words


def test_what_stays_silent_is_reported_with_its_reason() -> None:
    script = spoken_words("停水😂，看 https://a.example/x ，Привет，<b>\u202e请")
    assert [item.reason for item in script.unspoken] == [
        "markup",
        "link",
        "emoji",
        "script",
        "control",
    ]
    assert script.words == "停水，看，请"


def test_a_hundred_thousand_characters_are_cut_at_a_sentence_end() -> None:
    script = spoken_words("今天下午三点开会，请大家参加。" * 7000)
    assert len(script.words) <= MAX_CHARS
    assert script.words.endswith("。")
    assert script.unspoken[-1].reason == "length"


def test_a_hundred_thousand_characters_without_an_end_are_cut_all_the_same() -> None:
    for sign in ("村", "1", "-", "*", "1-", "[", "(0872)", "1:"):
        assert len(spoken_words(sign * 100_000).words) <= 4 * MAX_CHARS


@pytest.mark.parametrize("text", ["", "   ", "　　", "。", "\n" * 200, "😂", "\u202e"])
def test_nothing_to_say_is_a_silent_script(text: str) -> None:
    assert spoken_words(text).silent


def test_a_lone_surrogate_is_taken_out() -> None:
    assert spoken_words("停水\ud83d通知").words == "停水通知"


def test_the_county_s_words_replace_or_pronounce() -> None:
    lexicon = {"解州镇": "xiè zhōu zhèn", "G338": "国道三三八线", "别村": "bié cūn"}
    script = spoken_words("解州镇G338封闭", lexicon)
    assert script.words == "解州镇国道三三八线封闭"
    assert script.readings == (("解州镇", "xiè zhōu zhèn"),)


def test_a_line_in_a_script_without_a_voice_is_left_out_with_its_digits() -> None:
    script = spoken_words("停电检修。\n7-ئاينىڭ 9-كۈنى سائەت 10:00 دىن 16:00 گىچە")
    assert script.words == "停电检修。"
    assert [item.reason for item in script.unspoken] == ["script"]


def test_lines_become_sentences() -> None:
    assert spoken_words("停水通知\n\n明天停水。\n请储水").words == "停水通知。明天停水。请储水"
    assert spoken_words("停水通知。请储水！谢谢").sentences == ("停水通知。", "请储水！", "谢谢")


def test_importing_the_script_loads_no_automata_and_no_voice() -> None:
    code = (
        "import sys, edge_agent.audio.script;"
        "print([m for m in ('wetext','kaldifst','numpy','jieba','pypinyin') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_engine_escapes_are_no_words_even_when_they_are_written_as_entities() -> None:
    script = spoken_words(r"停水 \rspd=50\ \pau=300\ &lt;break time='9s'/&gt;通知")
    assert script.words == "停水通知"
    assert [item.reason for item in script.unspoken] == ["markup"] * 3
