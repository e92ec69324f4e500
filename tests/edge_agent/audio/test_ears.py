"""Proof of play by a microphone, with ALSA's file device as the microphone."""

from __future__ import annotations

import hashlib
import select
from array import array
from dataclasses import replace
from typing import TYPE_CHECKING

import loudspeaker
import pytest
from loudspeaker import CHIME, ONE_ZONE, Village

from edge_agent.audio.announcement import Announcement, Kind
from edge_agent.audio.ears import CAPTURE_HZ, Ear, Ears, level_of, likeness

if TYPE_CHECKING:
    from pathlib import Path

    from gpiozero.pins.mock import MockFactory

    from edge_agent.clock import ManualClock


def syllables(count: int, seed: bytes) -> list[float]:
    """A loudness curve like speech: loud and soft runs of a few hundredths of a second."""
    runs = hashlib.shake_128(seed).digest(count)
    curve = [float(run % 7) * 1000 for run in runs for _ in range(3 + run % 5)]
    return curve[:count]


SPEECH, OTHER = syllables(500, b"one"), syllables(500, b"two")


@pytest.mark.parametrize("delay", [0, 5, 40, -8])
def test_the_same_speech_later_and_softer_is_heard(delay: int) -> None:
    heard = [0.0] * delay + [0.1 * one + 30 for one in SPEECH[max(0, -delay) :]]
    assert likeness(SPEECH, heard) > 0.95


def test_other_speech_silence_and_hum_are_not_heard() -> None:
    assert likeness(SPEECH, OTHER) < 0.4
    assert likeness(SPEECH, [0.0] * 500) == 0.0
    assert likeness(SPEECH, [1000.0] * 500) == 0.0
    assert likeness(SPEECH, SPEECH[:50]) == 0.0, "a second is too short to tell"


def test_the_level_is_the_root_mean_square() -> None:
    assert level_of([3, -3, 3, -3]) == 3.0
    assert level_of([]) == 0.0


def tone(curve: list[float], samples_a_bin: int) -> bytes:
    """Samples whose loudness follows the curve."""
    return array(
        "h", [int(level) * (1 - 2 * (n % 2)) for level in curve for n in range(samples_a_bin)]
    ).tobytes()


def listen(ear: Ear, curve: list[float], clock: ManualClock) -> float:
    """Play the curve block by block, reading the microphone whenever it has something."""
    ear.begin()
    assert ear._arecord is not None
    for level in curve:
        ear.played(tone([level], 960))
        select.select([ear._arecord], [], [], 10)
        ear.listen()
        clock.advance(0.02)
    return ear.likeness()


def test_a_microphone_hears_what_was_played_and_nothing_else(
    alsa_recording: Path, clock: ManualClock
) -> None:
    samples_a_bin = CAPTURE_HZ // 50
    mic = alsa_recording.parent / "mic.raw"
    mic.write_bytes(bytes(20 * samples_a_bin) + tone(SPEECH, samples_a_bin))
    ear = Ear("fakemic", clock)
    assert listen(ear, SPEECH[:150], clock) > 0.9
    assert listen(ear, OTHER[:150], clock) < 0.5
    ear.end()


def test_without_a_microphone_nothing_is_claimed(clock: ManualClock) -> None:
    ears = Ears.of(ONE_ZONE, clock)
    ears.begin(("村",))
    ears.played(("村",), bytes(1920))
    assert not ears.heard()


def test_a_microphone_that_hears_nothing_leaves_the_receipt_at_sent_to_device(
    tmp_path: Path, clock: ManualClock, pins: MockFactory, alsa_recording: Path
) -> None:
    del pins
    (alsa_recording.parent / "mic.raw").write_bytes(bytes(100_000))
    village = Village(tmp_path, clock, zones=(replace(ONE_ZONE[0], listen="fakemic"),))
    now = clock.read().now
    village.player.accept(Announcement("N001", Kind.ROUTINE, now, now, "低保名单"))
    village.run(20)
    spoken = village.last("N001").spoken
    assert spoken is not None
    assert (spoken.state, spoken.evidence) == ("finished", "sent_to_device")


@pytest.mark.parametrize(
    ("at_the_horn", "evidence"),
    [(SPEECH[:250], "heard"), (OTHER[:250], "sent_to_device")],
    ids=["the horn sounds", "the horn's wire is cut and somebody talks beside it"],
)
def test_the_receipt_says_heard_when_the_microphone_at_the_horn_followed(  # noqa: PLR0917 - pytest's fixtures
    tmp_path: Path,
    clock: ManualClock,
    pins: MockFactory,
    alsa_recording: Path,
    monkeypatch: pytest.MonkeyPatch,
    at_the_horn: list[float],
    evidence: str,
) -> None:
    del pins
    monkeypatch.setattr(loudspeaker, "words_pcm", lambda *_: tone(SPEECH[:250], 960))
    chime = array("h", CHIME.read(0, CHIME.samples))[::6].tobytes()
    softer = [0.2 * level for level in at_the_horn]
    late = bytes(CAPTURE_HZ // 50 * 2 * 6)
    first = chime if evidence == "heard" else bytes(len(chime))
    heard = late + first + tone(softer, CAPTURE_HZ // 50)
    (alsa_recording.parent / "mic.raw").write_bytes(heard)
    village = Village(tmp_path, clock, zones=(replace(ONE_ZONE[0], listen="fakemic"),))
    now = clock.read().now
    village.player.accept(Announcement("N001", Kind.ROUTINE, now, now, "低保名单"))
    while "finished" not in village.states("N001"):
        assert clock.monotonic_s() < 60
        village.run(0.02)
        wait_for_the_microphone(village)
    spoken = village.last("N001").spoken
    assert spoken is not None
    assert spoken.evidence == evidence


def wait_for_the_microphone(village: Village) -> None:
    """The fake microphone is a process; a clock moved by hand would run away from it."""
    ear = village.player._ears._ears["村"]
    if ear._arecord is not None:
        select.select([ear._arecord], [], [], 10)
