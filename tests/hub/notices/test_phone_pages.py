"""What a phone sees: only what is published; nothing executed, indexed or left over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from hub.notices import desk

if TYPE_CHECKING:
    from hub.notices.models import NoticePage
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]


def _published(people: Desk, form: dict[str, Any]) -> NoticePage:
    page = desk.draft_from_import(people.clerk, form, people.village)
    desk.drop_restricted_columns(people.clerk, page)
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    return desk.find(page.notice_id)


def test_a_draft_is_not_found(people: Desk, notices: Forms) -> None:
    desk.draft_from_import(people.clerk, notices["N003"], people.village)
    assert Client().get("/n/N003/").status_code == 404


def test_a_personal_list_is_shown_without_being_indexed(people: Desk, notices: Forms) -> None:
    _published(people, notices["N001"])
    answer = Client().get("/n/N001/")
    assert answer.status_code == 200
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    assert "崔彩霞" in answer.content.decode()
    assert "15482011038" not in answer.content.decode()


def test_a_notice_before_its_time_is_not_found(people: Desk, notices: Forms) -> None:
    page = desk.draft_from_import(
        people.clerk, notices["N003"], people.village, now=timezone.now() + timedelta(days=1)
    )
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    assert Client().get("/n/N003/").status_code == 404
    assert "停水" not in Client().get(f"/v/{people.village.code}/").content.decode()


def test_a_withdrawn_notice_is_gone_and_says_so(people: Desk, notices: Forms) -> None:
    page = _published(people, notices["N003"])
    desk.withdraw(people.clerk, page, "检修取消")
    desk.confirm_withdrawal(people.committee, page)
    answer = Client().get("/n/N003/")
    assert answer.status_code == 410
    assert "已撤回" in answer.content.decode()
    assert "水厂" not in answer.content.decode()


def test_script_in_a_text_is_shown_and_never_run(people: Desk, notices: Forms) -> None:
    form = {
        **notices["N003"],
        "title": "<img src=x onerror=alert(1)>停水",
        "body": "<script>fetch('/api/x')</script><a href='javascript:alert(1)'>点</a>{{7*7}}",
    }
    _published(people, form)
    answer = Client().get("/n/N003/")
    shown = answer.content.decode()
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown
    assert "{{7*7}}" in shown
    assert "script-src 'self';" in answer["Content-Security-Policy"]
    assert "unsafe-inline" not in answer["Content-Security-Policy"]


def test_a_place_lists_its_notices_and_the_places_below(people: Desk, notices: Forms) -> None:
    _published(people, {**notices["N003"], "valid_until": "2099-01-01"})
    assert "停水通知" in Client().get("/v/530199001001/").content.decode()
    assert "/v/530199001/" in Client().get("/v/530199/").content.decode()


def test_an_earlier_text_stays_up_while_its_correction_is_reviewed(
    people: Desk, notices: Forms
) -> None:
    page = _published(people, notices["N003"])
    draft = desk.correct(people.clerk, page, "改期")
    draft.summary = "改到7月7日停水。"
    desk.save(people.clerk, draft)
    desk.submit(people.clerk, page)
    assert "改到7月7日" not in Client().get("/n/N003/").content.decode()


@pytest.mark.django_db
def test_passwords_cannot_be_guessed_for_long() -> None:
    client = Client()
    data = {"username": "nobody", "password": "wrong"}
    for _ in range(settings.LOGIN_FAILURES_ALLOWED):
        assert client.post("/admin/login/", data).status_code == 200
    assert client.post("/admin/login/", data).status_code == 429
