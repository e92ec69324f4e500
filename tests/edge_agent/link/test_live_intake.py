"""Live speech as link takes it in: only what the county signed, only now, only once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from contract.areas import Area
from contract.keys import PrivateKey
from contract.live import LiveSession
from contract.live_frames import LiveFrame, seal_frame
from contract.messages import seal_message
from edge_agent.link.live import KEPT_FOR, LiveIntake
from edge_agent.live_spool import LiveSpool

if TYPE_CHECKING:
    from conftest import Box, County

NOW = datetime(2024, 7, 12, 2, 0, tzinfo=UTC)
VILLAGE, OTHER_VILLAGE = "530199001001", "530199001002"
HOME = Area.parse(VILLAGE)
NAME = "live-0123456789abcdef"


class Speech:
    """The hub's side of one session."""

    def __init__(self, county: County, **changes: object) -> None:
        self.key = PrivateKey.generate()
        made = LiveSession(
            NAME, (VILLAGE,), "village", "青石村", NOW, NOW + timedelta(minutes=10),
            self.key.public().public_b64,
        )  # fmt: skip
        self.session = replace(made, **changes)
        self.opening = seal_message(self.session, county.target, county.content)

    def frame(self, number: int, first: int, sound: bytes = b"", *, last: bool = False) -> bytes:
        return seal_frame(LiveFrame(self.session.id, number, first, sound, last), self.key)


@pytest.fixture
def intake(box: Box) -> LiveIntake:
    return LiveIntake(box.held)


@pytest.fixture
def spool(box: Box) -> LiveSpool:
    return LiveSpool(box.settings.run)


def test_speech_is_handed_over_as_it_comes(
    box: Box, county: County, intake: LiveIntake, spool: LiveSpool
) -> None:
    speech = Speech(county)
    intake.take(HOME, speech.frame(0, 0, b"too early"))
    intake.take(HOME, speech.opening)
    (talk,) = spool.talks()
    assert (talk.id, talk.areas, talk.level) == (NAME, (VILLAGE,), "village")
    intake.take(HOME, speech.frame(1, 0, b"hello"))
    intake.take(HOME, speech.opening)
    intake.take(HOME, speech.frame(2, 8, b"again", last=True))
    assert spool.read(NAME, 0, 100) == b"hello\xff\xff\xffagain"
    state = spool.state(NAME)
    assert state is not None
    assert (state.end, state.over) == (13, True)
    assert box.receipts() == [("received", NAME, "")]


def test_replayed_reordered_and_doubled_frames_change_nothing(
    county: County, intake: LiveIntake, spool: LiveSpool
) -> None:
    speech = Speech(county)
    intake.take(HOME, speech.opening)
    first, second = speech.frame(1, 0, b"one"), speech.frame(2, 3, b"two")
    for frame in (second, first, second, first):
        intake.take(HOME, frame)
    assert spool.read(NAME, 0, 100) == b"two"


def test_frames_of_a_stranger_are_not_taken(
    county: County, intake: LiveIntake, spool: LiveSpool
) -> None:
    speech = Speech(county)
    intake.take(HOME, speech.opening)
    forged = LiveFrame(NAME, 5, 0, b"fire! run!")
    intake.take(HOME, seal_frame(forged, county.content))
    intake.take(HOME, speech.frame(1, 0, b"hello")[:-1] + b"x")
    intake.take(HOME, b"vnl1")
    assert spool.state(NAME) is None


@pytest.mark.parametrize("signers", ["target", "content", "stranger"])
def test_an_opening_without_both_keys_is_refused_and_reported_once(
    box: Box, county: County, intake: LiveIntake, spool: LiveSpool, signers: str
) -> None:
    opening = seal_message(Speech(county).session, getattr(county, signers))
    intake.take(HOME, opening)
    intake.take(HOME, opening)
    assert spool.talks() == ()
    assert len(box.refusals()) == 1


@pytest.mark.parametrize(
    ("minutes", "area", "reason"),
    [(10, VILLAGE, "expired"), (-2, VILLAGE, "expired"), (0, OTHER_VILLAGE, "wrong_area")],
)
def test_yesterdays_speech_and_the_neighbours_are_refused(
    box: Box, county: County, minutes: int, area: str, reason: str
) -> None:
    box.clock.set(NOW + timedelta(minutes=minutes))
    LiveIntake(box.held).take(HOME, Speech(county, areas=(area,)).opening)
    assert [why for _, why in box.refusals()] == [reason]


def test_a_box_that_does_not_trust_its_clock_does_not_speak_live(
    box: Box, county: County, intake: LiveIntake, spool: LiveSpool
) -> None:
    box.clock.trusted = False
    speech = Speech(county)
    intake.take(HOME, speech.opening)
    assert [why for _, why in box.refusals()] == ["clock_untrusted"]
    box.clock.trusted = True
    intake.take(HOME, speech.opening)
    assert len(spool.talks()) == 1, "it joins as soon as it knows the time"


def test_a_group_and_the_whole_county_are_this_village_too(
    county: County, intake: LiveIntake, spool: LiveSpool
) -> None:
    intake.take(HOME, Speech(county, areas=(f"{VILLAGE}-3",)).opening)
    other = Speech(county, id="live-00000000000000aa", areas=("530199",), level="county")
    intake.take(Area.parse("530199"), other.opening)
    assert {talk.id for talk in spool.talks()} == {NAME, other.session.id}


def test_nothing_is_taken_after_the_end_of_a_session(
    box: Box, county: County, intake: LiveIntake, spool: LiveSpool
) -> None:
    speech = Speech(county)
    intake.take(HOME, speech.opening)
    box.clock.set(speech.session.ends_at + timedelta(minutes=1))
    intake.take(HOME, speech.frame(1, 0, b"late"))
    assert spool.state(NAME) is None


def test_old_speech_is_erased(
    box: Box, county: County, intake: LiveIntake, spool: LiveSpool
) -> None:
    speech = Speech(county)
    intake.take(HOME, speech.opening)
    intake.take(HOME, speech.frame(1, 0, b"hello"))
    now = speech.session.ends_at + KEPT_FOR + timedelta(seconds=1)
    box.clock.set(now)
    later = Speech(
        county, id="live-00000000000000aa", opened_at=now, ends_at=now + timedelta(minutes=1)
    )
    intake.take(HOME, later.opening)
    assert [talk.id for talk in spool.talks()] == [later.session.id]
    assert spool.read(NAME, 0, 10) == b""


def test_a_restart_of_link_goes_on_with_the_speech(
    box: Box, county: County, intake: LiveIntake, spool: LiveSpool
) -> None:
    speech = Speech(county)
    intake.take(HOME, speech.opening)
    intake.take(HOME, speech.frame(1, 0, b"one"))
    box.restart()
    again = LiveIntake(box.held)
    again.take(HOME, speech.frame(2, 3, b"two"))
    again.take(HOME, speech.opening)
    again.take(HOME, speech.frame(1, 0, b"one"))
    again.take(HOME, speech.frame(3, 6, b"three", last=True))
    assert spool.read(NAME, 0, 100) == b"one\xff\xff\xffthree"
