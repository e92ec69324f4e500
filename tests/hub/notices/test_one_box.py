"""A notice for one box of a village: who may choose which box, for what, and what is then said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from hub.catalogue.models import Item
from hub.dispatch import manifests
from hub.dispatch.models import Layer
from hub.dispatch.sealer import Sealer
from hub.ledger import boxes
from hub.notices import checks, desk
from hub.notices.audience import areas_of
from hub.notices.errors import NotReadyError
from hub.poster.paper import A4
from hub.poster.sheet import sheet_of
from hub.sealing.models import SealedNotice
from tests.hub.phone.conftest import signed

if TYPE_CHECKING:
    from hub.notices.models import NoticePage
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]
CENTRE = "老年活动中心"


@pytest.fixture(autouse=True)
def village_s_boxes(people: Desk) -> None:
    boxes.add_box("box-1", people.village.code, place=CENTRE)
    boxes.add_box("box-2", people.village.code)
    boxes.add_box("box-9", people.other_village.code, place="别村")


def _draft(people: Desk, form: dict[str, Any], box: str = "box-1", **changes: Any) -> NoticePage:  # noqa: ANN401 - any field
    page = desk.draft_from_import(people.clerk, form, people.village, now=timezone.now())
    desk.drop_restricted_columns(people.clerk, page)
    draft = desk.latest(page)
    draft.only_box = box
    for name, value in changes.items():
        setattr(draft, name, value)
    desk.save(people.clerk, draft)
    return desk.latest(page)


def _edit(people: Desk, page: NoticePage) -> str:
    client = Client()
    client.force_login(people.clerk)
    return client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).content.decode()


def test_it_is_sealed_for_that_box_and_listed_in_its_layer_alone(
    people: Desk, notices: Forms
) -> None:
    village = people.village.code
    page = signed(people, _draft(people, notices["N003"]))
    for act in Sealer().others(0.0):
        for area in act.areas:
            manifests.seal_layer(area)
    row = SealedNotice.objects.get(notice_id=page.notice_id)
    assert row.area == f"{village}@box-1"
    assert list(Layer.objects.values_list("area", flat=True)) == [f"{village}@box-1"]


@pytest.mark.parametrize(
    ("box", "changes", "said"),
    [
        ("box-7", {}, "没有“box-7”这台设备"),
        ("box-9", {}, "没有“box-9”这台设备"),
        ("box-1", {"group_numbers": "3"}, "不能再选村民小组"),
        ("box-1", {"joint_villages": ["530199001002"]}, "不能再选村民小组或联合公开的村"),
        ("a/#", {}, "没有“a/#”这台设备"),
    ],
)
def test_a_wrong_choice_is_held_with_a_sentence(
    people: Desk, notices: Forms, box: str, changes: dict[str, Any], said: str
) -> None:
    page = _draft(people, notices["N003"], box, **changes)
    with pytest.raises(NotReadyError, match=said):
        desk.submit(people.clerk, page)


def test_a_box_that_was_revoked_meanwhile_is_noticed_before_the_signature(
    people: Desk, notices: Forms
) -> None:
    page = _draft(people, notices["N003"])
    desk.submit(people.clerk, page)
    desk.approve(people.committee, page)
    boxes.revoke_box("box-1")
    with pytest.raises(NotReadyError, match="已停用"):
        desk.sign(people.secretary, page)


def test_what_is_owed_to_every_villager_cannot_be_for_one_box(people: Desk, notices: Forms) -> None:
    page = _draft(people, notices["N001"])
    assert any("应当向全村公开" in each for each in checks.before_leaving(page))
    page.only_box = ""
    assert not any("应当向全村公开" in each for each in checks.before_leaving(page))


def test_only_service_notices_may_be_for_one_box(people: Desk) -> None:
    assert people
    allowed = {each.code for each in Item.objects.all() if each.may_be_for_one_box}
    assert allowed == {"TG02", "TG07", "EX03", "EX08", "EX09", "EX10", "EX11"}
    assert Item.objects.count() > 90


def test_the_form_offers_the_village_s_own_boxes_by_their_places(
    people: Desk, notices: Forms
) -> None:
    text = _edit(people, desk.draft_from_import(people.clerk, notices["N003"], people.village))
    assert '<option value="box-1">老年活动中心（box-1）</option>' in text
    assert '<option value="box-2">box-2</option>' in text
    assert "box-9" not in text


def test_the_form_offers_nothing_where_one_box_is_the_whole_village(
    people: Desk, notices: Forms
) -> None:
    boxes.revoke_box("box-2")
    page = desk.draft_from_import(people.clerk, notices["N003"], people.village)
    assert "only_box" not in _edit(people, page)


def test_a_box_that_was_chosen_and_is_gone_can_be_unchosen(people: Desk, notices: Forms) -> None:
    page = _draft(people, notices["N003"])
    boxes.revoke_box("box-1")
    text = _edit(people, page)
    assert '<option value="box-1" selected>box-1（已停用）</option>' in text


def test_reviewers_phones_and_posters_say_which_device_it_is_for(
    people: Desk, notices: Forms
) -> None:
    page = signed(people, _draft(people, notices["N003"]))
    client = Client()
    client.force_login(people.committee)
    dossier = client.get(reverse("desk-notice", args=[page.pk])).content.decode()
    assert f"只给一台设备：{CENTRE}" in dossier
    said = f"只在“{CENTRE}”的设备上显示和播报"
    assert said in Client().get(f"/n/{page.notice_id}/").content.decode()
    listed = Client().get(f"/v/{people.village.code}/").content.decode()
    publication = page.last_publication
    assert publication is not None
    assert said in sheet_of(publication, A4).html
    assert areas_of(page) == (f"{people.village.code}@box-1",)
    assert page.title in listed

    boxes.revoke_box("box-1")  # what was public stays readable
    assert said in Client().get(f"/n/{page.notice_id}/").content.decode()
