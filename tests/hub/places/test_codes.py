"""Division codes are made in the order in which places appear, and bad paths are refused."""

from __future__ import annotations

import pytest

from hub.places.codes import PlacePathError, number_villages


def test_towns_and_villages_are_numbered_as_they_appear() -> None:
    found = number_villages(
        ["530199/清水镇/青石村", "530199/沙湖乡/红柳村", "530199/清水镇/白石村"]
    )
    assert [(each.town_code, each.code, each.name) for each in found] == [
        ("530199001", "530199001001", "青石村"),
        ("530199002", "530199002001", "红柳村"),
        ("530199001", "530199001002", "白石村"),
    ]


@pytest.mark.parametrize(
    "path",
    ["530199/#", "530199/清水镇", "53019/清水镇/青石村", "530199/清水镇/+", "530199//青石村",
     "530199/清水镇/青石村/一组", "５３０１９９/清水镇/青石村", "530199/清\x00水镇/青石村"],
)  # fmt: skip
def test_a_path_that_could_reach_other_topics_is_refused(path: str) -> None:
    with pytest.raises(PlacePathError):
        number_villages([path])


def test_two_counties_in_one_file_are_refused() -> None:
    with pytest.raises(PlacePathError, match="two counties"):
        number_villages(["530199/清水镇/青石村", "530198/清水镇/青石村"])
