"""The box's own microphone: held to speak, ended by itself, recorded, and asked of the queue."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from contract.live import RATE_HZ, wav_header
from edge_agent import settings as box_settings
from edge_agent.audio.capture import AlsaCapture, CaptureLostError, FileCapture, make_capture
from edge_agent.audio.program import Loudspeaker
from edge_agent.audio.talk_key import let_go, press
from edge_agent.errors import SettingsError
from edge_agent.outbox import Outbox
from edge_agent.part import Part
from edge_agent.poke import PokeListener
from edge_agent.settings import MicrophoneSettings
from edge_agent.store import Store, StoreWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpiozero.pins.mock import MockFactory

    from edge_agent.clock import ManualClock

WORDS = hashlib.shake_128(b"hello").digest(5 * RATE_HZ)
STEP_S = 0.02


class Office:
    """A box with a button and a microphone that is a file."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.folder, self.clock = folder, clock
        (folder / "mic.ulaw").write_bytes(WORDS)
        path = folder / "agent.toml"
        path.write_text(
            '[box]\nid = "box-1"\narea = "530199001001"\nvillage = "青石村"\n'
            f'state = "{folder}/state"\nrun = "{folder}/run"\n'
            '[[zone]]\nname = "horn"\nsink = "file"\nrelay_pin = 17\nwarm_up_s = 0.5\n'
            '[[zone]]\nname = "hill"\nsink = "file"\n'
            f'[microphone]\ncapture = "file"\ndevice = "{folder}/mic.ulaw"\nbutton_pin = 5\n'
            'zones = ["horn"]\n',
            encoding="utf-8",
        )
        self.settings = box_settings.load(path)
        StoreWriter(self.settings.part_folder("store")).close()
        audio = self.settings.part_folder("audio")
        self.part = Part(
            "audio", self.settings, clock,
            Store(self.settings.part_folder("store"), read_only=True),
            Outbox(audio), PokeListener(self.settings.run, "audio"),
        )  # fmt: skip
        self.loudspeaker = Loudspeaker(self.part, (sys.executable, "-c", ""))

    def run(self, seconds: float, held: int = 0) -> None:
        """What `Loudspeaker.run` does; ``held`` counts presses of the command."""
        until_s = self.clock.monotonic_s() + seconds
        while self.clock.monotonic_s() < until_s - 1e-6:
            if held:
                press(self.settings.run, (), held)
                held += 1
            wait_s = self.loudspeaker._player.step()
            if min(wait_s, self.loudspeaker._microphone.turn()) > 0:
                self.clock.advance(STEP_S)

    def log(self) -> list[dict[str, object]]:
        return list(self.loudspeaker._journal.log())

    def recordings(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.glob("state/audio/live/*.wav"))]

    def close(self) -> None:
        self.loudspeaker.close()
        self.part.close()


@pytest.fixture
def office(tmp_path: Path, clock: ManualClock, pins: MockFactory) -> Iterator[Office]:
    del pins
    made = Office(tmp_path, clock)
    yield made
    made.close()


def test_the_village_speaks_while_the_button_is_held(office: Office, pins: MockFactory) -> None:
    office.run(1)
    assert office.log() == []
    pins.pin(5).drive_low()
    office.run(5)
    pins.pin(5).drive_high()
    office.run(12)
    (row,) = office.log()
    assert (row["kind"], row["state"], row["zones"], row["engine"]) == (
        "live", "finished", "horn", "live",
    )  # fmt: skip
    assert not (office.folder / "state/audio/hill").exists(), "the other zone hears nothing"
    (kept,) = office.recordings()
    said = kept[len(wav_header(0)) :]
    assert WORDS.startswith(said.rstrip(b"\xff"))
    assert len(said) > 4.5 * RATE_HZ
    assert kept.startswith(wav_header(len(said)))


def test_the_command_holds_the_key_and_a_killed_command_lets_it_go(office: Office) -> None:
    office.run(3, held=1)
    assert office.loudspeaker._microphone._talk is not None
    office.run(15)
    assert office.loudspeaker._microphone._talk is None
    (row,) = office.log()
    assert row["state"] == "finished"


def test_letting_go_of_the_command_ends_the_talk(office: Office) -> None:
    office.run(2, held=1)
    let_go(office.settings.run)
    office.run(12)
    assert office.log()[0]["state"] == "finished"


def test_a_stuck_button_speaks_for_ten_minutes_and_no_second_time(
    office: Office, pins: MockFactory, clock: ManualClock
) -> None:
    pins.pin(5).drive_low()
    microphone = office.loudspeaker._microphone
    assert microphone.turn() > 0
    for _ in range(620):
        clock.advance(1)
        microphone.turn()
    assert microphone._talk is None
    assert len(office.recordings()) == 1
    said = office.recordings()[0][len(wav_header(0)) :]
    assert 598 * RATE_HZ <= len(said) <= 600 * RATE_HZ
    pins.pin(5).drive_high()
    microphone.turn()
    pins.pin(5).drive_low()
    microphone.turn()
    assert microphone._talk is not None


def test_in_quiet_hours_the_microphone_is_closed_again_at_once(
    office: Office, pins: MockFactory, clock: ManualClock
) -> None:
    clock.set(clock.read().now + timedelta(hours=10))
    pins.pin(5).drive_low()
    office.run(5)
    assert office.log()[0]["state"] == "missed"
    assert office.loudspeaker._microphone._talk is None
    assert not office.loudspeaker._microphone._listening
    assert office.recordings() == []
    assert len(office.log()) == 1


def test_a_microphone_that_is_not_there_ends_the_talk_and_the_queue_goes_on(
    office: Office, pins: MockFactory
) -> None:
    (office.folder / "mic.ulaw").unlink()
    pins.pin(5).drive_low()
    office.run(12)
    (row,) = office.log()
    assert row["state"] == "failed"
    assert "没有话筒文件" in str(row["reason"])
    assert office.loudspeaker._player.step() > 0


def test_a_file_speaks_in_real_time_and_is_silent_at_its_end(
    tmp_path: Path, clock: ManualClock
) -> None:
    (tmp_path / "mic").write_bytes(b"abc" * 1000)
    capture = FileCapture(tmp_path / "mic", clock)
    capture.start()
    assert capture.read() == b""
    clock.advance(0.1)
    assert capture.read() == (b"abc" * 1000)[:1600]
    clock.advance(0.1)
    assert capture.read() == (b"abc" * 1000)[1600:] + b"\xff" * 200
    capture.stop()
    capture.stop()


def test_a_fifo_that_nobody_fills_is_not_waited_for(tmp_path: Path, clock: ManualClock) -> None:
    os.mkfifo(tmp_path / "mic")
    capture = FileCapture(tmp_path / "mic", clock)
    capture.start()
    clock.advance(1)
    assert capture.read() == b""
    capture.stop()


def test_a_sound_card_is_captured_bit_for_bit(alsa_recording: Path) -> None:
    (alsa_recording.parent / "mic.raw").write_bytes(WORDS[: RATE_HZ * 2])
    capture = AlsaCapture("fakemic")
    capture.start()
    heard = b""
    while len(heard) < RATE_HZ:
        heard += capture.read()
    capture.stop()
    assert WORDS.startswith(heard[:RATE_HZ])


def test_a_card_that_is_not_there_is_lost(alsa_recording: Path) -> None:
    del alsa_recording
    capture = AlsaCapture("hw:CARD=NoSuchMic")
    capture.start()
    with pytest.raises(CaptureLostError, match="NoSuchMic"):
        list(iter(capture.read, None))
    capture.stop()


def test_an_unknown_microphone_is_refused_by_name(clock: ManualClock) -> None:
    assert make_capture(MicrophoneSettings(), clock) is None
    assert isinstance(make_capture(MicrophoneSettings("alsa", "hw:1"), clock), AlsaCapture)
    with pytest.raises(SettingsError, match="bluetooth"):
        make_capture(MicrophoneSettings("bluetooth"), clock)


def test_the_command_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    box = (
        '[box]\nid = "box-1"\narea = "530199001001"\nvillage = "青石村"\n'
        f'state = "{tmp_path}/state"\nrun = "{tmp_path}/run"\n'
    )
    for text, said in (
        (box, "[microphone]"),
        (box + '[microphone]\ncapture = "alsa"\n', "没有运行"),
    ):
        path.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "edge_agent.cli", "audio", "live", "--settings", str(path)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 78
        assert said in done.stderr
