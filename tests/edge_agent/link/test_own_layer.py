"""A box's own layer beside its village's: taken like any other, and never its neighbour's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract import delta, topics
from contract.areas import Area
from contract.keys import KeySet, seal_keys
from contract.manifest import SMALL_ASSET_BYTES
from contract.messages import seal_message, sha256_hex
from contract.notice import Asset
from edge_agent.link.program import Link
from tests.edge_agent.link.conftest import VILLAGE

if TYPE_CHECKING:
    from tests.edge_agent.link.conftest import Box, County

OWN, NEIGHBOUR = Area(VILLAGE, box="box-1"), Area(VILLAGE, box="box-2")


def _own(county: County, key: str, area: Area = OWN, **changes: object) -> tuple[str, int, bytes]:
    notice = county.notice(key, areas=(str(area),), **changes)
    return (key, notice.revision, county.seal(notice))


def _take(
    box: Box, county: County, generation: int, *items: tuple[str, int, bytes], area: Area = OWN
) -> None:
    box.sync.take_manifest(area, county.manifest(generation, *items, area=str(area)))
    for _key, _revision, body in items:
        box.sync.take_blob(area, sha256_hex(body), body)


def test_what_is_in_force_is_the_village_s_and_its_own(box: Box, county: County) -> None:
    body = county.seal(county.notice("N1"))
    box.take(county.manifest(1, ("N1", 1, body)), body)
    _take(box, county, 1, _own(county, "N2"))
    assert box.names() == {"N1@1", "N2@1"}
    _take(box, county, 2)
    assert box.names() == {"N1@1"}
    assert ("withdrawn", "N2", "") in box.receipts()


def test_a_neighbour_s_list_in_its_place_is_refused(box: Box, county: County) -> None:
    item = _own(county, "N1", NEIGHBOUR)
    box.sync.take_manifest(OWN, county.manifest(1, item, area=str(NEIGHBOUR)))
    assert box.refusals() == [(f"manifest.{OWN}", "wrong_area")]


def test_a_neighbour_s_notice_in_its_list_is_refused_and_the_rest_takes_force(
    box: Box, county: County
) -> None:
    _take(box, county, 1, _own(county, "N1", NEIGHBOUR), _own(county, "N2"))
    assert box.names() == {"N2@1"}
    assert box.refusals() == [("N1", "wrong_area")]


@pytest.mark.parametrize(
    "area", [NEIGHBOUR, Area(VILLAGE, box="box-11"), Area(VILLAGE, 4)], ids=str
)
def test_messages_of_others_are_not_even_looked_at(box: Box, county: County, area: Area) -> None:
    link = Link(box.settings, box.clock)
    try:
        item = _own(county, "N1", area)
        for topic, body in (
            (topics.area_manifest(area), county.manifest(1, item, area=str(area))),
            (topics.area_blob(area, sha256_hex(item[2])), item[2]),
            (topics.area_manifest(OWN), county.manifest(1, _own(county, "N2"), area=str(OWN))),
        ):
            link.received(topic, body, is_repeated=False)
        assert set(link._held.store.layers("pending")) == {OWN}
    finally:
        link.close()


def test_a_long_list_of_its_own_goes_by_deltas(box: Box, county: County) -> None:
    box.sync.by_delta_above_bytes = 0
    items = [_own(county, f"N{n}") for n in range(2)]
    lists = [county.manifest(n + 1, *items[: n + 1], area=str(OWN)) for n in range(2)]
    box.sync.take_manifest(OWN, lists[0])
    box.sync.take_blob(OWN, sha256_hex(items[0][2]), items[0][2])
    assert topics.area_manifest(OWN) in box.radio.deaf
    assert topics.area_manifest(box.area) not in box.radio.deaf
    box.sync.take_delta(OWN, seal_message(delta.between(*lists), county.target))
    box.sync.take_blob(OWN, sha256_hex(items[1][2]), items[1][2])
    assert box.names() == {"N0@1", "N1@1"}


def test_after_a_lost_store_an_older_list_does_not_return_and_the_newest_does(
    box: Box, county: County
) -> None:
    item = _own(county, "N1")
    _take(box, county, 7, item)
    box.held.store.close()
    for path in box.settings.part_folder("store").glob("notices.db*"):
        path.unlink()
    box.restart()
    _take(box, county, 6, item)
    assert box.refusals()[-1] == (f"manifest.{OWN}", "rolled_back")
    _take(box, county, 7, item)
    assert box.names() == {"N1@1"}


def test_a_key_of_another_village_cannot_speak_to_it(box: Box, county: County) -> None:
    keys = [each for each in county.keys(2).keys if each.key_id != county.target.key_id]
    keys.append(county.target.public("target", area="530199001002"))
    sealed = seal_keys(KeySet(2, tuple(keys)), county.roots[:2])
    assert box.held.keys.advance(sealed)
    _take(box, county, 1, _own(county, "N1"))
    assert box.refusals() == [(f"manifest.{OWN}", "wrong_area")]
    assert box.names() == set()


def test_its_own_file_is_asked_for_without_waiting_its_turn(box: Box, county: County) -> None:
    file = Asset("ab" * 32, SMALL_ASSET_BYTES + 1, "video/mp4")
    box.sync.take_manifest(OWN, county.manifest(1, area=str(OWN), assets=(file,)))
    wide = Asset("cd" * 32, SMALL_ASSET_BYTES + 1, "video/mp4")
    county_area = Area(VILLAGE[:6])
    body = county.manifest(1, area=str(county_area), assets=(wide,))
    box.sync.take_manifest(county_area, body)
    assert box.sync.is_for_us_alone_or_urgent(file)
    assert not box.sync.is_for_us_alone_or_urgent(wide)
