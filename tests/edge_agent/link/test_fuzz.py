"""Whatever comes over the air: link goes on, shows nothing of it, and says so in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract import topics, wire
from contract.areas import Area
from contract.messages import sha256_hex
from edge_agent.clock import ManualClock
from edge_agent.link import keyfile
from edge_agent.link.program import Link
from edge_agent.settings import BoxSettings, LinkSettings, Settings
from tests.edge_agent.link.conftest import NOW, VILLAGE, County

if TYPE_CHECKING:
    from collections.abc import Iterator

COUNTY = County()
AREA = Area.parse(VILLAGE)
GOOD = [
    COUNTY.manifest(5, ("N1", 1, b"x")),
    COUNTY.seal(COUNTY.notice()),
    COUNTY.seal_alert(COUNTY.alert()),
    COUNTY.sealed_keys(2),
]
TOPICS = st.sampled_from(
    [
        topics.area_manifest(AREA),
        topics.area_alert(AREA),
        topics.area_blob(AREA, sha256_hex(b"x")),
        topics.KEYS,
        topics.key_set(2),
        topics.box_down("box-1", "time"),
        topics.box_down("box-1", "ack"),
    ]
)
PAYLOADS = (
    st.binary(max_size=200)
    | st.sampled_from(GOOD).flatmap(
        lambda good: st.tuples(st.integers(0, len(good) - 1), st.binary(max_size=4)).map(
            lambda cut: good[: cut[0]] + cut[1] + good[cut[0] + len(cut[1]) + 1 :]
        )
    )
    | st.dictionaries(
        st.sampled_from(["v", "t", "z", "p", "s", "part", "outbox", "seq"]),
        st.none() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=2),
    ).map(wire.dumps)
)


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Link]:
    folder = tmp_path_factory.mktemp("box")
    found = Settings(
        box=BoxSettings("box-1", VILLAGE, "青石村", str(folder / "s"), str(folder / "r")),
        link=LinkSettings(broker="mqtt://127.0.0.1:1"),
    )
    keyfile.pin(found.part_folder("link"), COUNTY.sealed_keys())
    made = Link(found, ManualClock(NOW))
    yield made
    made.close()


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(topic=TOPICS | st.text(max_size=40), payload=PAYLOADS)
def test_nothing_that_is_not_signed_has_any_effect(link: Link, topic: str, payload: bytes) -> None:
    link.received(topic, payload, is_repeated=False)
    held = link._held.store.in_force()
    assert held.notices == held.alerts == ()
    assert link._held.store.layers() == {}
    assert link._held.keys.version == 1
