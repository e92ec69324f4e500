"""The sheets as they come out of the press: heads, page numbers, codes, rare characters."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from edge_agent.led.pictures import PictureError, open_picture
from hub.catalogue.models import Item
from hub.phone.models import Edition
from hub.poster import press
from hub.poster.catalogue_sheet import catalogue_sheet
from hub.poster.errors import PressError
from hub.poster.fonts import without_font
from hub.poster.paper import A3, A4
from hub.poster.printing import printed_pdf
from hub.poster.sheet import sheet_of, usual_paper
from tests.hub.phone.conftest import published

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.notices.models import NoticePage
    from hub.poster.paper import Paper
    from tests.hub.conftest import Desk
    from tests.hub.poster.conftest import Read

Forms = dict[str, dict[str, Any]]
RARE = ("龙䶮", "王㛃", "李𬭎", "𠅤𬸚")


def _long_list(notices: Forms, rows: int) -> dict[str, Any]:
    form = {**notices["N001"], "valid_until": "2099-12-31"}
    lines = form["table"]["rows"]
    many = [[n + 1, RARE[n % len(RARE)], *lines[n % len(lines)][2:]] for n in range(rows)]
    return {**form, "table": {**form["table"], "rows": many, "total": None}}


def _html(page: NoticePage, paper: Paper = A4) -> str:
    publication = page.last_publication
    assert publication is not None
    return sheet_of(publication, paper).html


def test_a_long_table_repeats_head_and_strip_and_counts_its_own_pages(
    people: Desk, notices: Forms, read: Callable[[bytes], Read]
) -> None:
    long = published(people, _long_list(notices, 60))
    short = published(people, {**notices["N003"], "valid_until": "2099-12-31"})
    found = read(printed_pdf([_html(long), _html(short)]))
    code = Edition.objects.get(publication=long.last_publication).code
    pages = found.pages
    *listed, last = pages
    for number, page in enumerate(listed, 1):
        assert f"第{number}页共{len(listed)}页" in page
        assert "村务公开" in page
        assert "云岭县人民政府政务公开办公室" in page
        assert "户主姓名" in page
        assert f"{code[:5]}-{code[5:]}" in page
    assert "第1页共1页" in last
    assert sum(page.count("李𬭎") for page in pages) == 15
    assert found.sizes_pt == {"595x842"}


def test_the_foot_says_term_office_complaints_code_and_hash(
    people: Desk, notices: Forms, read: Callable[[bytes], Read]
) -> None:
    page = published(people, _long_list(notices, 4))
    edition = Edition.objects.get(publication=page.last_publication)
    found = read(printed_pdf([_html(page, A3)]))
    said = found.pages[-1]
    assert "公示期：2024年7月3日至2099年12月31日" in said
    assert "有异议请找：青石村村务监督委员会" in said
    assert "12388" in said
    assert f"校验值{edition.sha256[:16]}" in said
    assert f"/v/{edition.code}/" in said
    assert found.sizes_pt == {"842x1191"}
    assert "530199196106111648" not in "".join(found.pages)


def test_rare_characters_are_printed_from_embedded_fonts(
    people: Desk, notices: Forms, read: Callable[[bytes], Read]
) -> None:
    page = published(people, _long_list(notices, 4))
    found = read(printed_pdf([_html(page)]))
    assert all(name in "".join(found.pages) for name in RARE)
    assert any("Noto-Sans-CJK-SC" in name for name, _ in found.fonts)
    assert {embedded for _, embedded in found.fonts} == {"yes"}
    assert without_font("".join(RARE) + "青石村，A4 100%") == []


def test_a_character_that_no_font_has_is_named() -> None:
    assert without_font("张\U0003ffff") == ["\U0003ffff"]


def test_the_catalogue_sheet_names_every_item(people: Desk, read: Callable[[bytes], Read]) -> None:
    found = read(printed_pdf([catalogue_sheet(people.village, A3)]))
    said = "".join(found.pages)
    missing = [each.name for each in Item.objects.all() if "".join(each.name.split()) not in said]
    assert len(missing) <= 2  # a name may be broken across two lines between other columns
    assert "村务公开目录及查询指南" in said
    assert all("多久公开一次" in page for page in found.pages[:-1])


def test_the_catalogue_says_which_paper_an_item_wants(people: Desk, notices: Forms) -> None:
    table = published(people, {**notices["N022"], "valid_until": "2099-12-31"})
    text = published(people, {**notices["N003"], "valid_until": "2099-12-31"})
    assert usual_paper(table) is A3
    assert usual_paper(text) is A4


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://127.0.0.1:9/x", "ftp://x/y"])
def test_the_press_fetches_nothing(address: str) -> None:
    fetcher = press._fetcher()
    from weasyprint.urls import URLFetchingError  # noqa: PLC0415 - it changes the whole process

    with pytest.raises((URLFetchingError, ValueError)):
        fetcher.fetch(address)


def test_hostile_words_are_printed_as_words(
    people: Desk, notices: Forms, read: Callable[[bytes], Read]
) -> None:
    hostile = "<img src='file:///etc/passwd'><style>*{display:none}</style>{{7*7}}"
    form = {**notices["N003"], "summary": hostile, "valid_until": "2099-12-31"}
    found = read(printed_pdf([_html(published(people, form))]))
    assert "{{7*7}}" in found.pages[0]
    assert "file:///etc/passwd" in found.pages[0]
    assert "root:" not in found.pages[0]


def test_a_press_that_fails_says_what_to_do() -> None:
    with pytest.raises(PressError, match="请稍后再试"):
        printed_pdf([])


def test_printing_leaves_a_picture_that_is_cut_short_refused() -> None:
    press.laid_out("<p>村务公开</p>")
    whole = io.BytesIO()
    Image.new("RGB", (400, 200), (250, 250, 250)).save(whole, "PNG")
    with pytest.raises(PictureError):
        open_picture(whole.getvalue()[:60], 64, 32)
