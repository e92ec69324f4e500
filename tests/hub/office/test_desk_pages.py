"""The back office's own pages: what each person sees, may do, and is plainly refused."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from wagtail.models import TaskState

from hub.emergency.models import Emergency
from hub.intake.sheets import sheet_from_notice
from hub.ledger.models import Box, Delivery
from hub.notices import desk
from hub.notices.editor import DROP_BUTTON
from hub.notices.models import NoticePage
from hub.places.models import Role
from hub.sealing.models import OutboxRow
from hub.sealing.seal import seal_row

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _submitted(people: Desk, form: dict[str, Any]) -> NoticePage:
    page = desk.draft_from_import(people.clerk, form, people.village)
    desk.drop_restricted_columns(people.clerk, page)
    desk.submit(people.clerk, page)
    return page


def _published(people: Desk, form: dict[str, Any]) -> NoticePage:
    page = _submitted(people, form)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    return desk.find(page.notice_id)


def _act(user: User, page: NoticePage, **data: str) -> int:
    return _client(user).post(reverse("desk-act", args=[page.pk]), data).status_code


def test_the_chain_can_be_walked_on_the_pages(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])

    assert _act(people.committee, page, action="approve") == 302
    assert _act(people.secretary, page, action="approve") == 302
    assert OutboxRow.objects.get().kind == "publish"


def test_a_county_officer_s_approval_is_answered_with_403(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])
    officer = people.county_officers[0]
    state = TaskState.objects.get()
    address = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", state.pk])

    assert _act(officer, page, action="approve") == 403
    answer = _client(officer).post(address)
    assert answer.status_code == 403
    assert "本村" in answer.content.decode()
    assert not OutboxRow.objects.exists()


def test_the_clerk_s_own_approval_is_answered_with_403(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])
    state = TaskState.objects.get()
    address = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "approve", state.pk])

    assert _act(people.clerk, page, action="approve") == 403
    assert _client(people.clerk).post(address).status_code == 403


def test_a_refusal_without_reason_is_answered_with_403(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])
    state = TaskState.objects.get()
    address = reverse("wagtailadmin_pages:workflow_action", args=[page.pk, "reject", state.pk])

    assert _act(people.committee, page, action="reject", category="格式") == 403
    _client(people.committee).post(address, {"category": "", "comment": ""})
    assert desk.find("N003").workflow_in_progress


def test_a_reviewer_cannot_cancel_instead_of_refusing(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])

    answer = _client(people.committee).post(address, {"action-cancel-workflow": "1"})
    assert answer.status_code == 403
    assert desk.find("N003").workflow_in_progress


@pytest.mark.parametrize("name", ["unpublish", "copy", "move"])
def test_wagtail_s_own_ways_around_the_chain_are_closed(
    people: Desk, notices: Forms, name: str
) -> None:
    page = _published(people, notices["N003"])
    clerk = people.clerk
    clerk.is_superuser = True
    clerk.save()

    answer = _client(clerk).post(reverse(f"wagtailadmin_pages:{name}", args=[page.pk]))
    assert answer.status_code == 403
    assert desk.find("N003").live


def test_another_village_s_draft_cannot_be_read(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])
    other = people.user(Role.CLERK, people.other_village.code)

    assert _client(other).get(reverse("desk-notice", args=[page.pk])).status_code == 403
    answer = _client(people.county_officers[0]).get(reverse("desk-notice", args=[page.pk]))
    assert answer.status_code == 403


def test_the_dossier_shows_text_panel_words_and_the_question(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N001"])
    shown = _client(people.committee).get(reverse("desk-notice", args=[page.pk])).content.decode()

    assert "户主姓名" in shown
    assert "崔彩霞" in shown
    assert "530199196106111648" not in shown
    assert "请审核" in shown
    assert "<rt>" in shown
    picture = _client(people.committee).get(reverse("desk-panel", args=[page.pk, 1]))
    assert picture.content.startswith(b"\x89PNG")


def test_a_refusal_and_its_reason_stand_first_on_the_clerk_s_list(
    people: Desk, notices: Forms
) -> None:
    page = _submitted(people, notices["N003"])
    desk.refuse(people.committee, page, "错别字", "抢修电话少一位")

    home = _client(people.clerk).get("/admin/").content.decode()
    assert "退回给您改的" in home
    assert "抢修电话少一位" in home
    assert "快到期的公开事项" in home


def test_the_sheet_she_already_has_becomes_a_draft(people: Desk, notices: Forms) -> None:
    file = io.BytesIO(sheet_from_notice(notices["N001"]))
    file.name = "低保.xlsx"
    answer = _client(people.clerk).post(
        reverse("desk-import"), {"file": file, "item": "ZW01", "summary": "全村低保30户。"}
    )

    page = NoticePage.objects.get()
    assert answer["Location"] == reverse("wagtailadmin_pages:edit", args=[page.pk])
    table = page.body[-1].value["table"]
    assert len(table.row_data) == 31
    types = {column["heading"]: column["block"].name for column in table.columns}
    assert types["身份证号"] == "id"
    assert types["银行账号"] == "bank"
    assert types["户主姓名"] == "name"


def test_a_file_that_cannot_be_read_is_answered_with_a_sentence(people: Desk) -> None:
    file = io.BytesIO(b"MZ\x90\x00")
    file.name = "setup.exe"
    answer = _client(people.clerk).post(reverse("desk-import"), {"file": file})
    assert answer.status_code == 400
    assert ".xlsx" in answer.content.decode()
    assert not NoticePage.objects.exists()


def test_only_clerks_import(people: Desk) -> None:
    assert _client(people.secretary).get(reverse("desk-import")).status_code == 403


def test_a_submission_in_the_editor_is_held_and_one_press_puts_it_right(
    people: Desk, notices: Forms
) -> None:
    page = desk.draft_from_import(people.clerk, notices["N001"], people.village)
    client = _client(people.clerk)
    address = reverse("wagtailadmin_pages:edit", args=[page.pk])
    posted = _form_of(client, address)

    held = client.post(address, {**posted, "action-submit": "1"})
    assert held.status_code == 200
    assert "身份证号、银行账号、联系电话、家庭住址、致贫原因" in held.content.decode()
    client.post(address, {**posted, DROP_BUTTON: "1"})
    assert "530199196106111648" not in json.dumps(
        desk.latest(page).body.get_prep_value(), ensure_ascii=False
    )
    client.post(address, {**_form_of(client, address), "action-submit": "1"})
    assert desk.find("N001").workflow_in_progress


def test_a_notice_is_written_and_submitted_in_one_go(people: Desk) -> None:
    client = _client(people.clerk)
    address = reverse("wagtailadmin_pages:add", args=["notices", "noticepage", people.village.pk])
    text = {
        "title": "停水通知", "item": "TG02", "summary": "7月6日停水。", "speech": "",
        "channels": ["led", "kiosk"], "priority": "routine", "notice_days": "0",
        "publish_at": "2026-11-22 08:00", "valid_until": "2099-07-06 20:00", "slug": "",
        "links-count": "0", "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
    }  # fmt: skip
    empty = client.post(address, {**text, "body-count": "0", "action-submit": "1"})
    assert "正文还是空的" in empty.content.decode()
    assert not NoticePage.objects.exists()

    body = _stream([{"type": "paragraph", "value": "主管道检修。"}])
    answer = client.post(address, {**text, **body, "action-submit": "1"})
    assert answer.status_code == 302
    page = NoticePage.objects.get()
    assert page.notice_id.startswith(f"{people.village.code}-20")
    assert page.workflow_in_progress


def _form_of(client: Client, address: str) -> dict[str, str]:
    """The editor's fields as the browser would send them back."""
    form = client.get(address).context["form"]
    page = form.instance
    data: dict[str, Any] = {
        "title": page.title, "item": page.item_id, "summary": page.summary,
        "speech": page.speech, "channels": page.channels, "priority": page.priority,
        "publish_at": page.publish_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        "valid_until": page.valid_until.astimezone().strftime("%Y-%m-%d %H:%M"),
        "notice_days": page.notice_days, "slug": page.slug, "links-count": "0",
        "comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0",
    }  # fmt: skip
    data |= _stream(page.body.get_prep_value())
    return data


def _stream(blocks: list[dict[str, Any]]) -> dict[str, str]:
    """A stream of paragraphs and tables in the field names of the editor."""
    data = {"body-count": str(len(blocks))}
    for n, block in enumerate(blocks):
        head = f"body-{n}"
        data |= {f"{head}-type": block["type"], f"{head}-order": str(n), f"{head}-deleted": ""}
        if block["type"] == "table":
            data |= _table(f"{head}-value-table", block["value"]["table"])
            if block["value"]["has_total"]:
                data[f"{head}-value-has_total"] = "on"
        else:
            data[f"{head}-value"] = block["value"]
    return data


def _table(name: str, table: dict[str, Any]) -> dict[str, str]:
    columns, rows = table["columns"], table["rows"]
    data = {
        f"{name}-caption": "",
        f"{name}-column-count": str(len(columns)),
        f"{name}-row-count": str(len(rows)),
    }
    for n, column in enumerate(columns):
        head = f"{name}-column-{n}"
        data |= {
            f"{head}-type": column["type"], f"{head}-order": str(n),
            f"{head}-deleted": "", f"{head}-heading": column["heading"],
        }  # fmt: skip
    for n, row in enumerate(rows):
        data |= {f"{name}-row-{n}-order": str(n), f"{name}-row-{n}-deleted": ""}
        data |= {f"{name}-cell-{n}-{m}": cell for m, cell in enumerate(row["values"])}
    return data


def test_the_delivery_page_tells_village_by_village(people: Desk, notices: Forms) -> None:
    _published(people, notices["N003"])
    row = OutboxRow.objects.get()
    seal_row(row)
    box = Box.objects.create(id="box-1", area=people.village.code, is_online=True)
    Delivery.objects.create(
        box=box, notice_id="N003", revision=1, received_at=row.created_at,
        shown_at=row.created_at, shown_s=42.0, shown_pages=3, snapshot_sha256="ab" * 32,
        spoken_state="finished",
        spoken={"state": "finished", "samples_total": 96000, "samples_played": {"main": 96000},
                "interruptions": [{"at_sample": 480, "by": "A-1", "seconds": 2.0}]},
    )  # fmt: skip

    for user in (people.clerk, people.secretary, people.county_officers[0]):
        shown = _client(user).get(reverse("desk-delivery")).content.decode()
        assert "已上屏" in shown
        assert "共42秒" in shown
        assert "播完 2.0" in shown
        assert "被打断1次" in shown


def test_an_emergency_is_composed_and_released_on_the_pages_by_two(people: Desk) -> None:
    first, second = people.county_officers
    data = {
        "msg_type": "Alert", "event": "山洪", "level": "red", "issuer": "云岭县防汛抗旱指挥部",
        "phone": "0872-0000119", "title": "山洪红色预警", "summary": "立即转移!",
        "speech": "三组立即转移!", "body": "", "areas": [f"{people.village.code}-3"],
        "issued_at": "2026-11-22T08:00", "expires_at": "2099-01-01T08:00", "repeats": "3",
        "references": "",
    }  # fmt: skip
    answer = _client(first).post(reverse("desk-emergency-new"), data)
    assert answer.status_code == 302, answer.content.decode()
    emergency = Emergency.objects.get()
    address = reverse("desk-emergency", args=[emergency.pk])

    assert _client(first).post(address).status_code == 403
    assert _client(people.clerk).post(address).status_code == 403
    assert _client(second).post(address).status_code == 302
    assert OutboxRow.objects.get().kind == "alert"


def test_the_list_is_filtered_by_title_category_and_state(people: Desk, notices: Forms) -> None:
    _published(people, notices["N003"])
    desk.draft_from_import(people.clerk, notices["N007"], people.village)
    client = _client(people.clerk)

    def titles(**wanted: str) -> list[str]:
        rows = client.get(reverse("desk-notices"), wanted).context["rows"]
        return [row["page"].notice_id for row in rows]

    assert sorted(titles()) == ["N003", "N007"]
    assert titles(q="停水") == ["N003"]
    assert titles(state="draft") == ["N007"]
    assert titles(category="TG") == ["N003"]
    assert titles(category="TG", state="draft") == []


def test_supervisors_see_nothing_that_was_not_published(people: Desk, notices: Forms) -> None:
    _submitted(people, notices["N003"])
    client = _client(people.county_officers[0])
    assert list(client.get(reverse("desk-notices")).context["rows"]) == []
    assert "停水通知" not in client.get("/admin/").content.decode()


def test_the_language_is_switched_and_kept(people: Desk) -> None:
    client = _client(people.clerk)
    client.post(reverse("desk-language"), {"language": "en", "next": "/admin/"})
    assert "To do today" in client.get("/admin/").content.decode()
    client.post(reverse("desk-language"), {"language": "zh-hans", "next": "//elsewhere.example/"})
    assert "今日待办" in client.get("/admin/").content.decode()


def test_nobody_gets_in_without_a_login() -> None:
    for name in ("desk-notices", "desk-delivery", "desk-emergencies", "desk-import"):
        assert Client().get(reverse(name)).status_code == 302
