"""A sheet on the wall asked after by its code: what became of it, and whether the hash is ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from hub.phone.codes import ALPHABET, LENGTH, code_of, printed, read_code
from hub.phone.models import Edition
from tests.hub.phone.conftest import corrected, published, withdrawn

if TYPE_CHECKING:
    from hub.notices.models import NoticePage
    from tests.hub.conftest import Desk

Forms = dict[str, dict[str, Any]]


def _edition(page: NoticePage, number: int = 1) -> Edition:
    return Edition.objects.get(publication__page=page, publication__number=number)


def _said(code: str, status: int = 200, **query: str) -> str:
    answer = Client().get(f"/v/{code}/", query)
    assert answer.status_code == status
    assert "noindex" in answer["X-Robots-Tag"]
    return answer.content.decode()


def test_a_code_in_force_says_so_however_it_was_typed(people: Desk, notices: Forms) -> None:
    page = published(people, {**notices["N003"], "valid_until": "2099-12-31"})
    code = _edition(page).code
    for typed in (code, printed(code), code.lower(), code.replace("0", "o").replace("1", "l")):
        said = _said(typed)
        assert "在公示期内，是最新一版" in said
        assert "停水通知" in said
    answer = Client().get("/v/code/", {"code": printed(code).lower()})
    assert answer["Location"] == f"/v/{code}/"


def test_an_old_sheet_is_told_from_the_new_and_from_the_withdrawn(
    people: Desk, notices: Forms
) -> None:
    page = published(people, {**notices["N003"], "valid_until": "2099-12-31"})
    old = _edition(page).code
    corrected(people, page, "改期", summary="改到7月7日停水。")
    new = _edition(page, 2).code
    assert "这一版已更正" in _said(old)
    assert "墙上这张请换下" in _said(old)
    assert "是最新一版" in _said(new)
    withdrawn(people, page)
    for code in (old, new):
        said = _said(code)
        assert "这张公示已撤回" in said
        assert "停水" not in said


def test_a_sheet_past_its_term_says_so(people: Desk, notices: Forms) -> None:
    page = published(people, notices["N003"])
    assert "公示期已过" in _said(_edition(page).code)


def test_the_hash_is_compared(people: Desk, notices: Forms) -> None:
    page = published(people, {**notices["N001"], "valid_until": "2099-12-31"})
    edition = _edition(page)
    spaced = f"{edition.sha256[:4]} {edition.sha256[4:8].upper()}"
    assert "校验值一致" in _said(edition.code, h=spaced)
    wrong = "0" if edition.sha256[0] != "0" else "1"
    assert "校验值不一致" in _said(edition.code, h=wrong * 8)
    assert "请再看一下" in _said(edition.code, h="<script>")
    assert "<script" not in _said(edition.code, h="<script>")
    assert "崔彩霞" not in _said(edition.code)


def test_an_unknown_code_is_said_to_be_unknown(people: Desk) -> None:
    assert people.village
    assert "没有这个核对码" in _said("ZZZZZZZZZZ", 404)
    assert "没有这个核对码" in _said("unknown", 404)


def test_another_text_has_another_code() -> None:
    assert code_of("N1@1", "a" * 64) != code_of("N1@1", "b" * 64)
    assert code_of("N1@1", "a" * 64) != code_of("N1@2", "a" * 64)


@given(name=st.text(), sha256=st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_code_reads_back_and_is_no_division_code(name: str, sha256: str) -> None:
    code = code_of(name, sha256)
    assert read_code(printed(code)) == code
    assert len(code) == LENGTH
    assert set(code) <= set(ALPHABET)


@given(st.text())
def test_whatever_is_typed_is_a_code_or_nothing(typed: str) -> None:
    found = read_code(typed)
    assert found == "" or read_code(found) == found
