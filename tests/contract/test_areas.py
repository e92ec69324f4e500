"""Areas: the official code, cut after a level, plus a group or a box; and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.areas import BOX_ID, LEVELS, LONGEST, Area
from contract.errors import ContractError

BOXES = st.from_regex(BOX_ID, fullmatch=True)
DIGITS = st.text("0123456789", min_size=12, max_size=12)


@given(DIGITS, st.sampled_from(sorted(LEVELS)), st.integers(0, 99))
def test_an_area_is_written_and_read_back(code: str, length: int, group: int) -> None:
    area = Area(code[:length], group if length == 12 else 0)
    assert Area.parse(str(area)) == area


@given(DIGITS, BOXES)
def test_a_box_of_a_village_is_written_and_read_back_in_so_many_characters(
    code: str, box: str
) -> None:
    area = Area(code, box=box)
    assert Area.parse(str(area)) == area
    assert len(str(area)) <= LONGEST == len(str(Area(code, box="x" * 40)))


@given(st.text(max_size=20))
def test_any_other_text_is_refused_or_read_back(text: str) -> None:
    try:
        area = Area.parse(text)
    except ContractError:
        return
    assert str(area) == text


@pytest.mark.parametrize(
    "text",
    ["", "5", "530", "53019", "5301990", "53019900100", "5301990010011", "530199001001-0",
     "530199001001-100", "530199001-3", "530199001001-03", "530199001001-", "530199/001",
     "530199#", "53+199", "530199\x00", "\uff15\uff13", "530199001001-3\n", " 530199",
     "530199001001@", "530199@box-1", "530199001001-3@box-1", "530199001001@box-1-3@x",
     "530199001001@#", "530199001001@+", "530199001001@a/b", "530199001001@box-1/#",
     "530199001001@Box", "530199001001@-box", "530199001001@box-1\n", "530199001001@盒",
     "530199001001@box\u200b", "530199001001@" + "x" * 41, "@box-1", "530199001001@ box-1"],
)  # fmt: skip
def test_what_is_no_area_is_refused(text: str) -> None:
    with pytest.raises(ContractError):
        Area.parse(text)


def test_the_path_runs_from_the_province_to_the_group() -> None:
    path = [str(area) for area in Area.parse("530199001001-3").path()]
    assert path == ["53", "5301", "530199", "530199001", "530199001001", "530199001001-3"]


@given(DIGITS, st.integers(1, 99))
def test_everything_on_the_path_covers_the_group_and_the_group_covers_itself_only(
    code: str, group: int
) -> None:
    area = Area(code, group)
    assert all(each.covers(area) for each in area.path())
    assert not area.covers(area.village)
    assert not area.covers(Area(code, group % 99 + 1))


@given(DIGITS, BOXES, BOXES, st.integers(1, 99))
def test_everything_on_the_path_covers_the_box_and_the_box_covers_itself_only(
    code: str, box: str, other: str, group: int
) -> None:
    area = Area(code, box=box)
    assert [each.level for each in area.path()[-2:]] == ["village", "box"]
    assert all(each.covers(area) for each in area.path())
    assert not area.covers(area.village)
    assert area.covers(Area(code, box=other)) is (box == other)
    assert not area.covers(Area(code, group))
    assert not Area(code, group).covers(area)
    assert area.covers(Area(code[::-1], box=box)) is (code == code[::-1])


def test_levels_have_their_names() -> None:
    texts = ("53", "530199001", "530199001001-3", "530199001001@box-7")
    named = [Area.parse(text).level for text in texts]
    assert named == ["province", "town", "group", "box"]
