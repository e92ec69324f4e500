"""A list of persons stays in its village: no phone page, search, map or poster list names one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from hub.phone.models import Entry
from tests.hub.phone.conftest import published

if TYPE_CHECKING:
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]
LISTS = ("N001", "N009", "N019", "N024", "N025")
LATER = "2099-12-31"


def _names(form: dict[str, Any]) -> set[str]:
    places = [n for n, each in enumerate(form["table"]["columns"]) if each["type"] == "name"]
    return {str(row[n]) for row in form["table"]["rows"] for n in places}


def _reachable(start: str) -> dict[str, str]:
    """Every page that links lead to from a page, without its forms."""
    client, waiting, found = Client(), [start], {}
    while waiting:
        address = waiting.pop()
        if address in found:
            continue
        found[address] = client.get(address).content.decode()
        links = re.findall(r'(?:href|action)="(/[^"]*)"', found[address])
        waiting += [each for each in links if not each.startswith(("/static/", "/v/type/"))]
    return found


def test_no_name_of_a_list_is_on_any_page_search_or_map(people: Desk, notices: Forms) -> None:
    names: set[str] = set()
    for key in LISTS:
        form = {**notices[key], "valid_until": LATER}
        first = min(_names(form))
        # A clerk may well write a name into the words around the list.
        form["title"] = f"{form['title']}({first})"
        form["summary"] = f"{first}等人"
        published(people, form)
        names |= _names(form)
    pages = _reachable("/v/530199/") | {
        address: Client().get(address).content.decode() for address in ("/sitemap.xml",)
    }
    assert len(pages) > len(LISTS)
    assert [(a, name) for a, said in pages.items() for name in names if name in said] == []
    assert not [entry for entry in Entry.objects.all() for name in names if name in entry.text]
    for name in sorted(names)[:12]:
        said = Client().get(f"/v/{people.village.code}/find/", {"q": name}).content.decode()
        assert "/n/" not in said


@pytest.mark.parametrize("key", LISTS)
def test_a_list_says_where_to_look_and_is_not_indexed(
    people: Desk, notices: Forms, key: str
) -> None:
    published(people, {**notices[key], "valid_until": LATER})
    answer = Client().get(f"/n/{key}/")
    assert answer.status_code == 200
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    said = answer.content.decode()
    assert "名单只在本村公开" in said
    assert f"表里共 {len(notices[key]['table']['rows'])} 行" in said.replace("\n", "")
    assert not any(name in said for name in _names(notices[key]))


def test_a_list_is_on_its_village_s_page_and_on_no_county_page(
    people: Desk, notices: Forms
) -> None:
    form = {**notices["N001"], "valid_until": LATER}
    published(people, form)
    village = people.village.code
    assert "/n/N001/" in Client().get(f"/v/{village}/").content.decode()
    for above in (village[:6], village[:9], people.other_village.code):
        assert "/n/N001/" not in Client().get(f"/v/{above}/").content.decode()
        found = Client().get(f"/v/{above}/find/", {"q": "低保"}).content.decode()
        assert "/n/N001/" not in found
    assert "/n/N001/" not in Client().get("/sitemap.xml").content.decode()


def test_a_list_of_persons_whose_names_stand_in_a_text_column_stays_in_its_village(
    people: Desk, notices: Forms
) -> None:
    form = {**notices["N001"], "valid_until": LATER}
    table = form["table"]
    columns = [
        {**each, "type": "text"} if each["type"] == "name" else each for each in table["columns"]
    ]
    published(people, {**form, "table": {**table, "columns": columns}})
    said = Client().get("/n/N001/").content.decode()
    assert not any(name in said for name in _names(notices["N001"]))
