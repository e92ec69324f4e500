"""Tables whole at every size: nothing cut, nothing outside, headers and numbers repeated."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from led_cases import RAW, build_notice

from contract.notice import Column, Table
from edge_agent.led import fonts
from edge_agent.led.characters import legible
from edge_agent.led.layout import Format
from edge_agent.led.tables import table_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge_agent.led.panel import Page

SIZES = [(64, 16), (64, 32), (96, 32), (128, 32), (192, 48), (256, 48), (320, 96), (512, 112)]
WITH_TABLE = sorted(key for key, raw in RAW.items() if raw.get("table"))


def lines_of(page: Page) -> list[str]:
    rows: dict[int, list[tuple[int, str]]] = {}
    for run in page.runs:
        rows.setdefault(run.y_px, []).append((run.x_px, run.text))
    return [" ".join(text for _, text in sorted(rows[y])) for y in sorted(rows)]


def squeezed(pages: Sequence[Page]) -> str:
    return "".join(run.text for page in pages for run in page.runs).replace(" ", "")


def check_within(pages: Sequence[Page], form: Format) -> None:
    for page in pages:
        if page.effect == "left":
            continue
        places = sorted(
            (run.y_px, run.x_px, fonts.width_px(run.text, run.size_px), run.size_px)
            for run in page.runs
        )
        for y, x, width, size in places:
            assert x >= 0
            assert x + width <= form.width_px
            assert y + size <= form.height_px
        for (y, x, width, _), (next_y, next_x, _, _) in pairwise(places):
            assert y != next_y or x + width <= next_x


def big_table(rows: int = 320) -> Table:
    columns = [Column("seq", "序号", "int"), Column("name", "户主姓名", "name")]
    columns += [Column(f"c{n}", f"补贴项目{n}(元)", "money") for n in range(10)]
    return Table(
        tuple(columns),
        tuple((str(n), f"赵钱{n % 9}", *(f"{n * 10 + c}.50" for c in range(10)))
              for n in range(1, rows + 1)),
    )  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("notice_id", WITH_TABLE)
def test_every_cell_of_every_notice_is_shown_within_the_panel(
    notice_id: str, size: tuple[int, int]
) -> None:
    (table,) = build_notice(notice_id).tables
    form = Format(*size)
    pages = table_pages(table, form)
    check_within(pages, form)
    shown = squeezed(pages)
    for row in table.rows:
        for cell in row:
            assert all(char in shown for char in legible(cell).text.replace(" ", "")), (cell, size)


def test_columns_that_fit_stand_under_a_header_on_every_page() -> None:
    (table,) = build_notice("N001").tables
    form = Format(512, 112)
    pages = table_pages(table, form)
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert lines_of(page)[0].startswith("序")
        assert page.runs[-1].text == f"{number}/{len(pages)}"
    names = [row[1] for row in table.rows]
    assert [run.text for page in pages for run in page.runs if run.text in names] == names


def test_numbers_are_set_flush_right() -> None:
    table = Table(
        (Column("n", "姓名", "name"), Column("m", "金额", "money")),
        (("甲乙丙", "9.50"), ("丁戊", "-1083.00")),
    )
    (page,) = table_pages(table, Format(192, 48))
    amounts = [run for run in page.runs if run.text in {"9.50", "-1083.00"}]
    ends = {run.x_px + fonts.width_px(run.text) for run in amounts}
    assert len(amounts) == 2
    assert len(ends) == 1


def test_a_table_too_wide_for_its_panel_is_told_in_labelled_values_under_each_name() -> None:
    (table,) = build_notice("N001").tables
    pages = table_pages(table, Format(192, 48))
    first_row = [page for page in pages if lines_of(page)[0].startswith("1 崔彩霞")]
    said = squeezed(first_row)
    assert len(first_row) > 1
    assert "月保障金额960元" in said
    assert "保障类别:B类" in said
    assert all(page.runs[-1].text == f"{n}/{len(pages)}" for n, page in enumerate(pages, 1))


def test_on_two_lines_the_name_stands_on_every_page_beside_the_number_of_its_row() -> None:
    (table,) = build_notice("N001").tables
    pages = table_pages(table, Format(128, 32))
    heads = [lines_of(page)[0] for page in pages]
    for number, row in enumerate(table.rows, 1):
        assert heads.count(f"{row[1]} {number}/30") >= 3


@pytest.mark.parametrize("size", [(128, 32), (192, 48), (256, 48)])
def test_a_label_and_its_value_share_a_page(size: tuple[int, int]) -> None:
    (table,) = build_notice("N001").tables
    for phrase in ("月保障金额1240元", "保障人数:2", "起始年月:2024-02"):
        assert any(phrase in squeezed([page]) for page in table_pages(table, Format(*size)))


@pytest.mark.parametrize("size", SIZES)
def test_the_longest_name_of_fourteen_characters_is_whole(size: tuple[int, int]) -> None:
    name = "阿卜杜热合曼·阿卜杜外力库"
    table = Table(
        (Column("s", "序号", "int"), Column("n", "姓名", "name"), Column("m", "金额(元)", "money")),
        (("1", f"{name}力", "1015.00"),),
    )
    pages = table_pages(table, Format(*size))
    assert any(f"{name}力" in squeezed([page]) for page in pages)
    assert len(f"{name}力") == 14


@pytest.mark.parametrize("size", SIZES)
def test_a_negative_amount_keeps_its_minus(size: tuple[int, int]) -> None:
    table = Table(
        (Column("n", "项目"), Column("m", "增减(元)", "money")),
        (("鱼塘承包费", "-12,345.67"), ("水电费", "−8.00")),
    )
    pages = table_pages(table, Format(*size))
    lines = [line for page in pages for line in lines_of(page)]
    assert any("-12,345.67" in line for line in lines)
    assert any("−8.00" in line for line in lines)


@pytest.mark.parametrize("size", [(64, 16), (128, 32), (256, 48), (512, 112)])
def test_320_rows_of_twelve_columns_are_all_there(size: tuple[int, int]) -> None:
    table = big_table()
    form = Format(*size)
    pages = table_pages(table, form)
    check_within(pages, form)
    shown = squeezed(pages)
    assert all(f"{n * 10 + 9}.50" in shown for n in range(1, 321))


def test_the_closing_line_of_sums_comes_last() -> None:
    table = Table(
        (Column("n", "姓名", "name"), Column("m", "金额", "money")),
        (("甲乙", "1.00"), ("丙丁", "2.00")),
        total=("合计", "3.00"),
    )
    assert lines_of(table_pages(table, Format(192, 64))[-1])[-1] == "合计 3.00"


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 12),
    st.integers(1, 6),
    st.sampled_from(SIZES),
    st.data(),
)
def test_any_table_on_any_panel_stays_within_and_loses_no_character(
    columns: int, rows: int, size: tuple[int, int], data: st.DataObject
) -> None:
    words = st.text(alphabet="村民委员会12.-,()（）·abc", max_size=30)
    kinds = st.sampled_from(["text", "name", "group", "int", "money", "date"])
    table = Table(
        tuple(Column(f"c{n}", f"栏目{n}", data.draw(kinds)) for n in range(columns)),
        tuple(tuple(data.draw(words) for _ in range(columns)) for _ in range(rows)),
    )
    form = Format(*size)
    pages = table_pages(table, form)
    check_within(pages, form)
    shown = squeezed(pages)
    for row in table.rows:
        for cell in row:
            for char in set(legible(cell).text.replace(" ", "")):
                assert shown.count(char) >= 1
