"""What a warning means here: places by code, shape and name; level, words and remarks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.cap.geography import MARGIN_KM, Place, division_code
from hub.cap.mapping import SPEECH_CHARS, Proposal, chosen_infos, propose
from hub.cap.message import read_alert
from hub.cap.reading import read_xml
from tests.hub.cap.cap_messages import area, info, message, moment

PLACES = (
    Place("530199", "云岭县"),
    Place("530199001", "清水镇"),
    Place("530199002", "白沙乡"),
    Place("530199001001", "青石村", (24.50, 102.50)),
    Place("530199001002", "红土村", (24.80, 102.90)),
    Place("530199002001", "大田村"),
)
RING = "<polygon>24.4,102.4 24.4,102.6 24.6,102.6 24.6,102.4 24.4,102.4</polygon>"


def _proposal(*infos: str, **changes: str) -> Proposal:
    alert = read_alert(read_xml(message("W-1", *infos, **changes)))
    return propose(alert, chosen_infos(alert)[0], 1, PLACES)


def _areas(*areas: str) -> tuple[tuple[str, ...], str]:
    found = _proposal(info(area="".join(areas)))
    return found.areas, "".join(found.remarks)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("530199000000", "530199"), ("530199001000", "530199001"), ("530199", "530199"),
        ("530000", "53"), ("530100", "5301"), ("530199001001", "530199001001"), ("53", "53"),
        ("000000", ""), ("53019", ""), ("５３０１９９", ""), ("SAME01", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_division_code_is_read_without_its_zeros(value: str, code: str) -> None:
    assert division_code(value) == code


@pytest.mark.parametrize("value", ["530199000000", "530100000000", "530000", "530199"])
def test_a_code_of_the_county_or_above_means_the_whole_county(value: str) -> None:
    assert _areas(area("某地", [("GB/T 2260", value)])) == (("530199",), "")


def test_codes_inside_the_county_mean_those_places() -> None:
    codes = [("行政区划代码", "530199001000"), ("行政区划代码", "530199002001")]
    assert _areas(area("云岭县", codes)) == (("530199001", "530199002001"), "")


def test_a_place_inside_another_that_is_meant_is_not_named_twice() -> None:
    codes = [("adcode", "530199001000"), ("adcode", "530199001001")]
    assert _areas(area("x", codes))[0] == ("530199001",)


def test_the_neighbours_codes_are_not_ours() -> None:
    areas, remarks = _areas(area("云岭县", [("行政区划代码", "530198000000")]))
    assert areas == ()
    assert "没有对上" in remarks


@pytest.mark.parametrize("name", ["SAME", "UGC", "FIPS6", "EMMA_ID", "postcode", "CLC"])
def test_a_code_of_another_scheme_is_left_alone(name: str) -> None:
    assert _areas(area("Somewhere", [(name, "530199")]))[0] == ()


def test_a_code_under_an_unknown_name_is_taken_and_has_to_be_looked_at() -> None:
    areas, remarks = _areas(area("某地", [("location-id", "530199001000")]))
    assert areas == ("530199001",)
    assert "不认识" in remarks


def test_a_village_that_is_not_ours_is_named() -> None:
    areas, remarks = _areas(area("某地", [("行政区划代码", "530199009001")]))
    assert areas == ()
    assert "530199009001" in remarks


def test_a_ring_takes_the_villages_inside() -> None:
    areas, remarks = _areas(area("流域", [], RING))
    assert areas == ("530199001001",)
    assert "1 个村没有填经纬度" in remarks


@pytest.mark.parametrize(("radius_km", "taken"), [(51.0, 1), (60.0, 1), (40.0, 0)])
def test_a_disc_takes_what_lies_in_it_or_close_to_its_edge(radius_km: float, taken: int) -> None:
    shape = f"<circle>24.50,102.50 {radius_km}</circle>"  # 红土村 lies 52.4 km away
    assert _areas(area("x", [], shape))[0].count("530199001002") == taken
    assert MARGIN_KM > 0


def test_names_are_the_last_resort_and_have_to_be_looked_at() -> None:
    areas, remarks = _areas(area("云岭县清水镇", []))
    assert areas == ("530199001",)
    assert "地名" in remarks
    assert _areas(area("云岭县", []))[0] == ("530199",)
    assert _areas(area("Toronto", []))[0] == ()


@pytest.mark.parametrize(
    ("severity", "headline", "level", "is_clear"),
    [
        ("Extreme", "山洪预警", "red", True),
        ("Severe", "山洪预警", "orange", True),
        ("Moderate", "山洪预警", "yellow", True),
        ("Minor", "山洪预警", "blue", True),
        ("Unknown", "山洪预警", "blue", False),
        ("Unknown", "山洪橙色预警", "orange", True),
        ("Extreme", "山洪Ⅰ级预警", "red", True),
        ("Minor", "山洪红色预警", "red", False),
        ("Extreme", "山洪蓝色预警", "red", False),
    ],
)
def test_the_level_is_the_colour_or_else_the_severity(
    severity: str,
    headline: str,
    level: str,
    is_clear: bool,  # noqa: FBT001 - a table of cases
) -> None:
    found = _proposal(info(severity=severity, headline=headline))
    assert found.level == level
    assert (found.remarks == ()) is is_clear


def test_a_colour_in_a_parameter_counts_before_the_headline() -> None:
    parameter = "<valueName>awareness_level</valueName><value>3; orange; Severe</value>"
    found = _proposal(
        info(severity="Severe", headline="山洪预警", contact="x", parameter=parameter)
    )
    assert found.level == "orange"


def test_chinese_is_chosen_among_the_languages() -> None:
    english = info("en-US", headline="Flash flood warning")
    for tag in ("zh-CN", "zh", "zh-Hans-CN", "ZH-cn", "cmn"):
        found = _proposal(english, info(tag))
        assert found.title == "云岭县气象台发布山洪灾害红色预警"
    only = _proposal(english, info("fr", headline="Crue"))
    assert only.title == "Flash flood warning"
    assert any("不是中文" in each for each in only.remarks)


def test_two_descriptions_in_chinese_are_two_warnings() -> None:
    alert = read_alert(read_xml(message("W-1", info(), info(severity="Severe"), info("en"))))
    assert len(chosen_infos(alert)) == 2


def test_the_words_are_short_whole_and_without_addresses() -> None:
    long = "预计未来三小时有特大暴雨。" * 200
    found = _proposal(info(description=long, instruction="详见 https://weather.example/x?a=1。"))
    assert len(found.speech) <= SPEECH_CHARS
    assert found.speech.endswith("。")
    assert "http" not in found.speech
    assert len(found.summary) <= 120
    assert any("太长" in each for each in found.remarks)


def test_hidden_order_is_taken_out_and_said() -> None:
    found = _proposal(info(headline="转移\u202e到河边红色"))
    assert "\u202e" not in found.title
    assert any("隐藏字符" in each for each in found.remarks)


def test_a_missing_or_far_end_has_to_be_looked_at() -> None:
    open_end = _proposal(info(expires=""))
    assert open_end.expires_at - open_end.starts_at == timedelta(hours=6)
    assert open_end.remarks
    assert _proposal(info(expires=moment(timedelta(days=10)))).remarks
