from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from contract.privacy import leaks
from hub.privacy import Decision, Override, OverrideRefusedError, apply, examine
from hub.privacy.cleaning import safe_file_name

DATA = Path(__file__).parents[2] / "data"
NOTICES = json.loads((DATA / "notices.json").read_text("utf-8"))["notices"]
BY_ID = {notice["id"]: notice for notice in NOTICES}


def table(columns: list[str], *rows: list[Any], **fields: str) -> dict[str, Any]:
    return {"title": "公示", "table": {"columns": columns, "rows": list(rows)}, **fields}


def without_types(notice: dict[str, Any], *, labels: bool) -> dict[str, Any]:
    bare = copy.deepcopy(notice)
    for column in bare["table"]["columns"]:
        column.pop("restricted", None)
        column.pop("type")
        if not labels:
            column["label"] = ""
    return bare


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice["id"])
def test_every_example_notice_gets_the_decision_and_the_columns_it_expects(
    notice: dict[str, Any],
) -> None:
    gate = examine(notice)
    assert gate.decision == notice["expect"]["decision"]
    assert gate.to_dict()["restricted_columns"] == notice["expect"]["restricted_columns"]


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice["id"])
def test_a_cleaned_notice_scans_clean_and_keeps_every_public_cell(notice: dict[str, Any]) -> None:
    cleaned = apply(examine(notice), notice)
    assert examine(cleaned).is_clean
    if "table" in notice:
        dropped = {column["label"] for column in notice["expect"]["restricted_columns"]}
        kept = [n for n, c in enumerate(notice["table"]["columns"]) if c["label"] not in dropped]
        wanted = [[row[n] for n in kept] for row in notice["table"]["rows"]]
        assert cleaned["table"]["rows"] == wanted


@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice["id"])
def test_no_secret_cell_is_left_anywhere_in_the_cleaned_notice(notice: dict[str, Any]) -> None:
    cleaned = json.dumps(apply(examine(notice), notice), ensure_ascii=False)
    for place, column in enumerate(notice.get("table", {}).get("columns", [])):
        if column["type"] in {"id", "bank", "mobile", "addr"}:
            assert not any(str(row[place]) in cleaned for row in notice["table"]["rows"])


@pytest.mark.parametrize("notice", [n for n in NOTICES if "table" in n], ids=lambda n: n["id"])
def test_headings_alone_tell_without_types_and_marks(notice: dict[str, Any]) -> None:
    gate = examine(without_types(notice, labels=True))
    wanted = [column["where"] for column in notice["expect"]["restricted_columns"]]
    assert [verdict.where for verdict in gate.restricted_columns] == wanted


@pytest.mark.parametrize("notice", [n for n in NOTICES if "table" in n], ids=lambda n: n["id"])
def test_columns_without_headings_are_judged_by_their_cells(notice: dict[str, Any]) -> None:
    bare = without_types(notice, labels=False)
    gate = examine(bare)
    numbers = [
        column["where"]
        for column in notice["expect"]["restricted_columns"]
        if column["type"] in {"id", "bank", "mobile", "addr"}
    ]
    assert [verdict.where for verdict in gate.restricted_columns] == numbers
    assert examine(apply(gate, bare)).is_clean


@pytest.mark.parametrize(
    ("notice", "dropped"),
    [
        (table(["姓名", "身份证"], ["王建国", "530199195607153024"]), ["身份证"]),
        (table(["户主", "公民身份号码"], ["王建国", 530199195607153024]), ["公民身份号码"]),
        (table(["户主", "一卡通账号"], ["王建国", "20240600112233"]), ["一卡通账号"]),
        (table(["户主", "手机"], ["王建国", "154 1234 5678"]), ["手机"]),
        (table(["户主", "联系方式"], ["王建国", 15412345678]), ["联系方式"]),
        (table(["户主", "现住址"], ["王建国", "青石村"]), ["现住址"]),
        (table(["户主", "身体状况"], ["王建国", "一般"]), ["身体状况"]),
        (table(["姓名", "出生年月"], ["王建国", "1956-07"]), ["出生年月"]),
        (table(["姓名", "年龄"], ["王建国", 68], ["李秀英", 71]), ["年龄"]),
        (table(["姓名", "家庭年收入"], ["王建国", 12000]), ["家庭年收入"]),
        (table(["事项", "信访人"], ["修路", "邹云龙"]), ["信访人"]),
        (table(["姓名", "备注"], ["王建国", "1956-07-15"], ["李秀英", "1960-01-02"]), ["备注"]),
        (table(["姓名", "经度"], ["王建国", "102.7123456"]), ["经度"]),
        (table(["姓 名", "身 份 证 号"], ["王建国", "530199195607153024"]), ["身 份 证 号"]),
    ],
)
def test_telling_columns_are_dropped(notice: dict[str, Any], dropped: list[str]) -> None:
    gate = examine(notice)
    assert gate.decision is Decision.PUBLISH_MASKED
    assert [verdict.label for verdict in gate.restricted_columns] == dropped
    assert all(dropped[0] in sentence for sentence in gate.sentences())


@pytest.mark.parametrize(
    "notice",
    [
        table(["岗位", "人数", "月补贴(元)"], ["保洁员", 2, 1200]),
        table(["学校", "招生范围", "咨询电话"], ["青石小学", "一至六组", "0872-0000511"]),
        table(["姓名", "组别", "残疾人补贴(元)"], ["王建国", "3组", 120]),
        table(["户主", "减免原因类别"], ["王建国", "五保"]),
        table(["姓名", "职务", "办公电话"], ["王建国", "主任", "0872-0000231"]),
        table(["凭证号", "金额(元)"], ["支06-003", "15412345678"]),
        table(["合同编号", "承包方"], ["202405200001234567", "王建国"]),
        table(["项目", "收入项目", "本期收入(元)"], ["光伏", "电费", 12000]),
        table(["服务项目", "人数"], ["高血压随访", 120], ["糖尿病随访", 30]),
        table(["救助类别", "人数", "金额(元)"], ["重病", 4, 8000]),
        table(["是否携带身份证", "窗口"], ["是", "1号"]),
    ],
)
def test_public_tables_pass_whole(notice: dict[str, Any]) -> None:
    gate = examine(notice)
    assert (gate.decision, gate.sentences()) == (Decision.PUBLISH, [])
    assert apply(gate, notice) == notice


@pytest.mark.parametrize(
    ("notice", "rule"),
    [
        (table(["户主姓名", "备注"], ["毛宝山", "白血病,长期透析"]), "health"),
        (table(["姓名", "说明"], ["毛宝山", "因残"], ["王建国", ""]), "health"),
        (table(["姓名", ""], ["毛宝山", "听力二级"]), "health"),
        (table(["姓名", "组别"], ["李秀英", "3组"], title="“两癌”筛查名单"), "health"),
        (table(["姓名", "学校", "金额(元)"], ["王小明", "青石小学", 500]), "minors"),
        (table(["姓名", "班级"], ["王小明", "三年级二班"]), "minors"),
        (table(["姓名", "监护人", "金额(元)"], ["王小明", "王建国", 500]), "minors"),
        (table(["姓名", "年龄"], ["王小明", 9], ["李小红", "11岁"]), "minors"),
        (table(["姓名", "金额(元)"], ["王小明", 500], title="困境儿童生活补贴发放表"), "minors"),
        (table(["姓名", "金额(元)"], ["王小明", 500], item="ZW06"), "minors"),
        (table(["姓名", "备注"], ["王小明", "孤儿"]), "minors"),
        (
            table(["姓名", "出生日期"], ["王小明", "2015-03-02"], publish_at="2024-07-01"),
            "minors",
        ),
        ({"title": "助学", "body": "发放:王小明(青石小学三年级)500元。"}, "minors"),
    ],
)
def test_what_must_never_be_a_public_list_blocks_the_notice(
    notice: dict[str, Any], rule: str
) -> None:
    gate = examine(notice)
    assert gate.decision is Decision.BLOCK
    assert [hit.rule for hit in gate.rules] == [rule]
    cleaned = apply(gate, notice)
    assert examine(cleaned).decision is not Decision.BLOCK
    assert "王小明" not in json.dumps(cleaned, ensure_ascii=False)


def test_a_number_split_over_two_cells_is_shown_to_a_person_and_dropped() -> None:
    notice = table(["姓名", "甲", "乙"], ["李秀英", "530199195", "607153024"])
    gate = examine(notice)
    assert gate.needs_confirm
    assert [verdict.label for verdict in gate.restricted_columns] == ["甲", "乙"]
    mobiles = table(["姓名", "甲", "乙"], ["李", "154", "12345678"], ["王", "154", "87654321"])
    assert examine(mobiles).needs_confirm


@pytest.mark.parametrize(
    "parts", [("530199", "19560715", "3024"), ("530199", "1956", "0715", "3024")]
)
def test_a_number_split_over_more_cells_is_dropped_with_all_its_parts(
    parts: tuple[str, ...],
) -> None:
    heads = list("甲乙丙丁"[: len(parts)])
    gate = examine(table(["姓名", *heads], ["李秀英", *parts], ["王建国", *["无"] * len(parts)]))
    assert gate.needs_confirm
    assert [verdict.label for verdict in gate.restricted_columns] == heads
    typed = table(["区划", "日期", "编号"], ["530199", "20240711", "1234"])
    assert examine(typed).is_clean


def test_a_single_hit_in_a_public_column_is_masked_in_its_cell_only() -> None:
    notice = table(["事项", "备注"], ["修路", "找王建国15412345678"], ["架桥", "无"])
    gate = examine(notice)
    assert gate.restricted_columns == ()
    assert apply(gate, notice)["table"]["rows"] == [["修路", "找王建国154****5678"], ["架桥", "无"]]


def test_the_informants_name_is_taken_out_of_every_text() -> None:
    notice = copy.deepcopy(BY_ID["N046"])
    notice["body"] = "邹云龙反映支06-003金额不符。"
    cleaned = apply(examine(notice), notice)
    assert "邹云龙" not in json.dumps(cleaned, ensure_ascii=False)
    assert examine({"body": "举报人邹云龙反映金额不符。"}).needs_confirm
    assert examine({"body": "举报人信息保密,举报人的姓名不公开。"}).is_clean


@pytest.mark.parametrize(
    ("body", "clean"),
    [
        ("村民王建国患白血病,请大家帮助。", False),
        ("王建国(尿毒症)已领补助。", False),
        ("村民王建国（68岁）摔伤。", False),
        ("老年人(60岁以上)免费,高龄津贴(80岁)每月50元。", True),
        ("高血压患者免费体检,糖尿病、白血病可报销。", True),
        ("35—64岁妇女“两癌”免费筛查。", True),
    ],
)
def test_an_illness_beside_a_name_is_seen_and_a_health_topic_is_not(
    body: str, *, clean: bool
) -> None:
    assert examine({"body": body}).is_clean is clean


def test_the_forged_work_number_stays_after_a_named_persons_no_with_a_reason() -> None:
    notice = BY_ID["N030"]
    (finding,) = examine(notice).findings
    said = Override(
        "body", "诈骗分子伪造的工作证号,不是任何人的号码", "覃少华", finding.fingerprint
    )
    gate = examine(notice, overrides=[said])
    assert gate.decision is Decision.PUBLISH
    assert gate.overrides == (said,)
    assert "2024061812345678901" in apply(gate, notice)["body"]
    assert gate.cleared == {finding.fingerprint}


def test_an_override_needs_a_reason_and_a_name() -> None:
    with pytest.raises(OverrideRefusedError):
        Override("body", " ", "覃少华")
    with pytest.raises(OverrideRefusedError):
        Override("body", "不是个人号码", "")


def test_a_column_can_be_cleared_but_never_one_of_illness_or_a_restricted_one() -> None:
    notice = table(["单位", "账号"], ["村集体", "20240600112233"])
    said = Override("table.columns[1]", "村集体对公账户", "覃少华")
    assert apply(examine(notice, overrides=[said]), notice) == notice
    for place in (7, 11):
        with pytest.raises(OverrideRefusedError):
            examine(BY_ID["N001"], overrides=[Override(f"table.columns[{place}]", "公开", "甲")])


def test_an_emergency_is_masked_but_never_held_up() -> None:
    notice = copy.deepcopy(BY_ID["N004"])
    notice["body"] += "联系王建国15412345678。"
    gate = examine(notice)
    assert gate.decision is Decision.EMERGENCY
    assert "154****5678" in apply(gate, notice)["body"]


def test_a_list_of_children_becomes_totals_that_hide_small_counts() -> None:
    rows = [[f"王小{n}", "1组" if n < 5 else "2组", 500] for n in range(6)]
    notice = table(["姓名", "组别", "金额(元)"], *rows, title="学生资助名单")
    totals = apply(examine(notice), notice)["table"]["rows"]
    assert totals == [["1组", "—", "—"], ["2组", "不足3人", "—"], ["全村", "6", "3000"]]


def test_a_person_list_without_an_end_and_with_names_in_the_speech_raises_questions() -> None:
    notice = table(["姓名", "金额(元)"], ["王建国", 5], valid_until="", speech="王建国领取五元。")
    assert len(examine(notice).questions) == 2


def test_findings_never_repeat_what_they_found() -> None:
    report = json.dumps(examine(BY_ID["N001"]).to_dict(), ensure_ascii=False)
    assert leaks([report]) == []


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("低保申请_530199195607153024_王建国.pdf", "低保申请_王建国.pdf"),
        ("15412345678.jpg", "附件.jpg"),
        ("王建国 6299990000007987435.xlsx", "王建国.xlsx"),
        ("清政发〔2024〕12号.docx", "清政发〔2024〕12号.docx"),
        ("2024-06-29 会议纪要.pdf", "2024-06-29 会议纪要.pdf"),
    ],
)
def test_file_names_lose_the_number_and_keep_the_rest(name: str, safe: str) -> None:
    assert safe_file_name(name) == safe


def columns(*entries: tuple[str, str, bool]) -> list[dict[str, Any]]:
    return [{"label": label, "type": kind, "restricted": hide} for label, kind, hide in entries]


def test_children_of_the_listed_are_dropped_and_the_list_of_adults_stays() -> None:
    heads = columns(("姓名", "name", False), ("奖扶金额(元)", "money", False))
    heads += columns(("子女情况", "minor", True), ("手术史", "health", True))
    notice = {"item": "ZW16", "table": {"columns": heads, "rows": [["王建国", 960, "一女", "有"]]}}
    gate = examine(notice)
    assert gate.decision is Decision.PUBLISH_MASKED
    assert [verdict.label for verdict in gate.restricted_columns] == ["子女情况", "手术史"]


def test_a_list_of_children_is_blocked_even_where_its_names_are_marked_restricted() -> None:
    heads = columns(("类别", "enum", False), ("姓名", "minor", True), ("金额(元)", "money", False))
    notice = {"item": "ZW06", "table": {"columns": heads, "rows": [["孤儿", "王小明", 1000]]}}
    gate = examine(notice)
    assert gate.decision is Decision.BLOCK
    assert examine(apply(gate, notice)).decision is Decision.PUBLISH


def test_examples_are_masked_by_type_even_where_no_pattern_knows_the_number() -> None:
    heads = columns(("户名", "name", False), ("户号", "id", True), ("账号", "bank", True))
    notice = {"table": {"columns": heads, "rows": [["王建国", "0530123456789", "88-12345"]]}}
    masked = [verdict.example_masked for verdict in examine(notice).restricted_columns]
    assert masked == ["053012*****89", "***2345"]


def test_a_public_class_of_help_is_no_illness_but_a_disease_in_it_is() -> None:
    heads = columns(("姓名", "name", False), ("救助类别", "enum", False))
    for word, decision in (("重病支出型", Decision.PUBLISH), ("白血病", Decision.BLOCK)):
        notice = {"item": "ZW03", "table": {"columns": heads, "rows": [["王建国", word]]}}
        assert examine(notice).decision is decision


def test_small_counts_of_children_are_hidden_with_their_sums_and_the_total() -> None:
    rows = [["孤儿", 1, 1200], ["留守儿童", 14, 0], ["合计", 15, 1200]]
    notice = table(["类别", "人数", "金额(元)"], *rows, item="ZW06")
    gate = examine(notice)
    assert gate.decision is Decision.PUBLISH_MASKED
    cleaned = apply(gate, notice)
    assert cleaned["table"]["rows"] == [
        ["孤儿", "不足3人", "—"],
        ["留守儿童", 14, 0],
        ["合计", "—", "—"],
    ]
    assert examine(cleaned).is_clean


def test_a_form_of_two_columns_is_judged_by_its_rows() -> None:
    rows = [
        ["姓名", "王建国"],
        ["身份证号", "530199195607153024"],
        ["病种", "尿毒症"],
        ["金额", "5"],
    ]
    notice = table(["项目", "内容"], *rows)
    cleaned = apply(examine(notice), notice)
    assert [row[1] for row in cleaned["table"]["rows"]] == ["王建国", "不公开", "不公开", "5"]
    assert examine(cleaned).is_clean


def test_a_number_behind_a_name_is_masked_and_the_name_stays() -> None:
    rows = [["王建国530199195607153024", 5], ["李秀英(15412345678)", 6]]
    notice = table(["姓名", "金额(元)"], *rows)
    cleaned = apply(examine(notice), notice)
    assert [row[0] for row in cleaned["table"]["rows"]] == [
        "王建国530199**********24",
        "李秀英(154****5678)",
    ]


@pytest.mark.parametrize("heading", ["身份证后四位", "身份证号码尾号", "证件号后6位"])
def test_the_last_places_of_a_resident_number_are_dropped_too(heading: str) -> None:
    notice = table(["姓名", heading], ["王建国", "3024"])
    assert [verdict.label for verdict in examine(notice).restricted_columns] == [heading]


def test_first_six_and_last_four_are_masked_further() -> None:
    gate = examine({"body": "王建国(530199********3024)"})
    assert gate.needs_confirm
    assert apply(gate, {"body": "王建国(530199********3024)"})["body"] == (
        "王建国(530199**********24)"
    )


@pytest.mark.parametrize("body", ["机密★1年", "秘密 ★", "内部资料,注意保密", "仅供内部使用"])
def test_a_secrecy_mark_stops_the_notice(body: str) -> None:
    assert [hit.rule for hit in examine({"body": body}).rules] == ["secrecy"]


def test_plain_words_about_secrecy_pass() -> None:
    assert examine(
        {"body": "建立村务信息保密审查制度,严防泄密失密,对举报人信息严格保密。"}
    ).is_clean


def test_a_found_child_needs_the_polices_word() -> None:
    gate = examine({"title": "寻亲公告", "body": "7月3日在集市捡拾一名女童。"})
    assert gate.decision is Decision.PUBLISH
    assert any("公安" in question for question in gate.questions)
