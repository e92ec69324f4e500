"""The back office against a foreign page, a planted session, a guesser and a curious officer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub.emergency import desk as emergencies
from hub.sealing.models import OutboxRow

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from hub.emergency.models import Emergency
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]
PASSWORD = "a-long-password-for-one-test"


@pytest.fixture(autouse=True)
def _forget_failures() -> None:
    cache.clear()


def _known(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


def _login(client: Client, user: User) -> int:
    form = {"username": user.username, "password": PASSWORD}
    return client.post(reverse("wagtailadmin_login"), form).status_code


def _composed(people: Desk, form: dict[str, Any]) -> Emergency:
    first, _ = people.county_officers
    return emergencies.draft_from_import(first, form, people.village, now=timezone.now())


@pytest.mark.parametrize(
    "name", ["desk-emergency-new", "desk-cap-rule", "desk-import", "wagtailadmin_login"]
)
def test_a_form_on_a_foreign_page_is_answered_with_403(people: Desk, name: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.county_officers[0])
    assert client.post(reverse(name), {"act": "make"}).status_code == 403


def test_a_foreign_page_releases_no_emergency_and_reading_changes_nothing(
    people: Desk, notices: Forms
) -> None:
    address = reverse("desk-emergency", args=[_composed(people, notices["N004"]).pk])
    client = Client(enforce_csrf_checks=True)
    client.force_login(people.county_officers[1])
    foreign = {"Origin": "https://evil.example", "Referer": "https://evil.example/"}
    assert client.post(address, headers=foreign).status_code == 403
    client.get(address, headers=foreign)
    client.head(address)
    assert not OutboxRow.objects.exists()
    assert client.put(address).status_code in (403, 405)


def test_a_planted_session_is_another_one_after_the_login(people: Desk) -> None:
    planted = SessionStore()
    planted["planted"] = True
    planted.create()
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    assert _login(client, _known(people.clerk)) == 302
    own = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert own != planted.session_key

    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    assert thief.get("/admin/").status_code == 302
    client.post(reverse("wagtailadmin_logout"))
    thief.cookies[settings.SESSION_COOKIE_NAME] = own
    assert thief.get("/admin/").status_code == 302


def test_an_account_that_is_closed_is_out_at_once(people: Desk) -> None:
    client = Client()
    user = _known(people.clerk)
    _login(client, user)
    assert client.get("/admin/").status_code == 200
    user.is_active = False
    user.save()
    assert client.get("/admin/").status_code == 302


def test_a_new_password_ends_every_other_session(people: Desk) -> None:
    client = Client()
    user = _known(people.clerk)
    _login(client, user)
    user.set_password("another-long-password")
    user.save()
    assert client.get("/admin/").status_code == 302


def test_cookies_are_no_business_of_scripts_or_of_other_sites(people: Desk) -> None:
    client = Client()
    _login(client, _known(people.clerk))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert settings.SESSION_COOKIE_AGE <= 8 * 3600
    answer = client.get("/admin/")
    policy = answer.headers["Content-Security-Policy"]
    assert "object-src 'none'" in policy
    assert "base-uri" in policy
    assert "unsafe-eval" not in policy.partition("script-src")[2].partition(";")[0]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_guesser_is_told_nothing_and_slowed_and_the_owner_is_not_locked_out_for_long(
    people: Desk,
) -> None:
    user = _known(people.clerk)
    address = reverse("wagtailadmin_login")
    known = Client().post(address, {"username": user.username, "password": "x"})
    unknown = Client().post(address, {"username": "nobody-here", "password": "x"})
    assert known.status_code == unknown.status_code
    said = [
        answer.content.decode().replace(name, "")
        for answer, name in ((known, user.username), (unknown, "nobody-here"))
    ]
    assert ("alert" in said[0]) is ("alert" in said[1])
    cache.clear()
    wrong = {"username": user.username, "password": "x"}
    codes = [Client().post(address, wrong).status_code for _ in range(20)]
    assert codes.count(429) >= 20 - settings.LOGIN_FAILURES_ALLOWED
    assert settings.LOGIN_FAILURE_WINDOW_S <= 900
    cache.clear()  # the window is over
    assert _login(Client(), user) == 302
