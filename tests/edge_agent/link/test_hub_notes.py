"""The hub's word to all boxes: believed when it is signed, newer and for this county."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contract.hub_note import HubNote
from contract.messages import seal_message
from edge_agent.link.address import Address
from edge_agent.link.hub_notes import HubNotes
from edge_agent.link.session import Session
from edge_agent.link.state_report import StateReport
from tests.edge_agent.link.conftest import NOW, Box, County

if TYPE_CHECKING:
    from contract.keys import PrivateKey
    from edge_agent.clock import ManualClock

PLAIN = ("mqtt://127.0.0.1:1883", "mqtt://127.0.0.1:1884", "mqtts://hub.example:8884")


def note(
    county: County, minutes: int = 0, signer: PrivateKey | None = None, **more: object
) -> bytes:
    made = HubNote("530199", f"e{minutes}", NOW + timedelta(minutes=minutes), PLAIN)
    return seal_message(replace(made, **more), signer or county.target)  # type: ignore[arg-type] # a test's shorthand


def test_other_brokers_of_the_same_kind_are_known_after_a_restart(box: Box, county: County) -> None:
    assert [each.port for each in HubNotes(box.held).brokers()] == [1883]
    assert HubNotes(box.held).take(note(county)) is not None
    assert [each.port for each in HubNotes(box.held).brokers()] == [1883, 1884]


def test_an_older_note_changes_nothing_and_is_no_fault(box: Box, county: County) -> None:
    notes = HubNotes(box.held)
    assert notes.take(note(county, 5)) is not None
    assert notes.take(note(county, 4, brokers=("mqtt://evil:1",))) is None
    assert notes.take(note(county, 5)) is None
    assert len(notes.brokers()) == 2
    assert box.refusals() == []


def test_a_forged_or_foreign_note_is_refused_and_reported(box: Box, county: County) -> None:
    notes = HubNotes(box.held)
    assert notes.take(note(county, signer=county.stranger)) is None
    assert notes.take(note(county, 1, area="530198")) is None
    assert notes.take(note(county, 2, signer=county.content)) is None
    assert [reason for _, reason in box.refusals()] == ["unknown_key", "wrong_area", "wrong_role"]
    assert len(notes.brokers()) == 1


@pytest.mark.parametrize("odd", ["mqtt://[::1", "mqtt://:99999999", "mqtt://", "mqtt:", "\x00"])
def test_a_broker_that_is_no_address_is_left_out_alone(box: Box, county: County, odd: str) -> None:
    notes = HubNotes(box.held)
    assert notes.take(note(county, brokers=(odd, "mqtt://127.0.0.1:1884"))) is not None
    assert [each.port for each in notes.brokers()] == [1883, 1884]


def test_a_rotten_note_is_forgotten(box: Box, county: County) -> None:
    HubNotes(box.held).take(note(county))
    path = box.settings.part_folder("link") / "hub-note"
    path.write_bytes(path.read_bytes()[:-9])
    assert len(HubNotes(box.held).brokers()) == 1


def test_a_box_that_is_asked_reports_within_the_time_it_was_given(box: Box) -> None:
    state = StateReport(box.held, box.sync)
    assert state.due() is not None
    assert state.due() is None
    state.ask(10)
    box.clock.advance(10.0)
    assert state.due() is not None


class Nobody:
    """A listener to whom nothing is said."""

    def connected(self, session: str) -> None: ...

    def received(self, topic: str, payload: bytes, *, is_repeated: bool) -> None: ...

    def will(self, session: str) -> bytes:
        return session.encode()


def test_each_broker_is_tried_before_a_long_pause(clock: ManualClock) -> None:
    session = Session("box-1", Address("127.0.0.1", 1, None, None), 30, clock, Nobody())
    session.use([Address("127.0.0.1", port, None, None) for port in (1, 2)])
    tried = []
    for _ in range(40):
        due_s = session._next_try_s
        if clock.monotonic_s() >= due_s:
            tried.append((clock.monotonic_s(), session._address.port))
        with open("/dev/null") as nothing:  # noqa: PTH123 - a descriptor that is always there
            session.turn(nothing.fileno(), 0.0)
        clock.advance(0.25)
    ports = [port for _, port in tried]
    assert ports[:4] == [1, 2, 1, 2]
    assert tried[1][0] - tried[0][0] <= 1.25


@pytest.mark.parametrize("port", [1, 2])
def test_a_new_list_leaves_the_broker_in_use_alone(clock: ManualClock, port: int) -> None:
    session = Session("box-1", Address("127.0.0.1", port, None, None), 30, clock, Nobody())
    session.use([Address("127.0.0.1", each, None, None) for each in (1, 2, 3)])
    assert session._address.port == port
    session.use([Address("127.0.0.1", 9, None, None)])
    assert session._address.port == 9
