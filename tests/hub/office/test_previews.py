"""The editor's previews: panel, loudspeaker, query screen; never what may not be published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from hub.notices import desk
from hub.notices.models import NoticePage
from hub.places.models import Role

if TYPE_CHECKING:
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]


@pytest.mark.parametrize(
    ("mode", "seen"), [("kiosk", "户主姓名"), ("led", "data:image/png"), ("speaker", "<rt>")]
)
def test_a_preview_hides_what_may_not_be_published(
    people: Desk, notices: Forms, mode: str, seen: str
) -> None:
    page = desk.draft_from_import(people.clerk, notices["N001"], people.village)
    shown = page.make_preview_request(preview_mode=mode).content.decode()
    assert seen in shown
    assert "本预览已隐去" in shown
    for secret in notices["N001"]["table"]["rows"][0][7:11]:
        assert secret not in shown


def test_the_back_office_s_own_interface_tells_nothing_of_other_villages(
    people: Desk, notices: Forms
) -> None:
    desk.draft_from_import(people.clerk, notices["N003"], people.village)
    for user in (
        people.user(Role.CLERK, people.other_village.code),
        people.county_officers[0],
    ):
        client = Client()
        client.force_login(user)
        page = NoticePage.objects.get()
        for address in (
            "/admin/api/main/pages/?fields=*",
            f"/admin/api/main/pages/{page.pk}/",
            "/admin/pages/search/?q=停水",
            f"/admin/pages/{page.pk}/edit/",
            f"/admin/pages/{page.pk}/view_draft/",
            f"/admin/pages/{page.pk}/history/",
            "/admin/reports/site-history/",
        ):
            shown = client.get(address, follow=True).content.decode()
            assert "停水通知" not in shown, address
            assert "主管道" not in shown, address
