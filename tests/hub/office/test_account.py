"""One's own account: a new password, and no form that a clerk could not fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.test import Client

if TYPE_CHECKING:
    from tests.hub.conftest import Desk


def test_a_clerk_changes_the_password_without_filling_in_anything_else(people: Desk) -> None:
    clerk = people.clerk
    clerk.set_password("old-Password-4711")
    clerk.save()
    client = Client()
    client.force_login(clerk)
    page = client.get("/admin/account/").content.decode()
    assert "password-old_password" in page
    assert "name_email" not in page
    answer = client.post(
        "/admin/account/",
        {
            "password-old_password": "old-Password-4711",
            "password-new_password1": "neues-Wort-0815",
            "password-new_password2": "neues-Wort-0815",
        },
    )
    assert answer.status_code == 302
    clerk.refresh_from_db()
    assert clerk.check_password("neues-Wort-0815")
