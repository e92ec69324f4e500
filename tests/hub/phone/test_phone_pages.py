"""What a phone sees of one notice: only what is published; nothing executed or left over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from hub.notices import desk
from hub.notices.errors import NotReadyError
from hub.phone.models import Edition
from hub.phone.templatetags.phone import last_moment, qr
from tests.hub.phone.conftest import corrected, published, withdrawn

if TYPE_CHECKING:
    from tests.hub.conftest import Desk
    from tests.hub.phone.conftest import Publish

Forms = dict[str, dict[str, Any]]


def _text(address: str, status: int = 200) -> str:
    answer = Client().get(address)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_draft_is_not_found(people: Desk, notices: Forms) -> None:
    desk.draft_from_import(people.clerk, notices["N003"], people.village)
    assert Client().get("/n/N003/").status_code == 404


def test_a_notice_before_its_time_is_not_found(people: Desk, notices: Forms) -> None:
    page = desk.draft_from_import(
        people.clerk, notices["N003"], people.village, now=timezone.now() + timedelta(days=1)
    )
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    assert Client().get("/n/N003/").status_code == 404
    assert "停水" not in _text(f"/v/{people.village.code}/")


def test_a_notice_says_who_published_it_till_when_and_whom_to_ask(
    publish: Publish, notices: Forms
) -> None:
    publish({**notices["N003"], "valid_until": "2099-01-01"})
    said = _text("/n/N003/")
    for words in ("停水通知", "公示期至2099年1月1日", "有异议请找", "tel:12388", "编号 N003"):
        assert words in said


def test_a_withdrawn_notice_says_when_and_shows_nothing(
    people: Desk, publish: Publish, notices: Forms
) -> None:
    withdrawn(people, publish(notices["N003"]))
    said = _text("/n/N003/", 410)
    assert "已撤回" in said
    assert timezone.localtime().strftime("%Y年%-m月%-d日") in said
    assert "水" not in said.split("<main")[1].split("</main>")[0]


def test_a_withdrawn_notice_says_why_on_its_page_and_under_its_code(
    people: Desk, publish: Publish, notices: Forms
) -> None:
    page = publish(notices["N003"])
    code = Edition.objects.get(publication__page=page).code
    withdrawn(people, page, "检修改期，另行通知")
    assert "检修改期，另行通知" in _text("/n/N003/", 410)
    assert "检修改期，另行通知" in _text(f"/v/{code}/")


@pytest.mark.parametrize("reason", ["崔彩霞家已不符合条件", "电话13812345678打不通",
                                    "身份证号530199196507011239写错"])  # fmt: skip
def test_a_reason_that_names_somebody_is_refused_and_never_shown(
    people: Desk, publish: Publish, notices: Forms, reason: str
) -> None:
    page = publish({**notices["N001"], "valid_until": "2099-01-01"})
    with pytest.raises(NotReadyError):
        desk.withdraw(people.clerk, page, reason)
    withdrawn(people, page)
    page.withdrawals.update(reason=reason)  # as it may stand from earlier
    said = _text("/n/N001/", 410)
    assert reason not in said
    assert "撤回原因涉及个人信息" in said


def test_the_bare_address_is_the_villagers(people: Desk) -> None:
    assert people.village.code
    answer = Client().get("/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/v/530199")
    assert "村务公开" in answer.content.decode()


@pytest.mark.parametrize("key", ["N001", "N003"])
def test_a_notice_shows_the_code_of_its_own_address(
    publish: Publish, notices: Forms, key: str
) -> None:
    publish({**notices[key], "valid_until": "2099-01-01"})
    said = _text(f"/n/{key}/")
    assert said.count('class="qr"') == 1
    assert qr(f"{settings.PUBLIC_URL}/n/{key}/") in said


def test_an_end_at_midnight_is_the_day_before() -> None:
    zone = timezone.get_default_timezone()
    assert last_moment(datetime(2024, 7, 12, tzinfo=zone)) == "2024-07-11"
    assert last_moment(datetime(2024, 7, 12, 17, 30, tzinfo=zone)) == "2024-07-12 17:30"


def test_a_corrected_notice_says_why_and_the_old_edition_leads_to_the_new(
    people: Desk, publish: Publish, notices: Forms
) -> None:
    page = publish(notices["N003"])
    corrected(people, page, "改期", summary="改到7月7日停水。")
    new = _text("/n/N003/")
    assert "本条已更正" in new
    assert "改期" in new
    assert "改到7月7日" in new
    old = _text("/n/N003/1/")
    assert 'href="/n/N003/"' in old
    assert "旧版内容不再提供" in old
    assert "水厂" not in old


def test_a_notice_that_replaces_another_is_told_on_the_old_one(
    people: Desk, publish: Publish, notices: Forms
) -> None:
    publish({**notices["N003"], "valid_until": "2099-01-01"})
    form = {**notices["N007"], "valid_until": "2099-01-01"}
    draft = desk.draft_from_import(people.clerk, form, people.village)
    draft.links = draft.links.stream_block.to_python(
        [{"type": "link", "value": {"relation": "replaces", "notice_id": "N003"}}]
    )
    desk.save(people.clerk, draft)
    desk.submit(people.clerk, draft)
    desk.approve(people.committee, draft)
    desk.sign(people.secretary, draft)
    old = _text("/n/N003/")
    assert "已被代替" in old
    assert 'href="/n/N007/"' in old
    assert 'href="/n/N003/"' in _text("/n/N007/")


def test_script_in_a_text_is_shown_and_never_run(publish: Publish, notices: Forms) -> None:
    form = {
        **notices["N003"],
        "title": "<img src=x onerror=alert(1)>停水",
        "summary": "\"'><svg/onload=alert(1)>",
        "body": "<script>fetch('/api/x')</script><a href='javascript:alert(1)'>点</a>{{7*7}}",
        "valid_until": "2099-01-01",
    }
    page = publish(form)
    for address in ("/n/N003/", f"/v/{page.village.code}/", f"/v/{page.village.code}/find/?q=停水"):
        answer = Client().get(address)
        shown = answer.content.decode()
        assert "<script" not in shown
        assert "<img" not in shown
        assert "<svg/" not in shown
        assert "&lt;img" in shown
        assert "script-src 'self';" in answer["Content-Security-Policy"]
        assert "unsafe-inline" not in answer["Content-Security-Policy"]


def test_an_earlier_text_stays_up_while_its_correction_is_reviewed(
    people: Desk, publish: Publish, notices: Forms
) -> None:
    page = publish(notices["N003"])
    draft = desk.correct(people.clerk, page, "改期")
    draft.summary = "改到7月7日停水。"
    desk.save(people.clerk, draft)
    desk.submit(people.clerk, page)
    assert "改到7月7日" not in _text("/n/N003/")


@pytest.mark.parametrize("address", ["/n/%00/", "/n/../../etc/", "/v/999999/", "/v/530199/x/y/",
                                     "/n/" + "长" * 3000 + "/", "/v/" + "9" * 5000 + "/",
                                     "/v/530199001001/app.webmanifest/x/"])  # fmt: skip
def test_an_address_that_is_none_is_answered_with_404(people: Desk, address: str) -> None:
    assert people.village.code == "530199001001"
    assert Client().get(address).status_code == 404


def test_the_size_of_type_is_remembered_and_leads_back_only_here(people: Desk) -> None:
    client = Client()
    back = f"/v/{people.village.code}/"
    assert client.get("/v/type/largest/", {"back": back})["Location"] == back
    assert 'class="largest"' in client.get(back).content.decode()
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"):
        answer = client.get("/v/type/large/", {"back": elsewhere})
        assert answer["Location"] == "/v/"
    client.cookies["type_size"] = '"><script>'
    assert "<script" not in client.get(back).content.decode()


@pytest.mark.django_db
def test_passwords_cannot_be_guessed_for_long() -> None:
    client = Client()
    data = {"username": "nobody", "password": "wrong"}
    for _ in range(settings.LOGIN_FAILURES_ALLOWED):
        assert client.post("/admin/login/", data).status_code == 200
    assert client.post("/admin/login/", data).status_code == 429


def test_the_manifest_puts_the_village_on_a_home_screen(people: Desk) -> None:
    answer = Client().get(f"/v/{people.village.code}/app.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    assert answer.json()["start_url"] == f"/v/{people.village.code}/"
    assert answer.json()["name"] == "青石村村务公开"


def test_a_search_too_often_is_asked_to_wait(people: Desk, notices: Forms) -> None:
    published(people, notices["N003"])
    client = Client(REMOTE_ADDR="192.0.2.77")
    address = f"/v/{people.village.code}/find/"
    codes = {client.get(address, {"q": str(n)}).status_code for n in range(61)}
    assert codes == {200, 429}
