from __future__ import annotations

import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from hub.intake.excel_out import csv_bytes, quote_formula, workbook_bytes
from hub.intake.faults import IntakeError
from hub.intake.sheets import notice_from_csv, notice_from_sheet, sheet_from_notice
from hub.intake.tables import check_table
from hub.privacy import Decision, apply, examine

if TYPE_CHECKING:
    from collections.abc import Callable

    from openpyxl.worksheet.worksheet import Worksheet

DATA = Path(__file__).parents[2] / "data"
NOTICES = json.loads((DATA / "notices.json").read_text("utf-8"))["notices"]
TABLES = [notice for notice in NOTICES if "table" in notice]


def sheet(change: Callable[[Worksheet], object] | None = None, *rows: list[object]) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows or (["户主姓名", "组别", "金额(元)"], ["王建国", "3组", 500]):
        page.append(row)
    if change is not None:
        change(page)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("notice", TABLES, ids=lambda notice: notice["id"])
def test_a_notice_written_as_a_sheet_comes_back_the_same(notice: dict[str, object]) -> None:
    draft = notice_from_sheet(sheet_from_notice(notice), "公示.xlsx")
    assert draft.faults == ()
    assert draft.title == notice["title"]
    table, again = notice["table"], draft.data["table"]
    assert [c["label"] for c in again["columns"]] == [c["label"] for c in table["columns"]]
    assert again["rows"] == table["rows"]


def test_the_clerks_sheet_of_the_story_loses_its_five_columns_and_keeps_its_thirty_rows() -> None:
    notice = next(notice for notice in NOTICES if notice["id"] == "N001")
    draft = notice_from_sheet(sheet_from_notice(notice), "低保.xlsx")
    gate = examine(draft.data)
    dropped = [verdict.label for verdict in gate.restricted_columns]
    assert dropped == ["身份证号", "银行账号", "联系电话", "家庭住址", "致贫原因"]
    cleaned = apply(gate, draft.data)
    assert len(cleaned["table"]["rows"]) == 30
    assert cleaned["table"]["total"] == {"c6": 30380}
    assert examine(cleaned).decision is Decision.PUBLISH


def test_hidden_columns_rows_and_sheets_stay_outside_and_are_reported() -> None:
    def hide(page: Worksheet) -> None:
        page.column_dimensions["C"].hidden = True
        page.row_dimensions[3].hidden = True
        secret = page.parent.create_sheet("底表")
        secret.append(["530199195607153024"])
        secret.sheet_state = "veryHidden"

    draft = notice_from_sheet(
        sheet(
            hide, ["姓名", "金额", "身份证号"], ["甲某", 1, "530199195607153024"], ["乙某", 2, ""]
        )
    )
    assert draft.data["table"]["rows"] == [["甲某", 1]]
    codes = {fault.code for fault in draft.faults}
    assert codes == {"hidden_sheet", "hidden_column", "hidden_row"}
    assert "530199" not in json.dumps(draft.data, ensure_ascii=False)


def test_a_group_of_hidden_columns_is_hidden_as_a_whole() -> None:
    def hide(page: Worksheet) -> None:
        page.column_dimensions.group("B", "C", hidden=True)

    draft = notice_from_sheet(sheet(hide))
    assert [column["label"] for column in draft.data["table"]["columns"]] == ["户主姓名"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda page: page.__setitem__("C2", "=SUM(1,2)"), "formula_without_value"),
        (lambda page: page.__setitem__("C2", "#REF!"), "error_value"),
        (lambda page: page.merge_cells("B2:C2"), "merged"),
        (lambda page: page.__setitem__("XFD90000", 1), "table_too_large"),
        (lambda page: page.delete_rows(1, 9), "empty"),
    ],
)
def test_sheets_that_would_lose_something_stop_the_import(
    change: Callable[[Worksheet], object], code: str
) -> None:
    with pytest.raises(IntakeError) as caught:
        notice_from_sheet(sheet(change))
    assert caught.value.fault.code == code


def test_a_word_merged_downwards_stands_in_every_row_and_a_sum_stops() -> None:
    rows = [["姓名", "组别", "金额(元)"], ["甲某", "3组", 5], ["乙某", None, 7]]
    draft = notice_from_sheet(sheet(lambda page: page.merge_cells("B2:B3"), *rows))
    assert draft.data["table"]["rows"] == [["甲某", "3组", 5], ["乙某", "3组", 7]]
    with pytest.raises(IntakeError, match="合并"):
        notice_from_sheet(sheet(lambda page: page.merge_cells("C2:C3"), *rows[:2], ["乙", "3组"]))


def test_a_long_number_that_excel_kept_as_a_number_is_told() -> None:
    draft = notice_from_sheet(sheet(None, ["姓名", "证件号码"], ["甲某", 530199195607153024]))
    assert "digits_lost" in {fault.code for fault in draft.faults}
    assert [v.label for v in examine(draft.data).restricted_columns] == ["证件号码"]


def test_titles_remarks_sums_and_the_line_of_makers_are_told_apart() -> None:
    rows = [
        ["青石村二季度补贴公示"], ["单位:元"], ["序号", "户名", "金额(元)", "日期"],
        [1, "王建国", 5.5, date(2024, 7, 3)], [2, "李秀英", 6, date(2024, 7, 4)],
        ["合计", "", 11.5, ""], ["制表人:武云龙"],
    ]  # fmt: skip
    draft = notice_from_sheet(sheet(None, *rows))
    assert (draft.title, draft.data["body"]) == ("青石村二季度补贴公示", "单位:元\n制表人:武云龙")
    assert draft.data["table"]["rows"][0] == [1, "王建国", 5.5, "2024-07-03"]
    assert draft.data["table"]["total"] == {"c3": 11.5}
    assert [c["type"] for c in draft.data["table"]["columns"]] == ["int", "name", "money", "date"]


def test_comments_are_left_out_and_said() -> None:
    def comment(page: Worksheet) -> None:
        page["A2"].comment = Comment("身份证530199195607153024", "clerk")

    draft = notice_from_sheet(sheet(comment))
    assert [fault.code for fault in draft.faults] == ["comments"]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"hello", zipfile.__file__.encode()])
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(IntakeError):
        notice_from_sheet(data)


@pytest.mark.parametrize(
    "cell", ["=cmd|'/c calc'!A1", "@SUM(1+1)", "+1+1", "-2+3", "\t=1+1", "\r=1", "＝1+1", " =1"]
)
def test_no_cell_becomes_a_formula_in_the_archive(cell: str) -> None:
    assert str(quote_formula(cell)).startswith("'")
    book = load_workbook(io.BytesIO(workbook_bytes("表", ["姓名", "备注"], [["甲", cell]])))
    written = book.worksheets[0]["B3"]
    assert written.data_type == "s"
    assert str(written.value).startswith("'")
    assert f"'{cell[0]}".encode() in csv_bytes(["备注"], [[cell]])


@pytest.mark.parametrize("cell", ["-5", "-12.50", "+3", "—", "-", "王建国", 5, None])
def test_numbers_and_words_are_exported_as_they_are(cell: str | int | None) -> None:
    assert quote_formula(cell) == cell


def test_a_quoted_cell_comes_back_without_the_quote() -> None:
    data = workbook_bytes("表", ["姓名", "备注"], [["甲某", "=1+1"]])
    assert notice_from_sheet(data).data["table"]["rows"] == [["甲某", "=1+1"]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_table_is_read_like_a_sheet(encoding: str) -> None:
    text = "姓名,身份证号,金额(元)\r\n王建国,530199195607153024,500\r\n李秀英,,600\r\n"
    draft = notice_from_csv(text.encode(encoding), "补贴.csv")
    assert draft.title == "补贴"
    assert [v.label for v in examine(draft.data).restricted_columns] == ["身份证号"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"columns": ["姓名", "姓名", "金额"], "rows": [["甲"]]}, "row 1 has 1 cell, header has 3"),
        ({"columns": ["姓名", "姓名"], "rows": []}, "stands 2 times"),
        ({"columns": ["姓名"], "rows": [[{}]]}, "nested"),
        ({"columns": [], "rows": []}, "no header"),
        ({"columns": ["a"] * 61, "rows": []}, "61 columns"),
        ({"columns": ["姓名"], "rows": [["甲"]] * 5001}, "5001 rows"),
        ({"columns": ["姓名"], "rows": [["水" * 3000]]}, "too long"),
        ({"columns": ["姓名"], "rows": [["甲\u202e乙"]]}, "direction"),
        ({"columns": ["姓名"], "rows": "甲"}, "missing"),
        ({"columns": [{"label": "金额", "type": "money"}], "rows": [["五百多"]]}, "two places"),
        (
            {"columns": [{"key": "a", "label": "元", "type": "money"}], "rows": [[1], [2]],
             "total": {"a": 4}},
            "add up to 3.00",
        ),
    ],
)  # fmt: skip
def test_a_table_that_is_none_says_where_it_breaks(table: dict[str, object], message: str) -> None:
    assert any(message in fault.en for fault in check_table(table))
