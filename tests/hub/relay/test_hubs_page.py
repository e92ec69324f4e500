"""The page of the other hubs: for supervisors, in both languages, with what was counted."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, override

from hub.relay.models import Child, ChildDelivery, Parent

if TYPE_CHECKING:
    from django.test import Client

    from tests.hub.conftest import Desk

ROOM = Path(__file__).resolve().parents[3] / "hub" / "relay"


@pytest.fixture
def tree(people: Desk) -> None:  # noqa: ARG001 - there is a county
    Parent.objects.create(hub="hub-530199", area="53", name="某省", is_up=True)
    child = Child.objects.create(
        id="hub-530199001", area="530199001", name="清水镇平台", certificate_pem="", is_online=True,
        report={"boxes": 400, "boxes_online": 399, "faults": ["rolled_back"]},
    )  # fmt: skip
    ChildDelivery.objects.create(
        child=child, item_id="530199-1", revision=1, boxes=400, stored=398, said_at=timezone.now()
    )


@pytest.mark.usefixtures("tree")
def test_supervisors_read_how_far_a_word_has_come(people: Desk, client: Client) -> None:
    client.force_login(people.county_officers[0])
    page = client.get(reverse("hubs"), headers={"accept-language": "zh-hans"}).content.decode()
    for wanted in ("清水镇平台", "398 / 400", "399 / 400", "rolled_back", "某省"):
        assert wanted in page
    client.force_login(people.clerk)
    assert client.get(reverse("hubs")).status_code in (302, 403)


def test_every_sentence_of_the_room_has_its_english() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.html"))
    text += "".join(path.read_text(encoding="utf-8") for path in ROOM.glob("*.py"))
    found = set(re.findall(r"""(?:{% translate |_\()"([^"]*[\u4e00-\u9fff][^"]*)\"""", text))
    assert len(found) > 15
    with override("en"):
        assert sorted(each for each in found if gettext(each) == each) == []
