"""The county's readings: who keeps them, what a voice can say, and that notices carry them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub.lexicon import desk as lexicon
from hub.lexicon.models import Entry
from hub.lexicon.readings import edition, readings_of
from hub.notices import desk
from hub.notices.errors import NotReadyError, NotYourStepError
from hub.notices.to_contract import to_notice
from hub.places.models import Role
from hub.preview.speech import words_of

if TYPE_CHECKING:
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]


def test_only_the_county_changes_how_a_word_is_said(people: Desk) -> None:
    for user in (people.clerk, people.secretary, people.user(Role.TOWN_OFFICER, "530199001")):
        with pytest.raises(NotYourStepError, match="县里"):
            lexicon.put(user, "解州", "xiè zhōu")
        with pytest.raises(NotYourStepError):
            lexicon.remove(user, "解州")
    entry = lexicon.put(people.county_officers[0], " 解州 ", "xiè  zhōu")
    assert (entry.word, entry.spoken) == ("解州", "xiè zhōu")


@pytest.mark.parametrize(
    ("word", "spoken", "why"),
    [
        ("", "xiè", "都要填写"),
        ("解州", "", "都要填写"),
        ("解州", "xiè", "一个字一个音节"),
        ("解州", "xie zhou", "一个字一个音节"),
        ("解州", "blorg1 zhou1", "一个字一个音节"),
        ("G338", "ji4 san1", "不能注拼音"),
        ("G338", "国道338", "汉字和字母"),
        ("解 州", "xiè zhōu", "一个字一个音节|空格|不能注拼音"),
        ("解州", "<speak>解</speak>", "汉字和字母"),
    ],
)
def test_a_reading_that_no_voice_can_say_is_refused(
    people: Desk, word: str, spoken: str, why: str
) -> None:
    with pytest.raises(NotReadyError, match=why):
        lexicon.put(people.county_officers[0], word, spoken)
    assert not Entry.objects.exists()


def test_a_notice_carries_the_readings_of_its_own_words(people: Desk, notices: Forms) -> None:
    officer = people.county_officers[0]
    lexicon.put(officer, "青石", "qīng dàn")
    lexicon.put(officer, "别处", "bié chù")
    page = desk.draft_from_import(people.clerk, notices["N003"], people.village)
    page.speech = "青石村明天停水，请储水。"
    notice = to_notice(page, 1, timezone.now())
    assert notice.speech is not None
    assert notice.speech.readings == ("青石 qīng dàn",)
    words = words_of(notice)
    assert [each.pinyin for each in words.sentences[0][:3]] == ["qīng", "dàn", "cūn"]
    assert words.unsayable == ()


def test_a_change_makes_a_new_edition(people: Desk) -> None:
    officer = people.county_officers[0]
    editions = {edition()}
    lexicon.put(officer, "解州", "xiè zhōu")
    editions.add(edition())
    lexicon.put(officer, "解州", "jiě zhōu")
    editions.add(edition())
    lexicon.remove(officer, "解州")
    assert len(editions) == 3
    assert readings_of("解州") == ()


def test_the_page_shows_everybody_and_lets_the_county_write(people: Desk) -> None:
    client, address = Client(), reverse("desk-lexicon")
    client.force_login(people.county_officers[0])
    form = {"word": "解州", "spoken": "xie4 zhou1", "action": "put"}
    assert client.post(address, form).status_code == 302
    assert client.post(address, {**form, "spoken": "xie4"}).status_code == 400
    client.force_login(people.clerk)
    shown = client.get(address).content.decode()
    assert "xie4 zhou1" in shown
    assert "<form class" not in shown
    assert client.post(address, {**form, "spoken": "jie3 zhou1"}).status_code == 403
    assert Entry.objects.get().spoken == "xie4 zhou1"
