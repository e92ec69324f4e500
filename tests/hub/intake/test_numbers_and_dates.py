from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.intake.dates import CHINA, check_order, parse_date, parse_moment, parse_month
from hub.intake.faults import IntakeError
from hub.intake.numbers import parse_chinese_whole, parse_money, parse_quantity


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("１２３．４５", "123.45"),
        ("壹仟贰佰元整", "1200.00"),
        ("一千二百元", "1200.00"),
        ("叁拾万零伍佰元贰角伍分", "300500.25"),
        ("人民币壹亿零叁万元整", "100030000.00"),
        ("拾元", "10.00"),
        ("伍元零三分", "5.03"),
        ("￥1 200", "1200.00"),
        ("¥1,234,567.8", "1234567.80"),
        ("1,200元", "1200.00"),
        ("1.2万元", "12000.00"),
        ("38.6万", "386000.00"),
        ("(500)", "-500.00"),
        ("（1,200.50）", "-1200.50"),
        ("-500", "-500.00"),
        ("−12.5", "-12.50"),
        (380, "380.00"),
        (1015.0, "1015.00"),
        (0.1 + 0.2, "0.30"),
        (Decimal("3.1"), "3.10"),
        (0, "0.00"),
    ],
)
def test_money_is_read_as_clerks_write_it(written: object, amount: str) -> None:
    assert str(parse_money(written)) == amount


@pytest.mark.parametrize(
    "written",
    [
        "1e308", "NaN", "Infinity", "-0", "0.1+0.2", "1,23,456.7", "12.345", "96.48亩", "500-",
        "", " ", "五百多", "0x10", "--5", "$5", "12.3.4", "1.23456万元", "壹贰叁元", "元", "9" * 20,
        float("nan"), float("inf"), 1e308, 12.345, True, None, [], "(-5)", "(0)", "1 2 3",
    ],
)  # fmt: skip
def test_anything_else_is_asked_back_with_what_to_do(written: object) -> None:
    with pytest.raises(IntakeError, match="重填") as caught:
        parse_money(written, "table.rows[0][3]")
    assert caught.value.fault.where == "table.rows[0][3]"


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_money_written_plainly_or_with_commas_comes_back_the_same(amount: Decimal) -> None:
    if amount:
        assert parse_money(f"{amount:.2f}") == parse_money(f"{amount:,.2f}") == amount


@pytest.mark.parametrize(
    ("text", "number"),
    [("一千零五", 1005), ("贰拾叁", 23), ("十", 10), ("一万二千", 12000), ("百", None), ("", 0)],
)
def test_chinese_whole_numbers(text: str, number: int | None) -> None:
    assert parse_chinese_whole(text) == number


def test_areas_keep_their_three_places_and_their_unit_is_allowed() -> None:
    assert parse_quantity("0.157亩") == Decimal("0.157")
    assert parse_quantity(630) == 630
    with pytest.raises(IntakeError):
        parse_quantity("很大")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-07-05 17:30", datetime(2024, 7, 5, 17, 30, tzinfo=CHINA)),
        ("2024-07-05", datetime(2024, 7, 5, tzinfo=CHINA)),
        ("2024/7/3", datetime(2024, 7, 3, tzinfo=CHINA)),
        ("2024年7月3日8:05", datetime(2024, 7, 3, 8, 5, tzinfo=CHINA)),
        ("２０２４．７．３", datetime(2024, 7, 3, tzinfo=CHINA)),
        ("二〇二四年十一月二十三日", datetime(2024, 11, 23, tzinfo=CHINA)),
        ("20240703", datetime(2024, 7, 3, tzinfo=CHINA)),
        ("2024-07-14T03:12:00+08:00", datetime(2024, 7, 14, 3, 12, tzinfo=CHINA)),
        ("2024-07-13T19:12:00Z", datetime(2024, 7, 13, 19, 12, tzinfo=UTC)),
        ("2024-02-29 24:00", datetime(2024, 3, 1, tzinfo=CHINA)),
    ],
)
def test_moments_are_read_in_chinas_time(written: str, moment: datetime) -> None:
    assert parse_moment(written) == moment


def test_a_last_day_lasts_until_its_24_00() -> None:
    assert parse_moment("2024-12-31", end_of_day=True) == datetime(2025, 1, 1, tzinfo=CHINA)


@pytest.mark.parametrize(
    "written",
    [
        "2024-02-30", "2023-02-29", "31/04/2024", "07/31/2024", "二〇二四年十三月", "明天", "",
        "2024-13-01", "2024-07-05 24:30", "2024-07-05 25:00", "2024-07-05 23:59:60", "0000-00-00",
        "9999-12-31", "24-7-3", "农历五月初五", 1720000000, None, "2024-07-03x",
        "2024-07-05T08:00:00+24:00", "2024-07-05T08:00:00-14:30", "2024-07-05T08:00:00+08:99",
    ],
)  # fmt: skip
def test_impossible_and_unclear_dates_are_refused(written: object) -> None:
    with pytest.raises(IntakeError, match="2024-07-03"):
        parse_moment(written)


def test_months_and_ranges_of_months() -> None:
    for text in ("2024-05", "2024年5月", "2024-04至06", "二〇二四年五月"):
        assert parse_month(text) == text
    for text in ("2024-13", "2024-02-30", "2024-04至13", "五月"):
        with pytest.raises(IntakeError):
            parse_month(text)


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(IntakeError, match="早于"):
        check_order(parse_date("2024-07-11"), parse_date("2024-07-03"))
