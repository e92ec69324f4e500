"""A box with a long list goes by deltas, and asks for the whole where one does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract import delta, topics
from contract.messages import seal_message

if TYPE_CHECKING:
    from tests.edge_agent.link.conftest import Box, County


class Hub:
    """Three manifests of the same village, one after another."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.bodies = [county.seal(county.notice(f"N{n}")) for n in range(3)]
        named = [(f"N{n}", 1, body) for n, body in enumerate(self.bodies)]
        self.manifests = [county.manifest(n + 1, *named[: n + 1]) for n in range(3)]

    def delta(self, start: int) -> bytes:
        found = delta.between(self.manifests[start], self.manifests[start + 1])
        return seal_message(found, self.county.target)


@pytest.fixture
def hub(box: Box, county: County) -> Hub:
    box.sync.by_delta_above_bytes = 0
    made = Hub(county)
    box.take(made.manifests[0], made.bodies[0])
    return made


def test_from_then_on_the_whole_list_is_not_sent_again(box: Box, hub: Hub) -> None:
    assert topics.area_manifest(box.area) in box.radio.deaf
    box.sync.take_delta(box.area, hub.delta(0))
    box.take(hub.manifests[0], hub.bodies[1])  # an older list that comes late changes nothing
    assert box.names() == {"N0@1", "N1@1"}
    assert box.held.store.layer_body(box.area, "current") == hub.manifests[1]


def test_where_one_is_missing_the_whole_is_asked_for(box: Box, hub: Hub) -> None:
    box.sync.take_delta(box.area, hub.delta(1))
    assert box.names() == {"N0@1"}
    assert topics.area_manifest(box.area) in box.radio.subscribed
    assert box.refusals() == []
    box.take(hub.manifests[2], *hub.bodies[1:])
    assert box.names() == {"N0@1", "N1@1", "N2@1"}


def test_one_that_comes_again_changes_nothing(box: Box, hub: Hub) -> None:
    for _ in range(3):
        box.sync.take_delta(box.area, hub.delta(0))
    assert topics.area_manifest(box.area) in box.radio.deaf


def test_a_forged_one_is_refused_and_asks_for_nothing(box: Box, hub: Hub, county: County) -> None:
    found = delta.between(hub.manifests[0], hub.manifests[1])
    box.sync.take_delta(box.area, seal_message(found, county.stranger))
    box.sync.take_delta(box.area, b"[]")
    assert [reason for _, reason in box.refusals()] == ["unknown_key", "malformed"]
    assert topics.area_manifest(box.area) in box.radio.deaf


def test_a_short_list_is_sent_whole(box: Box, hub: Hub) -> None:
    box.sync.by_delta_above_bytes = 4096
    box.sync.take_delta(box.area, hub.delta(0))
    assert topics.area_manifest(box.area) in box.radio.subscribed


def test_the_whole_is_asked_for_once_however_many_do_not_fit(box: Box, hub: Hub) -> None:
    for _ in range(3):
        box.sync.take_delta(box.area, hub.delta(1))
    assert box.radio.asked.count(topics.area_manifest(box.area)) == 1


def test_a_box_that_knows_the_long_list_already_goes_by_deltas_after_a_new_connection(
    box: Box, hub: Hub
) -> None:
    box.sync.start()
    box.radio.deaf.clear()
    box.take(hub.manifests[0])  # as the broker keeps it
    assert topics.area_manifest(box.area) in box.radio.deaf
