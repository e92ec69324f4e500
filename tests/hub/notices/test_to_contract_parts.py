"""The small parts between the desk and the contract: initials, keys, groups, headings."""

from __future__ import annotations

import pytest

from contract.errors import ContractError
from hub.notices.audience import parse_groups
from hub.notices.column_keys import column_keys
from hub.notices.initials import initials, name_initials
from hub.notices.reading import read_text


@pytest.mark.parametrize(
    ("name", "first"),
    [("任少华", "rsh"), ("单桂兰", "sgl"), ("解建国", "xjg"), ("仇翠花", "qch"), ("查志强", "zzq"),
     ("区永贵", "oyg"), ("曾文斌", "zwb"), ("崔彩霞", "ccx"), ("尉迟恭", "ycg"), ("欧阳锋", "oyf"),
     ("阚清", "kq"), ("繁一凡", "pyf"), ("佴小红", "nxh"), ("藏大海", "zdh")],
)  # fmt: skip
def test_a_surname_is_found_as_it_is_read(name: str, first: str) -> None:
    assert name_initials(name)[0] == first


@pytest.mark.parametrize(
    ("text", "first"),
    [("朝阳村低保", "cycdb"), ("长治县", "czx"), ("单县浚县", "sxxx"), ("重庆六安", "cqla"),
     ("涡阳会计", "gykj"), ("太行路", "thl")],
)  # fmt: skip
def test_a_place_is_found_as_it_is_read(text: str, first: str) -> None:
    assert initials(text) == first


def test_a_name_with_two_readings_is_found_by_both() -> None:
    assert name_initials("单桂兰") == ("sgl", "dgl")
    assert name_initials("覃少华")[0] == "qsh"


def test_a_name_with_dots_is_found_by_its_characters() -> None:
    assert name_initials("阿依古丽·买买提") == ("ayglmmt",)


def test_titles_keep_latin_letters_and_digits() -> None:
    assert initials("2024年低保A类") == "2024ndbal"


def test_the_same_label_has_the_same_key_everywhere() -> None:
    assert column_keys(["户主姓名", "月保障金额(元)", "金额", "金额", "％"]) == [
        "hu_zhu_xing_ming", "yue_bao_zhang_jin_e", "jin_e", "jin_e_2", "column",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("", ()),
        ("3,4-6", (3, 4, 5, 6)),
        ("第3组、第5组", (3, 5)),
        ("3,4", (3, 4)),
        ("2至4", (2, 3, 4)),
    ],
)
def test_groups_are_read_as_clerks_write_them(text: str, groups: tuple[int, ...]) -> None:
    assert parse_groups(text, 9) == groups


@pytest.mark.parametrize("text", ["三", "0", "10", "3-", "+", "3/#"])
def test_a_group_that_the_village_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(ContractError):
        parse_groups(text, 9)


def test_chapters_and_numbered_heads_become_headings() -> None:
    blocks = read_text(
        "第一章 总则\n第一条 本约是全体村民共同的约定。\n一、目标任务\n(一)加强领导\n正文。"
    )
    assert [(block["type"], block["value"]) for block in blocks] == [
        ("heading", {"text": "第一章 总则", "level": "1"}),
        ("paragraph", "第一条 本约是全体村民共同的约定。"),
        ("heading", {"text": "一、目标任务", "level": "1"}),
        ("heading", {"text": "(一)加强领导", "level": "2"}),
        ("paragraph", "正文。"),
    ]


def test_a_line_of_ten_thousand_characters_is_cut_behind_full_stops() -> None:
    blocks = read_text("村务公开要让群众看得懂。" * 900)
    assert len(blocks) == 3
    assert all(block["value"].endswith("。") for block in blocks)
    assert "".join(block["value"] for block in blocks) == "村务公开要让群众看得懂。" * 900
