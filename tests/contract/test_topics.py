"""Topics: spelled in one place, and no name can reach another village's."""

from __future__ import annotations

import pytest
from paho.mqtt.client import topic_matches_sub

from contract import topics
from contract.areas import Area
from contract.errors import ContractError

HOSTILE = ["", "/", "a/b", "#", "+", "a#", "a+b", "a\x00b", "A", "box 1", "盒", "../x", "$SYS",
           "-box", "a" * 41, "a\n", "a\u200b"]  # fmt: skip


@pytest.mark.parametrize("box", HOSTILE)
def test_a_box_id_that_would_reach_elsewhere_is_refused(box: str) -> None:
    with pytest.raises(ContractError):
        topics.check_box_id(box)
    with pytest.raises(ContractError):
        topics.box_up(box, "state")
    with pytest.raises(ContractError):
        topics.box_down(box, "ack")


@pytest.mark.parametrize("sha256", ["", "#", "AB" * 32, "ab" * 31, "ab" * 32 + "/x", "+" * 64])
def test_a_blob_is_named_by_a_sha256_only(sha256: str) -> None:
    with pytest.raises(ContractError):
        topics.area_blob(Area("530199001001"), sha256)


@pytest.mark.parametrize(
    "area", [Area("530199001001", 3), Area("530199001001", box="box-7"), Area("53")], ids=str
)
def test_area_topics_are_read_back(area: Area) -> None:
    sha256 = "ab" * 32
    assert topics.area_of(topics.area_manifest(area)) == (area, "man", "")
    assert topics.area_of(topics.area_alert(area)) == (area, "alert", "")
    assert topics.area_of(topics.area_blob(area, sha256)) == (area, "b", sha256)


def test_a_box_s_own_layer_is_in_no_topic_of_its_village_or_its_neighbours() -> None:
    own = topics.area_manifest(Area.parse("530199001001@box-1"))
    for other in ("530199001001", "530199001001-1", "530199001001@box-11", "530199001001@box"):
        assert not topic_matches_sub(topics.area_all(Area.parse(other)), own)
    assert topic_matches_sub(topics.area_all(Area.parse("530199001001@box-1")), own)


@pytest.mark.parametrize(
    "topic",
    ["", "vn1", "vn1/g", "vn1/g/530199", "vn2/g/530199/man", "vn1/d/530199/man", "vn1/g/5301/9/man",
     "vn1/g/530199/b", "vn1/g/530199/b/xyz", "vn1/g/530199/man/" + "ab" * 32, "vn1/g/+/man",
     "vn1/g/#", "vn1/g/530199001001@/man", "vn1/g/530199001001@+/man", "vn1/g/530199@b/man",
     "vn1/g/530199/b/" + "ab" * 32 + "/c", "a/" * 60_000],
)  # fmt: skip
def test_other_topics_are_no_area_topics(topic: str) -> None:
    with pytest.raises(ContractError):
        topics.area_of(topic)


def test_uplink_topics_are_read_back() -> None:
    assert topics.box_of(topics.box_up("box-1", "state")) == ("box-1", "state")


@pytest.mark.parametrize(
    "topic", ["vn1/d/box-1/state", "vn1/d/+/up/state", "vn1/g/box/up/x", "vn1/d/b/up/x/y", "#"]
)
def test_other_topics_are_no_uplink(topic: str) -> None:
    with pytest.raises(ContractError):
        topics.box_of(topic)
