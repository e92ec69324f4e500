"""From the desk's bytes to the box's memory, over a real Mosquitto."""

from __future__ import annotations

import hashlib
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from contract import topics
from contract.areas import Area
from contract.live import RATE_HZ
from contract.live_frames import is_frame
from edge_agent.audio.live import LiveSource
from edge_agent.audio.program import Loudspeaker
from edge_agent.live_spool import LiveSpool
from edge_agent.outbox import Outbox
from edge_agent.part import Part
from edge_agent.poke import PokeListener
from edge_agent.settings import AudioSettings, ZoneSettings
from edge_agent.store import Store
from hub.ledger.models import Delivery
from hub.live import desk
from hub.live.heard import hearings_of

if TYPE_CHECKING:
    from hub.live.models import LiveTalk
    from tests.hub.dispatch.conftest import BoxOnDesk, Road

pytestmark = pytest.mark.broker
WORDS = hashlib.shake_128(b"hello").digest(2 * RATE_HZ)


def add_box(road: Road, box: str, code: str) -> tuple[BoxOnDesk, LiveSpool]:
    """A box with a horn; `Road` makes them without."""
    made = road.add_box(box, code)
    made.power_cut()
    made.settings = replace(made.settings, zone=(ZoneSettings("horn", sink="file"),))
    made.boot()
    return made, LiveSpool(made.settings.run)


def ready(road: Road, *boxes: BoxOnDesk) -> None:
    """Connected, and the hub's time believed: a box without a clock does not speak live."""
    for each in boxes:
        clock = each.link._held.clock
        road.until(lambda clock=clock: clock.read().trusted)


def ended(spool: LiveSpool, talk: LiveTalk) -> bool:
    state = spool.state(talk.pk)
    return state is not None and state.over


def test_every_sample_arrives_where_it_belongs_and_nowhere_else(road: Road) -> None:
    people = road.people
    box, spool = add_box(road, "box-1", people.village.code)
    other, silent = add_box(road, "box-9", people.other_village.code)
    ready(road, box, other)
    talk = desk.open_talk(people.secretary, [people.village.code])
    road.until(spool.talks)
    for at in range(0, len(WORDS), 3200):
        desk.feed(talk, at, WORDS[at : at + 3200])
        road.turn()
    desk.end_talk(talk, "speaker")
    road.until(lambda: ended(spool, talk))
    assert spool.read(talk.pk, 0, 10 * RATE_HZ) == WORDS
    assert silent.talks() == ()
    road.until(lambda: Delivery.objects.filter(notice_id=talk.pk).exists())
    assert [each.village for each in hearings_of(talk)] == [people.village.title]


def test_a_box_whose_network_was_cut_hears_what_is_said_afterwards(road: Road) -> None:
    people = road.people
    box, spool = add_box(road, "box-1", people.village.code)
    ready(road, box)
    talk = desk.open_talk(people.county_officers[0], [people.village.code[:6]])
    desk.feed(talk, 0, WORDS[:3200])
    road.until(lambda: spool.state(talk.pk))
    box.wire.cut()
    road.until(lambda: not box.link.is_up)
    desk.feed(talk, 3200, WORDS[3200:6400])
    road.for_a_while(0.5)
    box.wire.heal()
    road.until(lambda: box.link.is_up)
    have, deadline_s = 6400, time.monotonic() + 30
    while spool.state(talk.pk).end <= 6400:
        have = desk.feed(talk, have, WORDS[:1600])
        road.turn()
        assert time.monotonic() < deadline_s
    desk.end_talk(talk, "speaker")
    road.until(lambda: ended(spool, talk))
    heard = spool.read(talk.pk, 0, have)
    assert heard[:3200] == WORDS[:3200]
    assert len(heard) == have
    assert heard.endswith(WORDS[:1600])


def test_a_recording_of_the_line_played_again_says_nothing(road: Road) -> None:
    people = road.people
    box, spool = add_box(road, "box-1", people.village.code)
    ready(road, box)
    sent: list[tuple[str, bytes]] = []
    relay = road.dispatcher._live
    carry = relay._publish
    relay._publish = lambda topic, body: (sent.append((topic, body)), carry(topic, body))[1]
    talk = desk.open_talk(people.secretary, [people.village.code])
    desk.feed(talk, 0, WORDS)
    desk.end_talk(talk, "speaker")
    road.until(lambda: ended(spool, talk))
    spool.remove(talk.pk)
    box.power_cut()
    box.boot()
    road.until(lambda: box.link.is_up)
    assert {topic for topic, _ in sent} == {topics.area_live(Area.parse(people.village.code))}
    for topic, body in sent:
        if is_frame(body):
            carry(topic, body)
    road.for_a_while(0.5)
    assert spool.talks() == (), "frames without their opening are worth nothing"


def test_what_was_said_at_the_desk_comes_out_of_the_horn_and_the_desk_is_told(road: Road) -> None:
    people = road.people
    box, spool = add_box(road, "box-1", people.village.code)
    ready(road, box)
    settings = replace(box.settings, audio=AudioSettings(quiet_hours=""))
    folder = settings.part_folder("audio")
    part = Part(
        "audio", settings, box.link._held.clock,
        Store(settings.part_folder("store"), read_only=True),
        Outbox(folder), PokeListener(settings.run, "audio"),
    )  # fmt: skip
    loudspeaker = Loudspeaker(part, (sys.executable, "-c", ""))
    talk = desk.open_talk(people.secretary, [people.village.code])
    desk.feed(talk, 0, WORDS)
    desk.end_talk(talk, "speaker")

    def is_told() -> bool:
        loudspeaker._look()
        loudspeaker._player.step()
        return [each.words for each in hearings_of(talk)] == ["播完"]

    road.until(is_told, patience_s=60)
    wanted = LiveSource(spool, talk.pk, part.clock).read(0, 3 * len(WORDS))
    loudspeaker.close()
    part.close()
    (stream,) = (folder / "horn").glob("*.wav")
    assert wanted is not None
    assert wanted in stream.read_bytes()
    (heard,) = hearings_of(talk)
    assert heard.seconds == pytest.approx(2.0 + 2.5, abs=0.1), "the chime and the words"
