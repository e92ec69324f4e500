"""The running order of an announcement, and reading its sound from anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge_agent.audio.announcement import Announcement, Kind
from edge_agent.audio.pcm import Clip
from edge_agent.audio.programme import Segment, Track, programme_of

NOW = datetime(2024, 7, 3, 4, 0, tzinfo=UTC)
NOTICE = Announcement("N001", Kind.ROUTINE, NOW, NOW, "低保")
FLOOD = replace(NOTICE, id="N004", kind=Kind.EMERGENCY)


def sounds(segment: Segment) -> Clip:
    return Clip(b"\1\0" * 1000) if segment.kind == "chime" else Clip(b"\2\0" * 500, 2000)


def kinds(item: Announcement) -> list[str]:
    return [segment.kind for segment in programme_of(item)]


def test_a_notice_is_a_chime_and_its_words() -> None:
    assert kinds(NOTICE) == ["chime", "speech"]


def test_readings_are_parted_by_gaps_and_only_the_second_is_slower() -> None:
    segments = programme_of(replace(NOTICE, repeats=3, slower_repeat=True, gap_s=1.5))
    assert [one.kind for one in segments] == ["chime", "speech", "gap", "speech", "gap", "speech"]
    assert [one.slower for one in segments if one.kind == "speech"] == [False, True, False]
    assert segments[2].seconds == 1.5


def test_the_second_reading_of_a_recording_is_slower_too() -> None:
    item = replace(NOTICE, repeats=2, slower_repeat=True, recording_sha256="ab")
    assert [one.slower for one in programme_of(item) if one.kind == "speech"] == [False, True]


def test_an_emergency_begins_every_reading_with_the_siren() -> None:
    assert kinds(replace(FLOOD, repeats=2)) == ["siren", "speech", "gap", "siren", "speech"]


def test_an_emergency_without_end_has_three_readings_a_round() -> None:
    assert kinds(replace(FLOOD, repeats=0)).count("speech") == 3


def test_the_all_clear_begins_with_the_chime() -> None:
    assert kinds(replace(FLOOD, siren=False)) == ["chime", "speech"]


def test_an_exercise_has_no_siren() -> None:
    assert kinds(replace(FLOOD, kind=Kind.EXERCISE, recording_sha256="ab")) == ["chime", "speech"]


def test_readings_before_the_recording_came_are_the_voice_s() -> None:
    item = replace(NOTICE, repeats=3, recording_sha256="ab", recorded_from=2)
    spoken = [one.recording_sha256 for one in programme_of(item) if one.kind == "speech"]
    assert spoken == ["", "ab", "ab"]


def test_the_next_reading_is_the_one_of_which_no_word_was_heard() -> None:
    track = Track(programme_of(replace(FLOOD, repeats=2)), sounds)
    siren, words, gap = 2000, 300, 2 * 48_000
    assert track.next_reading(0) == 1
    track.put_speech(track.segments[1], Clip(b"\3\0" * words))
    places = (siren, siren + 1, siren + words, siren + words + gap + siren, 10**9)
    assert [track.next_reading(place) for place in places] == [1, 2, 2, 2, 3]


@pytest.fixture
def track() -> Track:
    return Track(programme_of(replace(FLOOD, repeats=2, gap_s=0.01)), sounds)


def test_a_track_says_which_words_it_lacks_each_once(track: Track) -> None:
    assert [segment.text for segment in track.missing] == ["低保"]
    assert track.samples is None


def test_a_track_can_be_read_up_to_the_words_that_are_not_there(track: Track) -> None:
    piece = track.read(1_900, 960)
    assert piece is not None
    assert (len(piece.data), piece.kind) == (200, "siren")
    assert track.read(2_000, 960) is None


def test_a_whole_track_is_read_piece_by_piece_without_a_gap(track: Track) -> None:
    track.put_speech(track.missing[0], Clip(b"\3\0" * 1500))
    assert track.samples == 2 * (2_000 + 1_500) + 480
    pieces, offset = [], 0
    while (piece := track.read(offset, 960)) is not None and piece.data:
        pieces.append(piece)
        offset += len(piece.data) // 2
    assert offset == track.samples
    assert [one.kind for one in pieces if one.ends_reading] == ["speech"], "the last one is the end"
    joined = b"".join(one.data for one in pieces)
    assert joined == track_bytes()


def track_bytes() -> bytes:
    reading = b"\2\0" * 2000 + b"\3\0" * 1500
    return reading + bytes(2 * 480) + reading
