"""Talks at the hub: who may, what is kept, and what goes out when."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contract.keys import Trust
from contract.live import LONGEST_S, RATE_HZ, LiveSession, wav_header
from contract.live_frames import FRAME_SAMPLES, LiveFrame, is_frame, open_frame
from contract.messages import open_message
from hub.live import desk, keeping
from hub.live.models import LiveTalk
from hub.live.relay import Relay
from hub.notices.errors import NotReadyError, NotYourStepError
from hub.places.models import Role
from hub.sealing.seal import keyring

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from tests.hub.conftest import Desk

WORDS = hashlib.shake_128(b"hello").digest(3 * RATE_HZ)


class Villages:
    """Whoever listens: opens every opening and frame with the county's own keys."""

    def __init__(self) -> None:
        self.trust = Trust(keyring().key_set(("somebody",)))
        self.sessions: dict[str, LiveSession] = {}
        self.topics: set[str] = set()
        self.frames: list[LiveFrame] = []
        self.openings = 0

    def hear(self, topic: str, body: bytes) -> None:
        self.topics.add(topic)
        if not is_frame(body):
            self.openings += 1
            session = open_message(LiveSession, body, self.trust)
            self.sessions[session.id] = session
            return
        self.frames.append(open_frame(body, next(iter(self.sessions.values()))))

    def sound(self) -> bytes:
        said = bytearray()
        for frame in self.frames:
            assert frame.first == len(said), "in order and without a gap"
            said += frame.sound
        return bytes(said)


@pytest.fixture
def villages(people: Desk) -> Villages:
    del people
    return Villages()


@pytest.fixture
def relay(villages: Villages) -> Relay:
    return Relay(villages.hear)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def begun(people: Desk) -> LiveTalk:
    return desk.open_talk(people.secretary, [people.village.code])


def test_the_secretary_speaks_to_the_own_village_and_no_other(people: Desk) -> None:
    talk = begun(people)
    assert (talk.level, talk.areas) == ("village", [people.village.code])
    assert people.village.title in talk.speaker
    code = people.village.code
    for elsewhere in (people.other_village.code, code[:6], f"{code}@box-1"):
        with pytest.raises(NotYourStepError):
            desk.open_talk(people.secretary, [elsewhere])


@pytest.mark.parametrize("role", [Role.CLERK, Role.COMMITTEE])
def test_who_only_writes_or_reviews_may_not_speak_unreviewed(people: Desk, role: Role) -> None:
    with pytest.raises(NotYourStepError, match="书记"):
        desk.open_talk(people.user(role, people.village.code), [people.village.code])


def test_the_county_speaks_to_all_and_to_a_group(people: Desk) -> None:
    officer = people.county_officers[0]
    code = people.village.code
    assert desk.open_talk(officer, [code[:6]]).level == "county"
    assert desk.open_talk(officer, [f"{code}-1", people.other_village.code]).areas == [
        f"{code}-1",
        people.other_village.code,
    ]
    assert LiveTalk.objects.filter(ended_at=None).count() == 1, "the one left open was ended"


@pytest.mark.parametrize("areas", [[], ["../etc"], ["5301/#"]])
def test_a_talk_to_nobody_is_refused_in_words(people: Desk, areas: list[str]) -> None:
    with pytest.raises(NotReadyError):
        desk.open_talk(people.secretary, areas)


def test_what_is_sent_twice_is_kept_once(people: Desk) -> None:
    talk = begun(people)
    assert desk.feed(talk, 0, WORDS[:3000]) == 3000
    assert desk.feed(talk, 0, WORDS[:3000]) == 3000
    assert desk.feed(talk, 1000, WORDS[1000:5000]) == 5000
    assert desk.feed(talk, 9000, b"a gap is no sound") == 5000
    assert desk.feed(talk, 5000, b"") == 5000
    assert Path(talk.recording).read_bytes() == WORDS[:5000]
    assert Path(talk.recording).stat().st_mode & 0o077 == 0


def test_a_talk_that_is_over_takes_no_more(people: Desk) -> None:
    talk = begun(people)
    desk.end_talk(talk, "speaker")
    desk.end_talk(talk, "lost")
    with pytest.raises(desk.TalkOverError, match="喊话人结束"):
        desk.feed(talk, 0, WORDS)


def test_every_sample_goes_out_signed_in_order_and_once(
    people: Desk, relay: Relay, villages: Villages
) -> None:
    talk = begun(people)
    now_s = 0.0
    for at in range(0, len(WORDS), 1600):
        desk.feed(talk, at, WORDS[at : at + 1600])
        relay.turn(now_s)
        now_s += 0.1
    desk.end_talk(talk, "speaker")
    relay.turn(now_s)
    assert villages.sound() == WORDS
    assert [frame.last for frame in villages.frames].count(True) == 1
    assert villages.frames[-1].last
    assert villages.openings == 3, "once a second, for who comes late"
    assert villages.topics == {f"vn1/g/{people.village.code}/live"}
    talk.refresh_from_db()
    assert (talk.samples, talk.sha256) == (len(WORDS), hashlib.sha256(WORDS).hexdigest())
    count = len(villages.frames)
    relay.turn(now_s + 1)
    assert len(villages.frames) == count


def test_what_does_not_fill_a_frame_goes_out_when_the_button_is_let_go(
    people: Desk, relay: Relay, villages: Villages
) -> None:
    talk = begun(people)
    desk.feed(talk, 0, WORDS[: FRAME_SAMPLES + 100])
    relay.turn(0.0)
    assert villages.sound() == WORDS[:FRAME_SAMPLES]
    relay.turn(0.3)
    assert villages.sound() == WORDS[: FRAME_SAMPLES + 100]


def test_a_silent_speaker_gives_signs_of_life(
    people: Desk, relay: Relay, villages: Villages
) -> None:
    begun(people)
    for quarter in range(12):
        relay.turn(quarter / 4)
    assert [frame.sound for frame in villages.frames] == [b""] * 3
    assert not any(frame.last for frame in villages.frames)


def test_a_browser_that_is_gone_for_three_seconds_ends_the_talk(
    people: Desk, relay: Relay, villages: Villages
) -> None:
    talk = begun(people)
    relay.turn(0.0)
    gone = timezone.now().timestamp() - 4
    os.utime(talk.recording, (gone, gone))
    relay.turn(4.0)
    talk.refresh_from_db()
    assert talk.end_reason == "lost"
    assert villages.frames[-1].last


def test_ten_minutes_end_the_talk(people: Desk, relay: Relay, villages: Villages) -> None:
    talk = begun(people)
    relay.turn(0.0)
    LiveTalk.objects.filter(pk=talk.pk).update(ends_at=timezone.now() - timedelta(seconds=1))
    relay.turn(1.0)
    talk.refresh_from_db()
    assert talk.end_reason == "limit"
    assert villages.frames[-1].last
    assert (talk.ends_at - talk.opened_at).total_seconds() <= LONGEST_S


def test_a_recording_is_erased_at_the_end_of_its_term_and_its_line_stays(
    people: Desk, relay: Relay
) -> None:
    talk = begun(people)
    desk.feed(talk, 0, WORDS)
    desk.end_talk(talk, "speaker")
    relay.turn(0.0)
    now = timezone.now()
    assert keeping.purge(now + timedelta(days=179)) == 0
    assert Path(talk.recording).exists()
    assert keeping.purge(now + timedelta(days=181)) == 1
    assert keeping.purge(now + timedelta(days=181)) == 0
    assert not Path(talk.recording).exists()
    talk.refresh_from_db()
    assert (talk.samples, talk.sha256) == (len(WORDS), hashlib.sha256(WORDS).hexdigest())
    client = client_of(people.secretary)
    assert "录音已按期删除" in client.get(reverse("live")).content.decode()
    assert client.get(reverse("live-recording", args=[talk.pk])).status_code == 404


def test_a_talk_that_is_not_over_is_never_erased(people: Desk) -> None:
    talk = begun(people)
    assert keeping.purge(timezone.now() + timedelta(days=999)) == 0
    assert Path(talk.recording).exists()


def test_the_speaker_is_told_when_the_dispatcher_stands_still(people: Desk, relay: Relay) -> None:
    talk = begun(people)
    relay.turn(0.0)
    assert desk.is_carried(talk)
    gone = timezone.now().timestamp() - 2
    os.utime(talk.carried, (gone, gone))
    client = client_of(people.secretary)
    address = f"{reverse('live-sound', args=[talk.pk])}?at=0"
    state = client.post(address, WORDS, "application/octet-stream").json()
    assert (state["is_carried"], state["over"]) == (False, False)
    relay.turn(1.0)
    assert desk.is_carried(talk)


def test_nobody_stores_more_than_ten_minutes(people: Desk) -> None:
    talk = begun(people)
    with Path(talk.recording).open("r+b") as file:
        file.truncate(LONGEST_S * RATE_HZ - 10)
    assert desk.feed(talk, LONGEST_S * RATE_HZ - 10, WORDS) == LONGEST_S * RATE_HZ


def test_a_dispatcher_that_starts_again_ends_the_talk_it_cannot_sign(
    people: Desk, relay: Relay, villages: Villages
) -> None:
    talk = begun(people)
    relay.turn(0.0)
    Relay(villages.hear).turn(1.0)
    talk.refresh_from_db()
    assert talk.end_reason == "restart"
    with pytest.raises(desk.TalkOverError, match="重新喊话"):
        desk.feed(talk, 0, WORDS)


def test_the_pages_carry_a_talk_from_button_to_recording(people: Desk) -> None:
    client = client_of(people.secretary)
    page = client.get(reverse("live")).content.decode()
    assert "按住说话" in page
    assert people.other_village.code not in page
    state = client.post(reverse("live-begin"), {"areas": people.village.code}).json()
    address = reverse("live-sound", args=[state["id"]])
    said = client.post(f"{address}?at=0", WORDS, "application/octet-stream").json()
    assert (said["have"], said["over"]) == (len(WORDS), False)
    assert client.post(reverse("live-end", args=[state["id"]])).json()["over"]
    late = client.post(f"{address}?at=0", WORDS, "application/octet-stream")
    assert late.status_code == 409
    kept = client.get(reverse("live-recording", args=[state["id"]])).content
    assert kept == wav_header(len(WORDS)) + WORDS


def test_nobody_speaks_into_or_listens_to_the_talk_of_others(people: Desk) -> None:
    talk = begun(people)
    neighbour = client_of(people.user(Role.SECRETARY, people.other_village.code))
    sound = f"{reverse('live-sound', args=[talk.pk])}?at=0"
    assert neighbour.post(sound, WORDS, "application/octet-stream").status_code == 404
    assert neighbour.post(reverse("live-end", args=[talk.pk])).status_code == 404
    assert neighbour.get(reverse("live-recording", args=[talk.pk])).status_code == 403
    clerk = client_of(people.clerk)
    assert clerk.get(reverse("live")).status_code == 403
    begin = clerk.post(reverse("live-begin"), {"areas": people.village.code})
    assert (begin.status_code, "书记" in begin.json()["error"]) == (403, True)
    assert Client().get(reverse("live")).status_code == 302


@pytest.mark.parametrize("at", ["", "-1", "x", "1e3", "9" * 12])
def test_a_place_that_is_no_number_is_answered_in_words(people: Desk, at: str) -> None:
    talk = begun(people)
    address = f"{reverse('live-sound', args=[talk.pk])}?at={at}"
    answer = client_of(people.secretary).post(address, WORDS, "application/octet-stream")
    assert answer.status_code == 400
    assert "刷新" in answer.json()["error"]


def test_the_menu_shows_it_to_who_may_speak(people: Desk) -> None:
    home = reverse("wagtailadmin_home")
    address = f'"{reverse("live")}"'
    assert address in client_of(people.secretary).get(home).content.decode()
    assert address not in client_of(people.clerk).get(home).content.decode()
