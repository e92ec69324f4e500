"""What the loudspeaker says of a notice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from contract.notice import Cap, Column, Notice, Sender, Speech, Table
from edge_agent.audio.script import announcement

LIST = Table(
    (
        Column("seq", "序号", "int"),
        Column("name", "户主姓名", "name"),
        Column("amount", "金额(元)", "money"),
    ),
    (("1", "崔彩霞", "960"), ("2", "蔡海燕", "1240")),
    ("", "合计", "2200"),
)
ACCOUNTS = Table(
    (
        Column("seq", "序号", "int"),
        Column("what", "科目"),
        Column("end", "期末(万元)", "money"),
        Column("count", "笔数", "int"),
    ),
    (("1", "债权", "2.84", "3"), ("2", "债务", "6.50", "4")),
    ("", "合计", "9.34", "7"),
)


def notice(**fields: object) -> Notice:
    values: dict[str, Any] = {
        "id": "N1",
        "revision": 1,
        "areas": ("530199001001",),
        "title": "停水通知",
        "summary": "7月6日8:00—18:00停水，请提前储水。",
        "sender": Sender("青石村村委会"),
        "publish_at": datetime(2024, 7, 5, tzinfo=UTC),
        "issued_at": datetime(2024, 7, 5, tzinfo=UTC),
    }
    return Notice(**{**values, **fields})


def test_the_clerk_s_own_words_are_spoken_as_they_are() -> None:
    spoken = announcement(notice(speech=Speech("停水啦，8点开始。")))
    assert spoken.words == "停水啦，八点开始。"


def test_without_own_words_title_summary_and_where_to_read_more_are_spoken() -> None:
    spoken = announcement(notice(channels=("led", "kiosk", "poster")))
    assert spoken.words == (
        "停水通知。七月六日八点到十八点停水，请提前储水。详情请看村务公开栏、电子屏或者查询机。"
    )


def test_villagers_hear_whom_to_tell() -> None:
    sender = Sender("青石村村委会", phone="0872-0000388", complaints="村务监督委员会")
    assert announcement(notice(sender=sender)).words.endswith("有意见请向村务监督委员会反映。")
    sender = Sender("青石村村委会", phone="0872-0000388")
    assert announcement(notice(sender=sender)).words.endswith("咨询电话零八七二零零零零三八八。")


def test_of_a_personal_list_no_name_and_no_amount_is_heard() -> None:
    spoken = announcement(
        notice(
            title="农村低保对象公示",
            summary="全村低保2户，崔彩霞每月960元，公示期7个工作日。",
            blocks=(LIST,),
        )
    )
    assert "崔彩霞" not in spoken.words
    assert "九百六十" not in spoken.words
    assert "两千二百" not in spoken.words
    assert spoken.words.startswith("农村低保对象公示。全村低保两户，公示期七个工作日。详情请看")
    assert [item.text for item in spoken.unspoken] == ["崔彩霞每月960元，"]
    assert spoken.unspoken[0].reason == "personal"


def test_a_table_is_summarised_by_its_closing_line_and_never_read_out() -> None:
    spoken = announcement(notice(title="债权债务公布表", summary="已经公布", blocks=(ACCOUNTS,)))
    assert "表中共两项，期末合计九点三四万元，笔数合计七。" in spoken.words
    assert "二点八四" not in spoken.words


def test_resident_and_bank_card_numbers_are_never_spoken_even_in_own_words() -> None:
    text = "王建国，身份证530199195607153024，卡6228480402564890018，电话0872-0000388。"
    spoken = announcement(notice(speech=Speech(text)))
    assert spoken.words == "王建国，身份证，卡，电话零八七二零零零零三八八。"
    assert [item.reason for item in spoken.unspoken] == ["personal", "personal"]


def test_a_resident_number_spelled_out_in_chinese_is_not_spoken_either() -> None:
    text = "身份证号为五三零一九九一九五六零七一五三零二二，请核对。"
    spoken = announcement(notice(speech=Speech(text)))
    assert "五三零" not in spoken.words
    assert spoken.unspoken[0].reason == "personal"


def test_an_exercise_says_so_first_and_last() -> None:
    spoken = announcement(notice(cap=Cap(status="Exercise"), speech=Speech("请立即转移！")))
    assert spoken.words == "演练，演练，这是一次演练。请立即转移！以上是演练，请不要惊慌。"


def test_an_emergency_calls_twice_and_points_to_no_board() -> None:
    spoken = announcement(notice(title="山洪红色预警", summary="立即转移！", priority="emergency"))
    assert spoken.words == "紧急通知！紧急通知！山洪红色预警。立即转移！"
    over = announcement(
        notice(title="山洪红色预警解除", priority="emergency", cap=Cap(msg_type="Cancel"))
    )
    assert over.words.startswith("解除通知！解除通知！")


def test_a_hundred_thousand_characters_of_speech_are_bounded() -> None:
    spoken = announcement(notice(speech=Speech("请大家到村委会开会。" * 10_000)))
    assert len(spoken.words) <= 5000
    assert spoken.unspoken[-1].reason == "length"


def test_the_county_s_lexicon_reaches_the_words() -> None:
    spoken = announcement(notice(speech=Speech("解州镇停水。")), {"解州": "xiè zhōu"})
    assert spoken.readings == (("解州", "xiè zhōu"),)
