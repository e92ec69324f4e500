"""The sheet of boxes: every fault named at once, nothing half taken."""

from pathlib import Path

import pytest

from provisioning.errors import PlanError
from provisioning.plan import read_plan

HEADER = "box,area,village,groups,panel_driver,panel_w,panel_h,sound_device,relay_pin\n"
GOOD = "qingshi-1,530199001001,青石村,9,onbon-5k,192,64,plughw:CARD=Horn,17\n"


def _sheet(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "boxes.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_right_line_becomes_a_box_with_panel_and_zone(tmp_path: Path) -> None:
    (box,) = read_plan(_sheet(tmp_path, HEADER + GOOD))
    assert (box.box, box.area, box.groups) == ("qingshi-1", "530199001001", tuple(range(1, 10)))
    assert box.settings["panel"][0]["width_px"] == 192
    assert box.settings["zone"][0]["relay_pin"] == 17


def test_a_sheet_saved_by_excel_with_its_mark_is_read(tmp_path: Path) -> None:
    assert len(read_plan(_sheet(tmp_path, HEADER + GOOD, "utf-8-sig"))) == 1


def test_every_fault_is_named_with_its_line_and_nothing_is_taken(tmp_path: Path) -> None:
    lines = [
        GOOD,
        "Box/1,530199001002,甲,9,,192,64,,\n",
        "b2,5301,乙,9,,192,64,,\n",
        "b3,530199001003,,9,,192,64,,\n",
        "b4,530199001004,丁,many,,192,64,,\n",
        "b5,530199001005,戊,9,,9999,64,,\n",
        "qingshi-1,530199001001,青石村,9,,192,64,,\n",
        "b7,530199001007,庚,9,,192,64,,99\n",
        "b8,530199/#,辛,9,,192,64,,\n",
    ]
    with pytest.raises(PlanError) as caught:
        read_plan(_sheet(tmp_path, HEADER + "".join(lines)))
    numbers = {fault.split("行")[0].removeprefix("第") for fault in caught.value.faults}
    assert numbers == {"3", "4", "5", "6", "7", "8", "9", "10"}


PLACES = "box,area,village,place\n"


def test_several_boxes_of_a_village_are_told_apart_by_their_places(tmp_path: Path) -> None:
    lines = "b1,530199001001,青石村,村委会\nb2,530199001001,青石村,老年活动中心\n"
    found = read_plan(_sheet(tmp_path, PLACES + lines))
    assert [each.place for each in found] == ["村委会", "老年活动中心"]


@pytest.mark.parametrize("place", ["", "村委会", "很" * 31])
def test_a_second_box_of_a_village_needs_a_place_of_its_own(tmp_path: Path, place: str) -> None:
    lines = f"b1,530199001001,青石村,{place[:3]}\nb2,530199001001,青石村,{place}\n"
    with pytest.raises(PlanError) as caught:
        read_plan(_sheet(tmp_path, PLACES + lines))
    assert any(fault.startswith("第3行") and "place" in fault for fault in caught.value.faults)


def test_an_unknown_or_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(_sheet(tmp_path, "box,area,panel_wide\n"))
    assert any("village" in fault for fault in caught.value.faults)
    assert any("panel_wide" in fault for fault in caught.value.faults)


@pytest.mark.parametrize("text", ["", HEADER], ids=["nothing at all", "only the header"])
def test_an_empty_sheet_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(PlanError):
        read_plan(_sheet(tmp_path, text))


def test_a_sheet_in_another_encoding_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(PlanError) as caught:
        read_plan(_sheet(tmp_path, HEADER + GOOD, "gb18030"))
    assert "UTF-8" in caught.value.faults[0]
