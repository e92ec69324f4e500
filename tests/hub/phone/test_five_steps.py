"""From the county's page to any notice in at most five steps, and the pages stay light."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from hub.catalogue.models import Rules
from hub.phone import views
from hub.phone.models import Entry, Reach
from tests.hub.phone.conftest import published

if TYPE_CHECKING:
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]
MOST_STEPS = 5
FIRST_VIEW_BYTES = 150_000
MANY = 12


def _depths(start: str) -> dict[str, int]:
    client, level, depths = Client(), [start], {start: 0}
    while level:
        following: list[str] = []
        for address in level:
            said = client.get(address).content.decode()
            for link in re.findall(r'href="((?:/(?:v|n)/|\?page=)[^"]*)"', said):
                target = address.split("?")[0] + link if link.startswith("?") else link
                if target not in depths and "/type/" not in target:
                    depths[target] = depths[address] + 1
                    following.append(target)
        level = following
    return depths


def _many_entries(entry: Entry, people: Desk) -> None:
    """The same entry many times over, as a column holds them after years."""
    village = people.village
    for number in range(MANY):
        copy = Entry.objects.get(pk=entry.pk)
        page = village.add_child(
            instance=type(entry.page)(
                title=f"旧公开{number}", slug=f"old-{number}", notice_id=f"OLD-{number}",
                item=entry.page.item, summary="旧", live=True,
            )
        )  # fmt: skip
        copy.pk, copy.page, copy.title = None, page, f"旧公开{number}"
        copy.publish_at = timezone.now() - timedelta(days=number)
        copy.save()
        Reach.objects.create(entry=copy, village=village.code)


def test_every_notice_is_at_most_five_steps_from_the_county(
    people: Desk, notices: Forms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 3)
    keys = ("N001", "N003", "N022", "N035")
    for key in keys:
        published(people, {**notices[key], "valid_until": "2099-12-31"})
    _many_entries(Entry.objects.get(page__notice_id="N003"), people)
    depths = {unquote(key): value for key, value in _depths("/v/530199/").items()}
    wanted = [f"/n/{key}/" for key in Entry.objects.values_list("page__notice_id", flat=True)]
    assert len(wanted) == len(keys) + MANY
    assert {each: depths.get(each) for each in wanted if depths.get(each, 99) > MOST_STEPS} == {}


def test_every_column_of_the_catalogue_is_on_the_village_s_page(people: Desk) -> None:
    said = Client().get(f"/v/{people.village.code}/").content.decode()
    boards = Rules.table("columns")
    assert [len(boards[name]) for name in ("村务公开", "财务公开", "便民服务")] == [5, 7, 3]
    for board, columns in boards.items():
        assert f">{board}</h2>" in said
        assert all(f"<b>{column}</b>" in said for column in columns)


@pytest.mark.parametrize("asked", ["停水", "tstz", "TSTZ", "ｔｓｔｚ", "提前储水"])
def test_search_finds_titles_initials_and_text(people: Desk, notices: Forms, asked: str) -> None:
    published(people, {**notices["N003"], "valid_until": "2099-12-31"})
    answer = Client().get(f"/v/{people.village.code}/find/", {"q": asked})
    assert "/n/N003/" in answer.content.decode()


@pytest.mark.parametrize("asked", ["%", "_", "'", "\x01", "没有这个词", "长" * 5000, "<script>"])
def test_search_takes_any_words_literally(people: Desk, notices: Forms, asked: str) -> None:
    published(people, {**notices["N003"], "valid_until": "2099-12-31"})
    answer = Client().get(f"/v/{people.village.code}/find/", {"q": asked})
    assert answer.status_code == 200
    assert "/n/N003/" not in answer.content.decode()
    assert "<script" not in answer.content.decode()


def test_the_first_view_of_every_kind_of_page_weighs_at_most_150_kb(
    people: Desk, notices: Forms
) -> None:
    form = {**notices["N022"], "valid_until": "2099-12-31"}
    form["table"] = {**form["table"], "rows": form["table"]["rows"][:1] * 320}
    published(people, form)
    published(people, {**notices["N003"], "valid_until": "2099-12-31"})
    _many_entries(Entry.objects.get(page__notice_id="N003"), people)
    style = finders.find("phone/phone.css")
    icon = finders.find("phone/icon-192.png")
    assert isinstance(style, str)
    assert isinstance(icon, str)
    with open(style, "rb") as first, open(icon, "rb") as second:  # noqa: PTH123 - two small files
        beside = len(first.read()) + len(second.read())
    column = Entry.objects.get(page__notice_id="N003").column
    addresses = ["/v/530199/", f"/v/{people.village.code}/", f"/v/{people.village.code}/{column}/",
                 "/n/N022/", "/n/N003/", f"/v/{people.village.code}/find/?q=旧公开"]  # fmt: skip
    weights = {each: len(Client().get(each).content) + beside for each in addresses}
    assert {each: n for each, n in weights.items() if n > FIRST_VIEW_BYTES} == {}


def test_the_style_sheet_is_one_that_old_web_views_read() -> None:
    path = finders.find("phone/phone.css")
    assert isinstance(path, str)
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - a path Django gives as text
        style = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    for fancy in ("var(", "grid", "clamp(", "gap:", ":is(", ":has(", "inset:", "aspect-ratio"):
        assert fancy not in style
