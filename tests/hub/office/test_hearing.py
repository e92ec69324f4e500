"""Those who decide hear the recording that the village will hear, and nobody else does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub.emergency import desk as emergencies
from hub.lexicon import desk as lexicon
from hub.notices import desk
from hub.notices.to_contract import spoken_text
from hub.places.models import Role
from hub.preview.recording import Shelf, script_of
from hub.sealing.assets import Recording

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from hub.notices.models import NoticePage
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]
SOUND = b"OggS the village's recording"


def _get(user: User, name: str, pk: int) -> HttpResponse:
    client = Client()
    client.force_login(user)
    return cast("HttpResponse", client.get(reverse(name, args=[pk])))


def _record(text: str) -> None:
    shelf = Shelf(settings.DATA.root / "recordings")
    shelf.keep(script_of(text), Recording(SOUND, "audio/ogg", "kokoro:test", 2.0))


@pytest.fixture
def page(people: Desk, notices: Forms) -> NoticePage:
    form = {**notices["N003"], "speech": f"停水通知，请储水。{timezone.now():%f}"}
    found = desk.draft_from_import(people.clerk, form, people.village)
    desk.drop_restricted_columns(people.clerk, found)
    desk.submit(people.clerk, found)
    return desk.latest(found)


def test_a_reviewer_hears_the_recording_beside_the_pinyin(people: Desk, page: NoticePage) -> None:
    shown = _get(people.committee, "desk-notice", page.pk).content.decode()
    assert "<audio" not in shown
    assert "<rt>tíng</rt>" in shown
    _record(spoken_text(page))
    shown = _get(people.committee, "desk-notice", page.pk).content.decode()
    assert f'<audio controls preload="none" src="{reverse("desk-recording", args=[page.pk])}"' in (
        shown
    )
    sound = _get(people.committee, "desk-recording", page.pk)
    assert (sound.content, sound["Content-Type"]) == (SOUND, "audio/ogg")


def test_what_is_under_review_is_heard_in_its_own_village_only(
    people: Desk, page: NoticePage
) -> None:
    _record(spoken_text(page))
    for user in (
        people.user(Role.CLERK, people.other_village.code),
        people.county_officers[0],
    ):
        assert _get(user, "desk-recording", page.pk).status_code == 403


def test_another_reading_is_another_recording(people: Desk, page: NoticePage) -> None:
    _record(spoken_text(page))
    lexicon.put(people.county_officers[0], "停水", "tíng shuí")
    assert _get(people.committee, "desk-recording", page.pk).status_code == 404
    shown = _get(people.committee, "desk-notice", page.pk).content.decode()
    assert "<audio" not in shown
    assert "<rt>shuí</rt>" in shown


def test_a_character_that_no_voice_can_say_is_pointed_out(people: Desk, notices: Forms) -> None:
    form = {**notices["N003"], "speech": "请\U00030000村停水。"}
    page = desk.draft_from_import(people.clerk, form, people.village)
    shown = _get(people.clerk, "desk-notice", page.pk).content.decode()
    assert "读音词典里加上" in shown
    assert "\U00030000" in shown


def test_the_second_officer_hears_the_alarm_before_releasing_it(
    people: Desk, notices: Forms
) -> None:
    first, second = people.county_officers
    emergency = emergencies.draft_from_import(
        first, notices["N004"], people.village, now=timezone.now()
    )
    _record(emergency.speech)
    shown = _get(second, "desk-emergency", emergency.pk).content.decode()
    assert "<audio" in shown
    assert _get(second, "desk-emergency-recording", emergency.pk).content == SOUND
    assert _get(people.secretary, "desk-emergency-recording", emergency.pk).status_code == 403
