"""Hostile words in search, code, hash, form and notice: no page gets an element it did not have."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.test import Client

from hub.phone.models import Edition, Entry
from tests.hub.phone.conftest import published

if TYPE_CHECKING:
    from typing import Any

    from tests.hub.conftest import Desk

PAYLOADS = Path(__file__).parents[2] / "edge_agent" / "kiosk" / "data" / "injections.json"
EVERY = 3
"""Each third of the query screen's payloads: the escaping is one and the same for all of them."""


class Elements(HTMLParser):
    """Which elements a page has, each with the names of its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[tuple[str, tuple[str, ...]]] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, tuple(sorted(name for name, _ in attrs))))


def _elements(content: bytes) -> set[tuple[str, tuple[str, ...]]]:
    return Elements(content.decode()).found


def test_hostile_words_add_no_element_to_any_page(
    people: Desk, notices: dict[str, dict[str, Any]]
) -> None:
    page = published(people, {**notices["N003"], "valid_until": "2099-12-31"})
    edition = Edition.objects.get(publication__page=page)
    village = people.village.code
    hostile = json.loads(PAYLOADS.read_text("utf-8"))[::EVERY]
    assert len(hostile) > 30

    def ask(words: str) -> list[set[tuple[str, tuple[str, ...]]]]:
        cache.clear()
        client = Client()
        Entry.objects.update(title=words[:255], summary=words[:200], item_name=words[:60])
        form = {"kind": "x", "text": words, "phone": words}
        return [
            _elements(client.get(f"/v/{village}/find/", {"q": words}).content),
            _elements(client.get(f"/v/{village}/").content),
            _elements(client.get(f"/v/{edition.code}/", {"h": words}).content),
            _elements(client.post(f"/v/{village}/say/", form).content),
            _elements(client.post("/slip/", {"number": words, "code": words}).content),
        ]

    plain = ask("没有这个词")
    known = [found | {("ul", ("class",)), ("li", ()), ("b", ()), ("span", ()), ("small", ()),
                      ("a", ("class", "href"))} for found in plain]  # fmt: skip
    strange = [
        (words, sorted(extra))
        for words in hostile
        for found, allowed in zip(ask(words), known, strict=True)
        if (extra := found - allowed)
    ]
    assert strange == []
