"""Sound cards: real aplay into ALSA's file device, and the recording card of the desk."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import wave
from typing import TYPE_CHECKING

import pytest

from edge_agent.audio.pcm import BLOCK_S, SILENT_BLOCK
from edge_agent.audio.sinks import SinkLostError
from edge_agent.audio.sinks.alsa import AlsaSink
from edge_agent.audio.sinks.choice import check_devices, make_sink
from edge_agent.audio.sinks.pacing import Pacer
from edge_agent.audio.sinks.recording import RecordingSink
from edge_agent.errors import SettingsError
from edge_agent.settings import ZoneSettings

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.clock import ManualClock

NOISE = hashlib.shake_128(b"noise").digest(1920 * 50)
BLOCKS = [NOISE[i : i + 1920] for i in range(0, len(NOISE), 1920)]


def feed(sink: AlsaSink) -> None:
    """Twenty seconds of silence: more than any pipe holds."""
    for _ in range(1000):
        sink.write(SILENT_BLOCK, "")


def test_aplay_gives_the_device_every_bit_and_nothing_else(alsa_recording: Path) -> None:
    sink = AlsaSink("rec")
    sink.open()
    for block in BLOCKS:
        sink.write(block, "N001@1")
    sink.close()
    played = alsa_recording.read_bytes()
    assert played[: len(NOISE)] == NOISE
    assert not any(played[len(NOISE) :]), "only zeros may pad the last period"


def test_a_card_that_is_not_there_is_lost_and_says_so(alsa_recording: Path) -> None:
    del alsa_recording
    sink = AlsaSink("hw:CARD=NoSuchHorn,DEV=0")
    sink.open()
    with pytest.raises(SinkLostError, match="NoSuchHorn"):
        feed(sink)
    sink.close()


def test_a_card_that_vanishes_in_the_middle_is_lost_and_can_be_opened_again(
    alsa_recording: Path,
) -> None:
    sink = AlsaSink("rec")
    sink.open()
    sink.write(BLOCKS[0], "")
    assert sink._aplay is not None
    os.kill(sink._aplay.pid, signal.SIGKILL)
    sink._aplay.wait()
    with pytest.raises(SinkLostError):
        sink.write(BLOCKS[1], "")
    sink.close()
    sink.open()
    for block in BLOCKS:
        sink.write(block, "")
    sink.close()
    assert alsa_recording.read_bytes()[: len(NOISE)] == NOISE


def test_a_card_that_hangs_is_lost_instead_of_hanging_the_box(alsa_recording: Path) -> None:
    del alsa_recording
    sink = AlsaSink("rec", stall_s=0.05)
    sink.open()
    assert sink._aplay is not None
    os.kill(sink._aplay.pid, signal.SIGSTOP)
    with pytest.raises(SinkLostError, match="took nothing"):
        feed(sink)
    os.kill(sink._aplay.pid, signal.SIGKILL)
    sink.close()


def test_without_aplay_the_technician_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SinkLostError, match="alsa-utils"):
        AlsaSink("rec").open()


@pytest.fixture
def desk_card(tmp_path: Path, clock: ManualClock) -> RecordingSink:
    return RecordingSink(tmp_path / "horn", clock, Pacer(clock))


def test_the_desk_card_keeps_exactly_what_it_was_given_and_whose_it_was(
    desk_card: RecordingSink, tmp_path: Path
) -> None:
    desk_card.open()
    for number, block in enumerate(BLOCKS):
        desk_card.write(block, "N001@1" if number < 30 else "N004@1")
    desk_card.close()
    with wave.open(str(tmp_path / "horn" / "0001.wav")) as kept:
        assert (kept.getframerate(), kept.getsampwidth(), kept.getnchannels()) == (48_000, 2, 1)
        assert kept.readframes(kept.getnframes()) == NOISE
    lines = (tmp_path / "horn" / "0001.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(row["sample"], row["label"]) for row in rows] == [
        (0, "N001@1"),
        (30 * 960, "N004@1"),
        (50 * 960, "end"),
    ]


def test_the_desk_card_plays_in_real_time_with_eighty_milliseconds_of_buffer(
    desk_card: RecordingSink, clock: ManualClock
) -> None:
    desk_card.open()
    for block in BLOCKS[:4]:
        desk_card.write(block, "")
    assert clock.monotonic_s() == 0.0, "four blocks fit the buffer"
    for block in BLOCKS:
        desk_card.write(block, "")
    assert clock.monotonic_s() == pytest.approx(50 * BLOCK_S)
    desk_card.close()
    assert clock.monotonic_s() == pytest.approx(54 * BLOCK_S)


def test_a_power_cut_leaves_a_recording_that_can_be_read(
    desk_card: RecordingSink, tmp_path: Path
) -> None:
    desk_card.open()
    for block in [*BLOCKS, *BLOCKS]:
        desk_card.write(block, "")
    with wave.open(str(tmp_path / "horn" / "0001.wav")) as kept:
        assert kept.getnframes() == 96_000


def test_each_stream_is_a_recording_of_its_own(desk_card: RecordingSink, tmp_path: Path) -> None:
    for _ in range(3):
        desk_card.open()
        desk_card.write(BLOCKS[0], "x")
        desk_card.close()
    names = sorted(path.name for path in (tmp_path / "horn").glob("*.wav"))
    assert names == ["0001.wav", "0002.wav", "0003.wav"]


def test_a_closed_card_takes_nothing(desk_card: RecordingSink) -> None:
    with pytest.raises(SinkLostError):
        desk_card.write(BLOCKS[0], "")


def test_a_box_that_is_late_makes_the_card_run_dry_and_the_card_counts_it(
    clock: ManualClock,
) -> None:
    pacer = Pacer(clock)
    pacer.take(960)
    clock.advance(1.0)
    pacer.take(960)
    assert pacer.underruns == 1


def test_with_several_zones_a_card_must_be_named_lest_the_sound_wanders() -> None:
    wandering = [ZoneSettings("北", device="default"), ZoneSettings("南", device="pulse:x")]
    with pytest.raises(SettingsError) as refusal:
        check_devices(wandering)
    assert len(refusal.value.problems) == 2
    check_devices([ZoneSettings("北", device="default")])
    check_devices([ZoneSettings(n, device=f"plughw:CARD={n}") for n in ("A", "B")])


def test_an_unknown_sink_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="bluetooth"):
        check_devices([ZoneSettings("北", sink="bluetooth")])


def test_the_settings_choose_the_card(tmp_path: Path, clock: ManualClock) -> None:
    chosen = [
        make_sink(ZoneSettings("村", sink=kind, device=device), tmp_path, clock).name
        for kind, device in (("alsa", "plughw:CARD=Horn"), ("alsa-file", "rec"), ("file", "horn"))
    ]
    assert chosen == ["plughw:CARD=Horn", "rec", "file:horn"]
