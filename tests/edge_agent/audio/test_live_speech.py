"""Live speech at the horn: nothing lost, nothing stale, silence for what the network lost."""

from __future__ import annotations

import hashlib
import itertools
from array import array
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from loudspeaker import Village

from contract.live import RATE_HZ
from edge_agent.audio.announcement import Announcement, Kind, Level
from edge_agent.audio.live import BROKE_OFF, LiveSource, announcement_of
from edge_agent.live_spool import LiveSpool, Talk

if TYPE_CHECKING:
    from pathlib import Path

    from gpiozero.pins.mock import MockFactory

    from edge_agent.clock import ManualClock

NAME = "live-0123456789abcdef"
FRAME = RATE_HZ // 5


def speech(seconds: float, seed: bytes = b"voice") -> bytes:
    return hashlib.shake_128(seed).digest(round(seconds * RATE_HZ))


def at_48_khz(coded: bytes) -> bytes:
    """The reference: G.711 decoded by its formula, straight lines between the samples."""
    levels = [0]
    for code in coded:
        flipped = code ^ 0xFF
        size = ((((flipped & 15) << 3) + 132) << ((flipped >> 4) & 7)) - 132
        levels.append(-size if flipped & 0x80 else size)
    out = array("h")
    for one, other in itertools.pairwise(levels):
        out.extend((one, (2 * one + other) // 3, (one + 2 * other) // 3))
    return out.tobytes()


class Speaker:
    """Somebody who speaks through link: five frames a second of the clock."""

    def __init__(self, village: Village, level: str = "village", name: str = NAME) -> None:
        self.village = village
        now = village.clock.read().now
        end = now + timedelta(minutes=10)
        self.talk = Talk(name, level, "青石村", now, end)
        self.number = self.first = 0
        village.spool.begin(self.talk)
        village.player.accept(announcement_of(self.talk, ()))

    def say(self, sound: bytes, *, lost: tuple[int, ...] = (), over: bool = False) -> None:
        """Speak in real time; the frames in ``lost`` never arrive."""
        frames = [sound[at : at + FRAME] for at in range(0, len(sound), FRAME)]
        for place, frame in enumerate(frames):
            if place not in lost:
                self.send(frame, over=over and place == len(frames) - 1)
            else:
                self.first += len(frame)
            self.village.run(0.2)

    def send(self, frame: bytes = b"", *, over: bool = False) -> bool:
        taken = self.village.spool.take(self.talk.id, self.number, self.first, frame, over=over)
        self.number += 1
        self.first += len(frame)
        return taken

    def be_silent(self, seconds: int) -> None:
        """Hold the line open without speaking."""
        for _ in range(seconds):
            self.send()
            self.village.run(1.0)


@pytest.fixture
def village(tmp_path: Path, clock: ManualClock, pins: MockFactory) -> Village:
    del pins
    return Village(tmp_path, clock)


def test_live_speech_is_heard_after_the_chime_sample_for_sample(village: Village) -> None:
    sound = speech(6.0)
    speaker = Speaker(village)
    speaker.say(sound, over=True)
    village.run(10)
    assert village.samples_of(f"{NAME}@1 live") == at_48_khz(sound)
    labels = [label for label, _ in village.heard()]
    assert labels[:2] == [f"{NAME}@1 warm-up", f"{NAME}@1 chime"]
    spoken = village.last(NAME).spoken
    assert spoken is not None
    assert (spoken.state, spoken.engine, spoken.evidence) == ("finished", "live", "sent_to_device")
    heard = village.samples_of(f"{NAME}@1 chime") + at_48_khz(sound)
    assert spoken.samples_total == len(heard) // 2
    assert spoken.pcm_sha256 == hashlib.sha256(heard).hexdigest()
    assert village.amplifier.on == frozenset()


def test_what_the_network_lost_is_silence_of_the_same_length(village: Village) -> None:
    sound = speech(4.0)
    Speaker(village).say(sound, lost=(5, 6, 11), over=True)
    village.run(10)
    silent = bytearray(sound)
    for place in (5, 6, 11):
        silent[place * FRAME : (place + 1) * FRAME] = b"\xff" * FRAME
    assert village.samples_of(f"{NAME}@1 live") == at_48_khz(bytes(silent))


def test_a_silent_speaker_keeps_the_air_and_the_amplifier(village: Village) -> None:
    speaker = Speaker(village)
    speaker.say(speech(2.0))
    speaker.be_silent(20)
    assert village.states(NAME)[-1] == "started"
    assert village.amplifier.on == {"村"}
    speaker.say(speech(2.0, b"more"), over=True)
    village.run(10)
    assert village.samples_of(f"{NAME}@1 live") == at_48_khz(speech(2.0) + speech(2.0, b"more"))


def test_after_three_seconds_without_a_sign_of_life_the_talk_is_over(village: Village) -> None:
    Speaker(village).say(speech(6.0))
    village.run(12)
    assert village.last(NAME).spoken.state == "failed"
    assert village.last(NAME).detail == BROKE_OFF
    assert village.samples_of(f"{NAME}@1 live") == at_48_khz(speech(6.0)), "all that came is heard"
    assert village.amplifier.on == frozenset()


def test_an_emergency_interrupts_and_the_speech_goes_on_at_the_very_sample(
    village: Village, clock: ManualClock
) -> None:
    sound = speech(8.0)
    speaker = Speaker(village)
    speaker.say(sound[: 4 * RATE_HZ])
    now = clock.read().now
    alert = Announcement("A-1", Kind.EMERGENCY, now, now, "山洪来了", level=Level.COUNTY)
    village.player.accept(alert)
    village.run(0.02)
    assert village.queue.playing.announcement.id == "A-1"
    speaker.say(sound[4 * RATE_HZ :], over=True)
    village.run(20)
    assert village.samples_of(f"{NAME}@1 live") == at_48_khz(sound)
    assert village.states(NAME)[-4:] == ["started", "interrupted", "resumed", "finished"]
    labels = [label for label, _ in village.heard()]
    assert labels.index("A-1@1 siren") < len(labels) - labels[::-1].index(f"{NAME}@1 live")


def test_live_speech_interrupts_a_notice_and_the_county_the_village(
    village: Village, clock: ManualClock
) -> None:
    now = clock.read().now
    village.voice.seconds = 10.0
    village.player.accept(Announcement("N1", Kind.SCHEDULED, now, now, "低保名单"))
    village.run(6)
    speaker = Speaker(village)
    village.run(0.02)
    assert village.queue.playing.announcement.id == NAME
    county = Speaker(village, "county", "live-00000000000000aa")
    village.run(0.02)
    assert village.queue.playing.announcement.id == county.talk.id
    for each in (county, speaker):
        each.send(speech(0.2), over=True)
    village.run(40)
    for name in ("N1", NAME, county.talk.id):
        assert village.last(name).spoken.state == "finished"


def test_in_quiet_hours_nobody_speaks_live(village: Village, clock: ManualClock) -> None:
    clock.advance(10 * 3600)
    Speaker(village).say(speech(2.0), over=True)
    village.run(5)
    assert village.heard() == []
    assert village.last(NAME).spoken.state == "missed"


def test_old_and_overlapping_sound_is_not_taken(village: Village) -> None:
    spool = village.spool
    speaker = Speaker(village)
    assert speaker.send(speech(0.2))
    assert not spool.take(NAME, 0, FRAME, b"x"), "an old number"
    assert not spool.take(NAME, 5, FRAME - 1, b"x"), "a place that was said"
    assert spool.take(NAME, 6, FRAME, b"x", over=True)
    assert not spool.take(NAME, 7, FRAME + 1, b"x"), "after the end"


def test_a_box_that_comes_late_begins_where_it_came(tmp_path: Path, clock: ManualClock) -> None:
    spool = LiveSpool(tmp_path)
    now = clock.read().now
    spool.begin(Talk(NAME, "village", "青石村", now, now + timedelta(minutes=10)))
    sound = speech(1.0)
    assert spool.take(NAME, 900, 100 * FRAME, sound, over=True)
    assert LiveSource(spool, NAME, clock).read(0, 48_000) == at_48_khz(sound)


@pytest.mark.parametrize("offset", [0, 1, 2, 3, 958, 960, 1919, 40_001])
def test_any_sample_can_be_read_again(tmp_path: Path, clock: ManualClock, offset: int) -> None:
    spool = LiveSpool(tmp_path)
    now = clock.read().now
    spool.begin(Talk(NAME, "village", "青石村", now, now + timedelta(minutes=10)))
    sound = speech(1.0)
    spool.take(NAME, 0, 0, sound, over=True)
    source = LiveSource(spool, NAME, clock)
    assert source.read(offset, 960) == at_48_khz(sound)[2 * offset : 2 * (offset + 960)]
    assert source.samples == 48_000


def test_a_talk_that_a_power_cut_took_ends_as_broken_off(
    village: Village, tmp_path: Path, clock: ManualClock
) -> None:
    speaker = Speaker(village)
    speaker.say(speech(5.0))
    village.cut_power()
    village.spool.remove(NAME)
    again = Village(tmp_path, clock)
    again.run(10)
    assert again.last(NAME).spoken.state == "failed"
    assert again.last(NAME).detail == BROKE_OFF
    assert again.amplifier.on == frozenset()


def test_a_talk_outlives_a_restart_of_the_audio_part_alone(
    village: Village, tmp_path: Path, clock: ManualClock
) -> None:
    sound = speech(8.0)
    speaker = Speaker(village)
    speaker.say(sound[: 5 * RATE_HZ])
    village.cut_power()
    again = Village(tmp_path, clock)
    speaker.village = again
    speaker.say(sound[5 * RATE_HZ :], over=True)
    again.run(20)
    assert again.last(NAME).spoken.state == "finished"
    heard = again.samples_of(f"{NAME}@1 live")
    assert heard.endswith(at_48_khz(sound)[-2 * 48_000 :])
