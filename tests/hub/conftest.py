"""The hub under test: its own data folder, a county made from the shared notices file."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

_DATA = tempfile.TemporaryDirectory(prefix="village-hub-test-")
os.environ["VILLAGE_HUB_DATA"] = _DATA.name
os.environ["DJANGO_SETTINGS_MODULE"] = "hub.site.settings"

import django  # noqa: E402 - the settings read the environment

django.setup()

from django.conf import settings  # noqa: E402 - as above
from django.contrib.auth.models import User  # noqa: E402 - models need the set-up
from django.db.backends.signals import connection_created  # noqa: E402 - as above

from hub.accounts import County, create_demo_county  # noqa: E402 - as above
from hub.places.models import Role, VillagePage  # noqa: E402 - as above
from tests import empty_hub  # noqa: E402 - as above

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

NOTICES = Path(__file__).resolve().parent.parent / "data" / "notices.json"
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


connection_created.connect(empty_hub.begin_in_memory)

FIRST_TEST_S = 240
"""The first test of all pays for every migration of Wagtail and of ours."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(FIRST_TEST_S))


@pytest.fixture(scope="session")
def notices_file() -> Path:
    return NOTICES


@pytest.fixture(scope="session")
def notices() -> dict[str, dict[str, Any]]:
    data = json.loads(NOTICES.read_text(encoding="utf-8"))
    return {each["id"]: each for each in data["notices"]}


@pytest.fixture(scope="session")
def made_county(
    django_db_setup: None,  # noqa: ARG001 - the database must be there
    django_db_blocker: DjangoDbBlocker,
) -> County:
    with django_db_blocker.unblock():
        return create_demo_county(NOTICES)


class Desk:
    """The people of the first village, and of the places above it."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.village = VillagePage.objects.get(pk=county.villages[0].pk)
        self.other_village = VillagePage.objects.get(pk=county.villages[1].pk)

    def user(self, role: Role, code: str = "") -> User:
        return User.objects.get(username=self.county.login(role, code).username)

    @property
    def clerk(self) -> User:
        return self.user(Role.CLERK, self.village.code)

    @property
    def committee(self) -> User:
        return self.user(Role.COMMITTEE, self.village.code)

    @property
    def secretary(self) -> User:
        return self.user(Role.SECRETARY, self.village.code)

    @property
    def county_officers(self) -> tuple[User, User]:
        names = [each.username for each in self.county.logins if each.role is Role.COUNTY_OFFICER]
        return User.objects.get(username=names[0]), User.objects.get(username=names[1])


@pytest.fixture
def people(made_county: County, db: None) -> Desk:  # noqa: ARG001 - in a transaction
    """The county; made again where a test with a server of its own emptied the database."""
    if not VillagePage.objects.filter(pk=made_county.villages[0].pk).exists():
        made_county = create_demo_county(NOTICES)
    return Desk(made_county)
