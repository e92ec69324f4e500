"""What clerks' own sheets hold besides a table, and what Excel does to cells and to CSV."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import Workbook

from hub.intake.faults import IntakeError
from hub.intake.sheets import notice_from_csv, notice_from_sheet
from hub.intake.tables import type_of_column


def sheet(cells: dict[str, Any], formats: dict[str, str] | None = None, merge: str = "") -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    for place, value in cells.items():
        page[place] = value
    for place, shape in (formats or {}).items():
        page[place].number_format = shape
    if merge:
        page.merge_cells(merge)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("value", "shape", "read"),
    [(timedelta(hours=30, minutes=5), "[h]:mm", "30:05"), (0.125, "0.0%_);(0.0%)", "12.5%"),
     (7, "000", "007"), (7, '0"%"', 7), (45484, 'yyyy"年"m"月"d"日"', "2024-07-11")],
)  # fmt: skip
def test_a_cell_comes_in_as_excel_shows_it(value: object, shape: str, read: object) -> None:
    book = sheet({"A1": "户主", "B1": "情况", "A2": "王建国", "B2": value}, {"B2": shape})
    draft = notice_from_sheet(book, "低保公示.xlsx")
    assert draft.data["table"]["rows"] == [["王建国", read]]
    assert json.dumps(draft.data)


def test_a_cell_that_its_format_hides_stays_outside_and_is_reported() -> None:
    book = sheet({"A1": "户主", "B1": "备注", "A2": "王建国", "B2": "低保"}, {"B2": ";;;"})
    draft = notice_from_sheet(book, "低保公示.xlsx")
    assert draft.data["table"]["rows"] == [["王建国", ""]]
    assert [fault.code for fault in draft.faults] == ["hidden_cell"]


def test_the_line_of_office_and_unit_under_the_title_is_no_header() -> None:
    cells = {
        "A1": "2024年第二季度低保公示", "A2": "编制单位:青石村", "C2": "单位:元",
        "A3": "户主", "B3": "组别", "C3": "金额(元)", "D3": "备注",
        "A4": "王建国", "B4": "3组", "C4": 500, "D4": "新增",
    }  # fmt: skip
    draft = notice_from_sheet(sheet(cells, merge="A1:D1"), "公示.xlsx")
    assert draft.title == "2024年第二季度低保公示"
    assert draft.data["body"] == "编制单位:青石村 单位:元"
    assert draft.data["table"]["rows"] == [["王建国", "3组", 500, "新增"]]


def test_the_word_for_a_sum_may_reach_over_several_columns() -> None:
    cells = {
        "A1": "户主", "B1": "组别", "C1": "金额(元)", "A2": "王建国", "B2": "3组", "C2": 500,
        "A3": "合 计", "C3": 500,
    }  # fmt: skip
    draft = notice_from_sheet(sheet(cells, merge="A3:B3"), "低保公示.xlsx")
    assert draft.data["table"]["rows"] == [["王建国", "3组", 500]]
    assert draft.data["table"]["total"] == {"c3": 500}


def test_a_number_beyond_all_numbers_is_asked_back() -> None:
    good, stream = (
        sheet({"A1": "户主", "B1": "金额(元)", "A2": "王建国", "B2": 98765}),
        io.BytesIO(),
    )
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<v>98765</v>", b"<v>1e999</v>"))
    with pytest.raises(IntakeError, match="B2"):
        notice_from_sheet(stream.getvalue(), "低保公示.xlsx")


@pytest.mark.parametrize(
    "text",
    ["户主,金额(元),,,\n王建国,500,,,\n,,,,\n", "sep=;\r\n户主;金额(元)\r\n王建国;500\r\n",
     "低保公示\n户主;金额(元)\n王建国;500\n", "2024年,二季度\n户主\t金额(元)\n王建国\t500\n"],
)  # fmt: skip
def test_a_csv_as_excel_leaves_it_is_read(text: str) -> None:
    table = notice_from_csv(text.encode(), "低保公示.csv").data["table"]
    assert [column["label"] for column in table["columns"]] == ["户主", "金额(元)"]
    assert table["rows"] == [["王建国", "500"]]


def test_sums_in_ten_thousand_yuan_are_numbers_with_four_places() -> None:
    assert type_of_column("投资(万元)", ["1.2345", "0.0725", "12"]) == "num"
    assert type_of_column("投资(万元)", ["1.25", "12"]) == "money"
