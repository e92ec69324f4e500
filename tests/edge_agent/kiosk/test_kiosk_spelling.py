from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.kiosk.spelling import fold, letters, words

DOTS = "\u00b7\u2022\u30fb\uff0e\u002e"


@pytest.mark.parametrize("typed", DOTS)
@pytest.mark.parametrize("written", DOTS)
def test_every_dot_that_looks_alike_finds_the_name(written: str, typed: str) -> None:
    assert fold(f"阿依古丽{written}买买提") == fold(f"阿依古丽{typed}买买提")


def test_a_name_is_found_without_its_dot() -> None:
    assert fold("阿依古丽买买提") == fold("阿依古丽·买买提")


def test_full_width_and_half_width_are_one() -> None:
    assert fold("ＡＢｃ１２３（元）") == fold("abC123(元)")


def test_the_dot_of_a_number_stays() -> None:
    assert fold("12.5") != fold("125")
    assert fold("１２．５") == fold("12.5")


def test_thousands_may_be_written_with_or_without_commas() -> None:
    assert fold("1,083.0元") == fold("1083.0元")
    assert fold("12,345,678") == fold("12345678")
    assert fold("1,2") == "1,2"


def test_blanks_and_invisible_characters_do_not_hide_a_name() -> None:
    assert fold("王 \u200b伟\ufe0f") == fold("王伟")
    assert fold("欧阳\u3000靖宇") == fold("欧阳靖宇")


def test_rare_characters_are_left_as_they_are() -> None:
    assert fold("䶮㛃𬱖") == "䶮㛃𬱖"


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=60))
def test_a_folded_text_never_breaks_into_lines(text: str) -> None:
    assert not set(fold(text)) & set("\n\t ")


def test_several_words_are_looked_for_longest_first() -> None:
    assert words(" 3组　张大伟 ") == ("张大伟", "3组")
    assert words(" · ") == ()


def test_only_letters_count_on_the_pad() -> None:
    assert letters("lｘ y1·") == "LXY"
