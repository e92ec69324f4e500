from __future__ import annotations

from dataclasses import replace

import pytest
from kiosk_village import flood_alert, sample_notices

from contract.notice import Cap, Column, Heading, Notice, Paragraph, Sender, Table
from edge_agent.kiosk.alarm import alarm_of
from edge_agent.kiosk.chapters import LONG_CHARS, chapters_of
from edge_agent.kiosk.columns import BOARDS, ICONS, OTHER, board_by_key, place
from edge_agent.kiosk.tables import (
    ROWS_A_PAGE,
    labels_and_values,
    row_gist,
    row_title,
    view,
)
from edge_agent.kiosk.voice import PIECE_CHARS, pieces_of_chapter, pieces_of_row

SAMPLES = sample_notices()
TABLE = SAMPLES["N001"].tables[0]


def _notice(*blocks: object) -> Notice:
    return replace(SAMPLES["N003"], blocks=blocks)  # type: ignore[arg-type] # blocks of a test


def _texts(notice: Notice) -> str:
    parts = [b.text for c in chapters_of(notice) for b, _ in c.blocks if hasattr(b, "text")]
    return "".join(parts)


def test_the_catalogue_has_five_seven_and_three_columns() -> None:
    assert [len(board.columns) for board in BOARDS] == [5, 7, 3]
    assert all(column in ICONS for board in BOARDS for column in board.columns)


def test_a_column_nobody_knows_is_still_reachable() -> None:
    assert place("村务公开/社会保障") == ("村务公开", "社会保障")
    assert place("财务公开/社会保障") == ("村务公开", OTHER)
    assert place("") == ("村务公开", OTHER)
    assert board_by_key("nonsense") is None


def test_a_short_notice_is_one_chapter_whatever_its_headings() -> None:
    notice = _notice(Heading("一"), Paragraph("甲"), Heading("二"), Paragraph("乙"))
    assert [c.title for c in chapters_of(notice)] == [notice.title]


def test_a_long_notice_is_cut_at_its_top_headings() -> None:
    body = Paragraph("字" * 700)
    notice = _notice(
        Paragraph("前言"), Heading("总则"), body, Heading("细则", 2), Heading("附则"), body
    )
    assert [c.title for c in chapters_of(notice)] == [notice.title, "总则", "附则"]


def test_a_long_text_without_headings_is_cut_by_length_and_loses_nothing() -> None:
    lines = [f"第{n}条" + "字" * 100 for n in range(60)]
    notice = _notice(Paragraph("\n".join(lines)))
    chapters = chapters_of(notice)
    assert len(chapters) > 1
    assert all(
        len(_texts(_notice(*[b for b, _ in c.blocks]))) <= LONG_CHARS + 110 for c in chapters
    )
    assert _texts(notice) == "".join(lines)


def test_tables_keep_their_number_across_chapters() -> None:
    long = Paragraph("字" * 900)
    notice = _notice(Heading("一"), long, TABLE, Heading("二"), long, TABLE)
    numbers = [n for c in chapters_of(notice) for _, n in c.blocks if n >= 0]
    assert numbers == [0, 1]


def test_a_notice_of_only_a_summary_still_has_a_page() -> None:
    assert len(chapters_of(_notice())) == 1


def test_a_table_is_sorted_by_value_not_by_spelling() -> None:
    table = Table((Column("m", "元", "money"),), (("960",), ("1,240",), ("",), ("88.5",)))
    down = view(table, 0, sort=0, down=True)
    up = view(table, 0, sort=0)
    assert [cells[0] for _, cells in up.rows] == ["88.5", "960", "1,240", ""]
    assert [n for n, _ in up.rows] == [3, 0, 1, 2]
    assert [cells[0] for _, cells in down.rows][1:] == ["1,240", "960", "88.5"]


def test_a_long_table_has_pages_and_its_sum_on_the_last() -> None:
    rows = tuple((str(n),) for n in range(ROWS_A_PAGE * 2 + 1))
    table = Table((Column("n", "号", "int"),), rows, ("合计",))
    assert view(table, 0).pages == 3
    assert view(table, 0).total == ()
    assert view(table, 0, page=99).page == 3
    assert view(table, 0, page=3).total == ("合计",)


@pytest.mark.parametrize("sort", [-1, 99])
def test_a_column_that_is_not_there_leaves_the_order_alone(sort: int) -> None:
    assert [n for n, _ in view(TABLE, 0, sort=sort).rows] == list(range(30))


def test_a_narrow_table_stays_a_table_and_a_wide_one_becomes_cards() -> None:
    assert not view(TABLE, 0).is_wide("1")
    assert view(TABLE, 0).is_wide("3"), "in the largest type"
    wide = Table(tuple(Column(str(n), "金额合计(元)", "text") for n in range(9)),
                 (("一二三四五六",) * 9,))  # fmt: skip
    assert view(wide, 0).is_wide("1")


def test_a_row_is_titled_by_its_name_and_shows_no_empty_cells() -> None:
    assert row_title(TABLE, 0) == TABLE.rows[0][1]
    table = Table((Column("a", "备注"), Column("n", "姓名", "name")), (("", "王伟"), ("x", "")))
    assert labels_and_values(table, 0) == (("姓名", "王伟", True),)
    assert row_title(table, 1) == "x"
    assert "王伟" not in row_gist(table, 0)


def test_reading_aloud_says_every_word_in_short_pieces() -> None:
    notice = SAMPLES["N011"]
    for number, chapter in enumerate(chapters_of(notice)):
        pieces = pieces_of_chapter(notice, chapter, first=number == 0)
        spoken = "".join(pieces)
        for block, _ in chapter.blocks:
            assert block.text.replace("\n", "") in spoken  # type: ignore[union-attr] # only texts
        assert max(map(len, pieces)) <= PIECE_CHARS + 200


def test_reading_a_table_names_nobody() -> None:
    notice = SAMPLES["N001"]
    spoken = "".join(pieces_of_chapter(notice, chapters_of(notice)[0], first=True))
    assert "共30行" in spoken
    assert not any(row[1] in spoken for row in TABLE.rows)


def test_reading_a_row_says_label_and_value() -> None:
    spoken = "".join(pieces_of_row(SAMPLES["N001"], 0, 2))
    for label, value, _ in labels_and_values(TABLE, 2):
        assert f"{label}，{value}" in spoken


def test_an_alarm_lifts_route_and_shelter_out_of_the_text() -> None:
    alarm = alarm_of(flood_alert())
    assert alarm.word == "紧急"
    assert alarm.route == ("三组", "机耕路", "村小学操场")
    assert alarm.shelter == "村小学操场、村委会二楼"
    assert alarm.groups == "3组、4组、6组"


@pytest.mark.parametrize(
    ("text", "route", "shelter"),
    [
        (
            "撤离路线：五组->大桥->镇中学。安置点：镇中学体育馆。",
            ("五组", "大桥", "镇中学"),
            "镇中学体育馆",
        ),
        ("疏散线路 村口 → 国道;避难场所 国道服务区", ("村口", "国道"), "国道服务区"),
        ("请立即关好门窗，不要外出。", (), ""),
        ("转移路线", (), ""),
    ],
)
def test_other_words_for_route_and_shelter(text: str, route: tuple[str, ...], shelter: str) -> None:
    notice = replace(flood_alert().notice, blocks=(Paragraph(text),))
    alarm = alarm_of(flood_alert(notice))
    assert (alarm.route, alarm.shelter, alarm.text) == (route, shelter, text)


def test_an_exercise_is_never_called_an_emergency() -> None:
    notice = replace(flood_alert().notice, cap=Cap("Exercise"), sender=Sender("镇政府"))
    alarm = alarm_of(flood_alert(notice))
    assert (alarm.word, alarm.exercise) == ("演练", True)
