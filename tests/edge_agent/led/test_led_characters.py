"""What of a text a panel can show: nothing blank, nothing dropped without a report."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.led import fonts, rtl
from edge_agent.led.characters import legible, unshown


@pytest.mark.parametrize("dot", "·•・．.‧∙⋅･")
def test_every_dot_of_a_name_is_shown_as_the_one_dot(dot: str) -> None:
    assert legible(f"阿依古丽{dot}买买提").text == "阿依古丽·买买提"


@pytest.mark.parametrize(
    "text", ["2.5元", "一.总则", "3.第三条", "第一．章", "abc.例", "www.例.cn", "例.", ".例"]
)
def test_a_dot_that_is_no_name_dot_stays(text: str) -> None:
    assert legible(text).text == text


def test_a_name_with_padded_dots_and_hard_spaces_is_pulled_together() -> None:
    assert legible("买买提\u00a0· 艾力\u00a0").text == "买买提·艾力"


def test_hard_spaces_between_latin_words_stay_spaces() -> None:
    assert legible("LED\u00a0P10").text == "LED P10"


def test_small_pictures_go_or_become_words_and_are_reported() -> None:
    text, lost = legible("停电啦😂👨‍👩‍👧‍👦🇨🇳1️⃣☎️⚠️🔥")
    assert text == "停电啦1电话⚠火"
    assert {"😂", "👨", "🇨", "☎", "🔥"} <= set(lost)


def test_private_use_and_unassigned_characters_are_named_by_number() -> None:
    text, lost = legible("尤\ue863、\U000f0000、\u0378")
    assert text == "尤〓、〓、〓"
    assert lost == ("U+E863", "U+F0000", "U+0378")


def test_a_lone_surrogate_is_reported_in_a_form_a_receipt_can_carry() -> None:
    text, lost = legible("停水\ud83d通知")
    assert text == "停水〓通知"
    assert "".join(lost).encode("utf-8") == b"U+D83D"


def test_direction_overrides_and_zero_width_characters_turn_nothing_round() -> None:
    assert legible("补助金额:\u202e00051\u202c元,\u2066隔\u200b离\u2069\u200f").text == (
        "补助金额:00051元,隔离"
    )


def test_a_composed_letter_is_one_character() -> None:
    assert legible("e\u0301").text == "é"


@pytest.mark.parametrize("text", ["བོད་ཡིག", "ᠮᠣᠩᠭᠣᠯ", "ไทย", "हिन्दी"])
def test_scripts_that_a_grid_cannot_carry_are_reported_not_drawn_wrongly(text: str) -> None:
    shown, lost = legible(text)
    assert lost
    assert set(shown) <= {"〓", " "}


def test_uyghur_letters_join_including_the_one_that_libraries_forget() -> None:
    text, lost = legible("سائەت")
    assert lost == ()
    assert text == "\ufeb3\ufe8e\ufe8b\ufeea\ufe95"


def test_uyghur_runs_from_right_to_left_and_its_numbers_do_not() -> None:
    line = rtl.visual_order(legible("توك 10:00 دىن").text, base_rtl=True)
    assert line.split(" ")[1] == "10:00"
    assert line.endswith(legible("توك").text[::-1])


def test_lam_and_alef_share_one_sign() -> None:
    assert legible("لا").text == "\ufefb"


def test_rare_names_are_kept_as_they_are() -> None:
    assert legible("䶮㛃𬭎赟").unshown == ()
    assert unshown("王䶮—№①㎡") == ()


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None), max_size=30), st.sampled_from([16, 24, 32]))
def test_whatever_comes_in_what_goes_out_can_be_drawn(text: str, size_px: int) -> None:
    shown, lost = legible(text, size_px)
    shown.encode("utf-8")
    "".join(lost).encode("utf-8")
    assert fonts.missing(shown, size_px) == ()
    for char in set(shown) - {" ", "\n", "\u3000"}:
        glyph = fonts.glyph_bitmap(char, size_px)
        assert glyph.size == (fonts.width_px(char, size_px), size_px)
