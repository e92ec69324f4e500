"""A notice from the clerk's draft to the outbox, step by step, by the people who may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from wagtail.actions.publish_page_revision import PublishPagePermissionError
from wagtail.models import GroupPagePermission, Revision, TaskState

from contract.notice import Table
from hub.notices import checks, desk
from hub.notices.errors import NotReadyError, NotYourStepError, ReasonMissingError
from hub.notices.to_contract import to_notice
from hub.places.models import Role
from hub.sealing.models import OutboxRow

if TYPE_CHECKING:
    from hub.notices.models import NoticePage
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]


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


def test_a_table_goes_from_draft_to_the_outbox(people: Desk, notices: Forms) -> None:
    page = _published(people, notices["N001"])

    assert page.live
    row = OutboxRow.objects.get()
    assert (row.kind, row.notice_id, row.revision) == ("publish", "N001", 1)
    assert row.done_at is None


def test_what_is_published_holds_no_restricted_column(people: Desk, notices: Forms) -> None:
    form = notices["N001"]
    page = _published(people, form)

    revision = Revision.objects.get(pk=OutboxRow.objects.get().page_revision_id)
    sent = to_notice(revision.as_object(), 1, revision.created_at)
    said = json.dumps([str(sent), revision.content], ensure_ascii=False)
    for row in form["table"]["rows"]:
        for secret in (row[7], row[8], row[9], row[10]):
            assert secret not in said
    table = sent.tables[0]
    assert [column.label for column in table.columns] == [
        "序号", "户主姓名", "组别", "保障人数", "保障类别", "月保障金额(元)", "起始年月",
    ]  # fmt: skip
    assert len(table.rows) == 30
    assert table.total[5] == "30380"
    assert page.last_publication is not None


def test_a_submission_with_restricted_columns_is_held_with_their_names(
    people: Desk, notices: Forms
) -> None:
    page = desk.draft_from_import(people.clerk, notices["N001"], people.village)

    with pytest.raises(NotReadyError, match="身份证号、银行账号、联系电话、家庭住址、致贫原因"):
        desk.submit(people.clerk, page)


def test_a_number_in_plain_text_is_held_until_it_is_masked(people: Desk, notices: Forms) -> None:
    form = dict(notices["N003"], body="王建国(身份证号530199195607153024)已领取补助。")
    page = desk.draft_from_import(people.clerk, form, people.village)

    with pytest.raises(NotReadyError, match="身份证号"):
        desk.submit(people.clerk, page)
    desk.drop_restricted_columns(people.clerk, page)

    assert "530199**********24" in str(desk.latest(page).body)
    desk.submit(people.clerk, page)


def test_a_refusal_needs_a_category_and_a_sentence(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])

    for category, comment in (("", ""), ("错别字", "  "), ("", "有错"), ("没有的原因", "有错")):
        with pytest.raises(ReasonMissingError):
            desk.refuse(people.committee, page, category, comment)
    assert desk.find("N003").workflow_in_progress


def test_a_refused_text_comes_back_corrected_and_goes_out(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])
    desk.refuse(people.committee, page, "错别字", "抢修电话写错了")

    draft = desk.latest(page)
    draft.summary = "7月6日8时至18时,一组至五组停水。"
    desk.save(people.clerk, draft)
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)

    assert desk.find("N003").summary == "7月6日8时至18时,一组至五组停水。"


def test_a_text_the_secretary_sent_back_goes_to_the_committee_first(
    people: Desk, notices: Forms
) -> None:
    page = _submitted(people, notices["N003"])
    desk.approve(people.committee, page)
    desk.refuse(people.secretary, page, "内容不全", "没写恢复时间")
    draft = desk.latest(page)
    draft.summary = "停水,18时恢复。"
    desk.save(people.clerk, draft)
    desk.submit(people.clerk, page)

    with pytest.raises(NotYourStepError):
        desk.sign(people.secretary, page)
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)
    assert desk.find("N003").live


def test_nobody_approves_what_they_wrote(people: Desk, notices: Forms) -> None:
    clerk = people.clerk
    clerk.groups.add(*people.committee.groups.all(), *people.secretary.groups.all())
    page = _submitted(people, notices["N003"])

    with pytest.raises(NotYourStepError, match="起草人"):
        desk.approve(clerk, page)
    desk.approve(people.committee, page)
    with pytest.raises(NotYourStepError, match="起草人"):
        desk.sign(clerk, page)


def test_nobody_approves_and_signs_the_same_notice(people: Desk, notices: Forms) -> None:
    both = people.committee
    both.groups.add(*people.secretary.groups.all())
    page = _submitted(people, notices["N003"])
    desk.approve(both, page)

    with pytest.raises(NotYourStepError, match="另一环节"):
        desk.sign(both, page)


def test_county_and_town_cannot_approve_or_sign(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])
    town = people.user(Role.TOWN_OFFICER)

    for officer in (*people.county_officers, town):
        with pytest.raises(PermissionDenied):
            desk.approve(officer, page)
        with pytest.raises(PermissionDenied):
            desk.refuse(officer, page, "其他", "县里不同意")


def test_people_of_another_village_can_neither_write_nor_approve(
    people: Desk, notices: Forms
) -> None:
    other = people.other_village.code
    page = _submitted(people, notices["N003"])

    with pytest.raises(NotYourStepError):
        desk.approve(people.user(Role.COMMITTEE, other), page)
    with pytest.raises(NotYourStepError):
        desk.save(people.user(Role.CLERK, other), desk.latest(page))
    with pytest.raises(NotYourStepError):
        desk.draft_from_import(people.user(Role.CLERK, other), notices["N007"], people.village)


def test_a_publish_permission_given_by_mistake_opens_no_door(people: Desk, notices: Forms) -> None:
    page = desk.draft_from_import(people.clerk, notices["N003"], people.village)
    group = Group.objects.create(name="all rights")
    publish = Permission.objects.get(codename="publish_page")
    GroupPagePermission.objects.create(group=group, page=people.village, permission=publish)
    clerk = people.clerk
    clerk.groups.add(group)
    clerk.is_superuser = True
    clerk.save()

    assert not page.permissions_for_user(clerk).can_publish()
    with pytest.raises(PublishPagePermissionError):
        page.get_latest_revision().publish(user=clerk)
    assert not OutboxRow.objects.exists()


def test_a_text_under_review_is_locked_for_everybody(people: Desk, notices: Forms) -> None:
    page = _submitted(people, notices["N003"])

    for user in (people.clerk, people.committee, people.secretary):
        with pytest.raises(NotYourStepError):
            desk.save(user, desk.latest(page))


def test_a_correction_is_the_next_revision_and_needs_its_reason(
    people: Desk, notices: Forms
) -> None:
    page = _published(people, notices["N003"])
    with pytest.raises(ReasonMissingError):
        desk.correct(people.clerk, page, " ")
    draft = desk.correct(people.clerk, page, "停水改为7月7日")
    draft.title = "停水通知(更正)"
    desk.save(people.clerk, draft)
    desk.submit(people.clerk, page)
    assert desk.find("N003").title == "停水通知"
    desk.approve(people.committee, page)
    desk.sign(people.secretary, page)

    row = OutboxRow.objects.last()
    assert row is not None
    assert (row.kind, row.revision) == ("correct", 2)
    last = desk.find("N003").last_publication
    assert last is not None
    sent = to_notice(last.revision.as_object(), last.number, last.at)
    assert (sent.title, sent.correction) == ("停水通知(更正)", "停水改为7月7日")


def test_a_correction_without_reason_is_not_reviewed(people: Desk, notices: Forms) -> None:
    page = _published(people, notices["N003"])
    draft = desk.latest(page)
    draft.title = "停水通知(改)"
    desk.save(people.clerk, draft)

    with pytest.raises(NotReadyError, match="更正原因"):
        desk.submit(people.clerk, page)


def test_a_withdrawal_needs_a_reason_and_a_second_person(people: Desk, notices: Forms) -> None:
    page = _published(people, notices["N003"])
    with pytest.raises(ReasonMissingError):
        desk.withdraw(people.clerk, page, "")
    desk.withdraw(people.secretary, page, "检修取消")
    with pytest.raises(NotYourStepError, match="第二个人"):
        desk.confirm_withdrawal(people.secretary, page)
    with pytest.raises(NotYourStepError):
        desk.confirm_withdrawal(people.county_officers[0], page)
    desk.confirm_withdrawal(people.committee, page)

    assert not desk.find("N003").live
    row = OutboxRow.objects.last()
    assert row is not None
    assert row.kind == "withdraw"


def test_a_withdrawn_notice_cannot_come_back(people: Desk, notices: Forms) -> None:
    page = _published(people, notices["N003"])
    desk.withdraw(people.clerk, page, "检修取消")
    desk.confirm_withdrawal(people.committee, page)

    with pytest.raises(NotYourStepError):
        desk.save(people.clerk, desk.latest(page))
    with pytest.raises(NotYourStepError):
        desk.submit(people.clerk, page)


def test_every_notice_of_the_file_becomes_a_draft(people: Desk, notices: Forms) -> None:
    for form in notices.values():
        if form["kind"] == "emergency":
            continue
        village = people.village if form["village"].endswith("青石村") else people.other_village
        clerk = people.user(Role.CLERK, village.code)
        page = desk.draft_from_import(clerk, form, village)
        desk.drop_restricted_columns(clerk, page)
        sent = to_notice(desk.latest(page), 1, page.publish_at)
        assert sent.title == form["title"]
        if form.get("table"):
            assert isinstance(sent.blocks[-1], Table)


def test_a_text_that_changed_since_it_was_read_is_not_approved(
    people: Desk, notices: Forms
) -> None:
    page = _submitted(people, notices["N003"])
    seen = desk.find("N003").current_workflow_task_state.revision_id
    desk.find("N003").current_workflow_state.cancel(user=people.clerk)
    draft = desk.latest(page)
    draft.summary = "明天停水一整天。"
    desk.save(people.clerk, draft)
    desk.submit(people.clerk, page)

    with pytest.raises(NotReadyError, match="重新看一遍"):
        desk.approve(people.committee, page, seen)
    desk.approve(people.committee, page, desk.find("N003").latest_revision_id)


def test_a_step_is_taken_once_even_if_two_ask_at_the_same_time(
    people: Desk, notices: Forms
) -> None:
    page = _submitted(people, notices["N003"])
    stored = desk.find(page.notice_id)
    task = stored.current_workflow_task
    first, second = (TaskState.objects.get().specific for _ in range(2))
    task.on_action(first, people.committee, "approve")

    with pytest.raises(PermissionDenied):
        task.on_action(second, people.committee, "approve")
    with pytest.raises(PermissionDenied):
        task.on_action(second, people.committee, "reject", category="其他", comment="反悔")


def test_a_list_of_persons_is_not_published_in_another_village(
    people: Desk, notices: dict[str, dict[str, Any]]
) -> None:
    form = {**notices["N006"], "id": "JOINT1"}
    form["table"] = {
        "columns": [{"key": "n", "label": "姓名", "type": "name"}],
        "rows": [["王建国"], ["李秀英"]],
    }
    page = desk.draft_from_import(
        people.clerk, form, people.village, now=timezone.now(),
        joint_villages=(people.other_village.code,),
    )  # fmt: skip
    assert any("只能在本村公开" in sentence for sentence in checks.before_leaving(page))
