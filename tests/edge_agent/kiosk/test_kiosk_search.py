from __future__ import annotations

import gc
import random
from dataclasses import replace

import pytest
from kiosk_village import key, sample_notices

from contract.notice import Column, Paragraph, SearchKey, Table
from edge_agent.kiosk.entries import entry_of
from edge_agent.kiosk.haystack import Haystack
from edge_agent.kiosk.names import surname_of
from edge_agent.kiosk.search import SearchIndex, rows_with
from edge_agent.kiosk.spelling import fold, words

NOTICES = sorted(sample_notices().values(), key=lambda n: n.publish_at, reverse=True)


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex([entry_of(each) for each in NOTICES])


@pytest.mark.parametrize("length", [1, 2, 3, 4, 6])
def test_every_word_of_every_text_is_found(length: int) -> None:
    texts = ["".join(each for row in t.rows for each in row) for n in NOTICES for t in n.tables]
    texts += [block.text for n in NOTICES for block in n.blocks if isinstance(block, Paragraph)]
    haystack = Haystack(map(fold, texts))
    dice = random.Random(7)  # noqa: S311 - the same words in every run
    for _ in range(200):
        number = dice.randrange(len(texts))
        text = fold(texts[number])
        at = dice.randrange(max(1, len(text) - length))
        needle = text[at : at + length]
        truth = [n for n, each in enumerate(texts) if needle in fold(each)]
        assert haystack.find((needle,), len(texts)) == truth


def test_a_text_does_not_run_into_the_next() -> None:
    assert Haystack(["甲乙", "丙丁"]).find(("乙丙",), 9) == []


def test_all_words_must_stand_in_the_same_text() -> None:
    assert Haystack(map(fold, ["张伟 3组", "张伟 4组"])).find(words("张伟 4组"), 9) == [1]


def test_a_person_finds_her_own_row(index: SearchIndex) -> None:
    hits = [hit for hit in index.by_words("崔彩霞") if hit.where == "row"]
    rows = [hit.notice.tables[hit.table].rows[hit.row] for hit in hits]
    assert rows
    assert all("崔彩霞" in row for row in rows)


def test_a_name_with_a_dot_is_found_however_it_is_typed(index: SearchIndex) -> None:
    for typed in (
        "阿依古丽·买买提",
        "阿依古丽.买买提",
        "阿依古丽买买提",
        "阿依古丽・买买提",
        "古丽",
    ):
        assert {h.notice.id for h in index.by_words(typed) if h.where == "row"} == {"N009"}


def test_titles_come_before_rows_and_texts(index: SearchIndex) -> None:
    places = [hit.where for hit in index.by_words("低保")]
    assert places == sorted(places, key=["title", "row", "text"].index)
    assert places[0] == "title"


def test_two_letters_lead_to_the_person(index: SearchIndex) -> None:
    found = [hit for hit in index.by_initials("CCX") if hit.kind == "person"]
    assert "崔彩霞" in {hit.text for hit in found}


def test_letters_inside_a_title_lead_to_it_from_two_on(index: SearchIndex) -> None:
    assert "青石村2024年第二季度农村低保对象公示" in {h.text for h in index.by_initials("DB")}


def test_initials_come_from_the_hub_alone() -> None:
    table = Table((Column("n", "姓名", "name"),), (("单雄信",), ("仇和",)))
    notice = replace(NOTICES[0], blocks=(table,), search=(SearchKey("单雄信", "SXX"),))
    index = SearchIndex([entry_of(notice)])
    assert [hit.text for hit in index.by_initials("SX")] == ["单雄信"]
    assert index.by_initials("CH") == []
    assert index.by_initials("QH") == []
    assert [hit.row for hit in index.by_words("仇和")] == [1]


def test_digits_are_found(index: SearchIndex) -> None:
    assert any(hit.where == "row" for hit in index.by_words("46800"))


@pytest.mark.parametrize(
    "query", ["", "   ", "%", "_", "'", '"', "*", "\\", "\x00", "·" * 50, "龘靐"]
)
def test_odd_queries_find_nothing_and_break_nothing(index: SearchIndex, query: str) -> None:
    assert all(query.strip() in str(hit.notice) for hit in index.by_words(query))
    assert index.by_initials(query) == []


def test_a_query_is_cut_before_it_costs_time(index: SearchIndex) -> None:
    assert index.by_words("低" * 100_000) == []


def test_surnames_lead_to_names(index: SearchIndex) -> None:
    assert "崔" in index.surnames()
    assert "崔彩霞" in index.with_surname("崔")
    assert all(name.startswith("崔") for name in index.with_surname("崔"))


@pytest.mark.parametrize(
    ("name", "surname"),
    [("欧阳靖宇", "欧阳"), ("王伟", "王"), (" 单雄信", "单"), ("阿依古丽·买买提", "阿"), ("", "")],
)
def test_compound_surnames_stay_whole(name: str, surname: str) -> None:
    assert surname_of(name) == surname


def test_a_table_is_searched_by_any_of_its_cells() -> None:
    table = next(n for n in NOTICES if n.id == "N001").tables[0]
    name = table.rows[4][1]
    assert 4 in rows_with(table, name)
    assert rows_with(table, "") == ()


def test_a_dropped_index_leaves_no_text_behind() -> None:
    name = "钱" + "塘潮"
    table = Table((Column("n", "姓名", "name"),), ((name,),))
    notice = replace(NOTICES[0], blocks=(table,), search=(key(name),))
    index: SearchIndex | None = SearchIndex([entry_of(notice)])
    assert index is not None
    assert index.by_words(name)
    folded = fold(name)
    index = SearchIndex([])
    del notice, table
    gc.collect()
    assert index.by_words(name) == []
    # type(), not isinstance(): another suite's lazy objects would wake up when asked.
    holders = [
        o for o in gc.get_objects() if type(o) is Haystack and any(folded in t for t in o._texts)
    ]
    assert holders == []
