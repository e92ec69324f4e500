"""Posts carry the rights: clerks write in their own village, nobody publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission
from wagtail.models import GroupPagePermission

from contract.errors import VillageError
from hub.accounts import create_demo_county
from hub.places.codes import PlacePathError
from hub.places.models import Role, VillagePage
from hub.places.posts import holds, is_supervisor, villages_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.conftest import Desk


def test_no_post_carries_the_publish_permission(people: Desk) -> None:
    assert people.village.code == "530199001001"
    publish = Permission.objects.get(codename="publish_page")
    assert not GroupPagePermission.objects.filter(
        permission=publish, group__post__isnull=False
    ).exists()


def test_a_clerk_writes_in_the_own_village_only(people: Desk) -> None:
    assert people.village.permissions_for_user(people.clerk).can_add_subpage()
    assert not people.other_village.permissions_for_user(people.clerk).can_add_subpage()
    for user in (people.committee, people.secretary, *people.county_officers):
        assert not people.village.permissions_for_user(user).can_add_subpage()


def test_an_account_that_was_switched_off_holds_no_post(people: Desk) -> None:
    secretary = people.secretary
    assert holds(secretary, Role.SECRETARY, people.village)
    secretary.is_active = False
    assert not holds(secretary, Role.SECRETARY, people.village)


def test_supervisors_see_the_villages_below_them(people: Desk) -> None:
    town = people.user(Role.TOWN_OFFICER, "530199002")
    assert [village.code for village in villages_of(town)] == ["530199002001"]
    assert len(villages_of(people.county_officers[0])) == 2
    assert is_supervisor(town)
    assert not is_supervisor(people.clerk)


def test_setting_up_the_county_again_doubles_nothing(people: Desk, notices_file: Path) -> None:
    again = create_demo_county(notices_file)
    assert VillagePage.objects.count() == 2
    assert [each.username for each in again.logins] == [
        each.username for each in people.county.logins
    ]
    assert people.village.posts.count() == 3


def test_a_second_county_cannot_take_over_a_hub(people: Desk, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"meta": {"villages": [{"path": "530198/甲镇/乙村", "groups": 1}]}}', "utf-8")
    with pytest.raises(PlacePathError, match="530199"):
        create_demo_county(other)
    assert VillagePage.objects.filter(code=people.village.code).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "[]", '{"meta": {}}', '{"meta": {"villages": [1]}}'])
def test_a_file_without_villages_sets_nothing_up(tmp_path: Path, text: str) -> None:
    file = tmp_path / "empty.json"
    file.write_text(text, "utf-8")
    with pytest.raises(VillageError):
        create_demo_county(file)
