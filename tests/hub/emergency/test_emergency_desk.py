"""An emergency needs two officers, each inside their own area, and is sealed with both keys."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from contract.alert import Alert
from contract.keys import Trust
from contract.messages import open_message
from hub.emergency import desk
from hub.notices.errors import NotReadyError, NotYourStepError
from hub.places.models import Role
from hub.sealing.seal import keyring, officers, seal_row

if TYPE_CHECKING:
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]


def test_two_officers_release_an_alert_for_the_groups_it_names(
    people: Desk, notices: Forms
) -> None:
    first, second = people.county_officers
    emergency = desk.draft_from_import(first, notices["N004"], people.village, now=timezone.now())
    row = desk.release_alert(second, emergency)
    sealed = seal_row(row)

    trust = Trust(keyring().key_set(officers()))
    alert = open_message(Alert, bytes(sealed[0].body), trust)
    assert alert.id == "530199-20240714031200-0007"
    assert [each.area for each in sealed] == [f"530199001001-{n}" for n in (3, 4, 6)]
    assert alert.notice.cap.severity == "Extreme"
    assert alert.notice.priority == "emergency"
    assert alert.expires_at - alert.issued_at == timedelta(hours=5, minutes=48)


def test_one_person_alone_releases_nothing(people: Desk, notices: Forms) -> None:
    first, _ = people.county_officers
    emergency = desk.draft_from_import(first, notices["N004"], people.village, now=timezone.now())
    with pytest.raises(NotYourStepError, match="两个人"):
        desk.release_alert(first, emergency)


def test_a_village_cannot_command_an_emergency(people: Desk, notices: Forms) -> None:
    for user in (people.clerk, people.secretary):
        with pytest.raises(NotYourStepError):
            desk.draft_from_import(user, notices["N004"], people.village, now=timezone.now())


def test_a_town_officer_alarms_only_the_own_town(people: Desk, notices: Forms) -> None:
    other_town = people.user(Role.TOWN_OFFICER, "530199002")
    with pytest.raises(NotYourStepError):
        desk.draft_from_import(other_town, notices["N004"], people.village, now=timezone.now())


def test_an_alert_is_released_once_and_never_after_its_end(people: Desk, notices: Forms) -> None:
    first, second = people.county_officers
    old = desk.draft_from_import(first, notices["N004"], people.village)
    with pytest.raises(NotReadyError, match="失效时间"):
        desk.release_alert(second, old)

    form = {**notices["N004"], "emergency": {**notices["N004"]["emergency"], "cap_id": "A-2"}}
    fresh = desk.draft_from_import(first, form, people.village, now=timezone.now())
    desk.release_alert(second, fresh)
    with pytest.raises(NotReadyError, match="已经发出"):
        desk.release_alert(second, fresh)


def test_a_cancellation_names_what_it_ends(people: Desk, notices: Forms) -> None:
    first, second = people.county_officers
    row = desk.release_alert(
        second,
        desk.draft_from_import(first, notices["N045"], people.village, now=timezone.now()),
    )
    sealed = seal_row(row)
    alert = open_message(Alert, bytes(sealed[0].body), Trust(keyring().key_set(officers())))
    assert alert.cancels == ("530199-20240714031200-0007",)


def test_a_number_that_is_in_use_is_asked_back(people: Desk, notices: Forms) -> None:
    first, _ = people.county_officers
    desk.draft_from_import(first, notices["N004"], people.village, now=timezone.now())
    with pytest.raises(NotReadyError):
        desk.draft_from_import(first, notices["N004"], people.village, now=timezone.now())


def test_hidden_order_in_an_alarm_is_refused(people: Desk, notices: Forms) -> None:
    first, _ = people.county_officers
    emergency = desk.draft_from_import(first, notices["N004"], people.village, now=timezone.now())
    emergency.speech = "立即转移\u202e到河边"
    with pytest.raises(NotReadyError):
        desk.compose(first, emergency)


def test_a_silent_alarm_is_refused(people: Desk, notices: Forms) -> None:
    first, _ = people.county_officers
    form = {**notices["N004"], "speech": ""}
    with pytest.raises(NotReadyError):
        desk.draft_from_import(first, form, people.village, now=timezone.now())
