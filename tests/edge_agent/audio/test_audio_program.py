"""The whole audio part on a real store, outbox and poke socket, in a clock moved by hand."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from contract.alert import Alert
from contract.areas import Area
from contract.keys import PrivateKey
from contract.manifest import Item, Manifest
from contract.messages import seal_message, sha256_hex
from contract.notice import Asset, Cap, Notice, Sender, Speech
from edge_agent import settings as box_settings
from edge_agent.audio.program import Loudspeaker
from edge_agent.clock import CHINA
from edge_agent.outbox import Outbox
from edge_agent.part import Part
from edge_agent.poke import PokeListener, poke
from edge_agent.store import Store, StoreWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gpiozero.pins.mock import MockFactory

    from edge_agent.clock import ManualClock

VILLAGE = Area("530199001001")
NOON = datetime(2024, 7, 3, 12, 0, tzinfo=CHINA)
KEY = PrivateKey.generate()
VOICE = r"""
import json, pathlib, socket, sys, wave
folder = pathlib.Path(sys.argv[-1])
poker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for line in sys.stdin:
    order = json.loads(line)
    recorded = folder / (order["name"] + ".source")
    with wave.open(str(folder / (order["name"] + ".wav")), "wb") as out:
        out.setnchannels(1); out.setsampwidth(2); out.setframerate(48000)
        out.writeframes((b"\3\4" if recorded.exists() else b"\1\2") * 96000)
    answer = {"engine": "recorded" if recorded.exists() else "test"}
    part = folder / (order["name"] + ".part")
    part.write_text(json.dumps(answer))
    part.replace(folder / (order["name"] + ".json"))
    poker.sendto(b"!", str(folder.parents[2] / "run" / "audio.poke"))
"""


def notice(name: str = "N001", revision: int = 1, **changes: object) -> Notice:
    made = Notice(
        name, revision, (str(VILLAGE),), "低保公示", "名单已经公示",
        Sender("青石村"), NOON, NOON, speech=Speech("低保名单已经公示"),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def flood(name: str = "A-1", **changes: object) -> Alert:
    words = notice("N004", priority="emergency", cap=Cap(severity="Extreme"))
    made = Alert(name, words, NOON, NOON + timedelta(hours=6), repeats=1)
    return replace(made, **changes)  # type: ignore[arg-type]


class Box:
    """One box: its settings, link's side of its store, and its audio part."""

    def __init__(self, folder: Path, clock: ManualClock, more: str = "") -> None:
        self.folder = folder
        self.clock = clock
        path = folder / "agent.toml"
        path.write_text(
            f'[box]\nid = "box-1"\narea = "{VILLAGE}"\nvillage = "青石村"\n'
            f'state = "{folder}/state"\nrun = "{folder}/run"\n'
            '[[zone]]\nname = "horn"\nsink = "file"\nrelay_pin = 17\nwarm_up_s = 0.5\n' + more,
            encoding="utf-8",
        )
        self.settings = box_settings.load(path)
        self.writer = StoreWriter(self.settings.part_folder("store"))
        self.generation = 0
        self.start()

    def start(self) -> None:
        """Switch the audio part on."""
        audio = self.settings.part_folder("audio")
        self.part = Part(
            "audio", self.settings, self.clock,
            Store(self.settings.part_folder("store"), read_only=True),
            Outbox(audio), PokeListener(self.settings.run, "audio"),
        )  # fmt: skip
        self.loudspeaker = Loudspeaker(self.part, (sys.executable, "-c", VOICE))

    def stop(self) -> None:
        """Switch it off in order."""
        self.loudspeaker.close()
        self.part.close()

    def publish(self, *notices: Notice, assets: tuple[bytes, ...] = ()) -> None:
        """What link does when a manifest has come with everything it lists."""
        items, files = [], []
        for each in notices:
            body = seal_message(each, KEY)
            self.writer.put_blob(body, self.clock.read().now)
            items.append(Item(each.id, each.revision, sha256_hex(body), len(body)))
            files += each.assets
        for body in assets:
            self.writer.put_blob(body, self.clock.read().now)
        self.generation += 1
        now = self.clock.read().now
        manifest = Manifest(str(VILLAGE), 1, self.generation, now, tuple(items), tuple(files))
        self.writer.apply(VILLAGE, seal_message(manifest, KEY))
        poke(self.settings.run, "audio")

    def alert(self, alert: Alert) -> None:
        """What link does with a verified alert."""
        self.writer.put_alert(alert, seal_message(alert, KEY), self.clock.read().now)
        poke(self.settings.run, "audio")

    def settle(self) -> None:
        """Look until notices are read and every voice has answered; waits for pokes, not time."""
        speaker = self.loudspeaker
        while True:
            speaker._look()
            speaker._player._gather(self.clock.read())
            reading = speaker._lookout._thread is not None
            if not reading and not speaker._desk.busy:
                return
            assert self.part.poked.wait(10), "nobody poked"

    def play(self, seconds: float) -> None:
        """Let the clock pass."""
        until_s = self.clock.monotonic_s() + seconds
        while (left_s := until_s - self.clock.monotonic_s()) > 1e-6:
            if wait_s := self.loudspeaker._player.step():
                self.clock.advance(min(wait_s, left_s))

    def live(self, seconds: float) -> None:
        """Let the clock pass as `Loudspeaker.run` does, looking whenever something is due."""
        until_s = self.clock.monotonic_s() + seconds
        self.settle()
        while (left_s := until_s - self.clock.monotonic_s()) > 1e-6:
            if self.loudspeaker._is_due():
                self.settle()
            if wait_s := self.loudspeaker._player.step():
                self.clock.advance(min(wait_s, left_s))

    def aired(self) -> list[tuple[str, str]]:
        """When (China's time) whose samples began, in order."""
        rows = [
            json.loads(line)
            for path in sorted((self.folder / "state/audio/horn").glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
        ]
        return [
            (f"{datetime.fromisoformat(row['at']).astimezone(CHINA):%m-%d %H:%M}", row["label"])
            for row in rows
            if row["label"].endswith((" speech", " siren"))
        ]

    def spoken(self) -> list[str]:
        """By whom the words were spoken that the card got, in order."""
        found: list[str] = []
        for path in sorted((self.folder / "state/audio/horn").glob("*.wav")):
            data = path.read_bytes()[44:]
            lines = path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
            rows = [json.loads(line) for line in lines]
            for row in rows:
                if row["label"].endswith(" speech"):
                    first = data[row["sample"] * 2 : row["sample"] * 2 + 2]
                    found.append("recording" if first == b"\3\4" else "voice")
        return found

    def relay_closings(self) -> int:
        """How often the amplifier was switched on."""
        text = (self.folder / "state/audio/relay-edges.jsonl").read_text(encoding="utf-8")
        return sum(json.loads(line)["on"] for line in text.splitlines())

    def states(self, notice_id: str) -> list[str]:
        """What was reported of one notice."""
        return [
            body["spoken"]["state"] for body in self.reports() if body["notice_id"] == notice_id
        ]

    def reports(self) -> list[dict[str, Any]]:
        """Everything in the outbox, once the thread that writes it is through."""
        done = threading.Event()
        self.loudspeaker._scribe.later(lambda _: done.set())
        assert done.wait(10), "the scribe does not answer"
        return [event.body for event in self.part.outbox.after(0, 1000)]

    def labels(self) -> list[str]:
        """Whose samples the card got, in order."""
        found = []
        for path in sorted((self.folder / "state/audio/horn").glob("*.jsonl")):
            lines = path.read_text(encoding="utf-8").splitlines()
            found += [json.loads(line)["label"] for line in lines]
        return [one for one in found if "@" in one]


@pytest.fixture
def box(tmp_path: Path, clock: ManualClock, pins: MockFactory) -> Iterator[Box]:
    del pins
    made = Box(tmp_path, clock)
    yield made
    made.stop()


def test_a_published_notice_is_announced_and_reported(box: Box) -> None:
    box.publish(notice())
    box.settle()
    box.play(15)
    assert box.labels() == ["N001@1 warm-up", "N001@1 chime", "N001@1 speech"]
    assert box.states("N001") == ["accepted", "queued", "started", "finished"]


def test_an_alert_sounds_with_the_step_after_the_poke(box: Box) -> None:
    box.publish(notice())
    box.settle()
    box.play(3)
    box.alert(flood())
    box.loudspeaker._look()
    box.loudspeaker._player.step()
    assert box.labels()[-1] == "A-1@1 siren"
    box.settle()
    box.play(30)
    assert box.labels()[-3:] == ["A-1@1 speech", "N001@1 chime", "N001@1 speech"]
    assert box.states("N004")[-1] == "finished"
    assert box.states("N001")[-1] == "finished"


def test_a_cancel_stops_the_alert_and_the_all_clear_is_spoken(box: Box) -> None:
    box.alert(flood())
    box.settle()
    box.play(6)
    clear = notice("N045", cap=Cap("Actual", "Cancel", references=("A-1",)), priority="emergency")
    box.alert(Alert("A-2", clear, NOON, NOON + timedelta(hours=1), repeats=1))
    box.settle()
    box.play(20)
    assert box.states("N004")[-1] == "cancelled"
    assert box.labels()[-2:] == ["A-2@1 chime", "A-2@1 speech"]
    assert box.states("N045")[-1] == "finished"


def test_a_cancel_that_comes_first_silences_the_alert_and_itself(box: Box) -> None:
    clear = notice("N045", cap=Cap("Actual", "Cancel", references=("A-1",)), priority="emergency")
    box.alert(Alert("A-2", clear, NOON, NOON + timedelta(hours=1), repeats=1))
    box.settle()
    box.alert(flood())
    box.settle()
    box.play(20)
    assert box.labels() == []


def test_an_update_replaces_the_alert_that_is_speaking(box: Box) -> None:
    box.alert(flood())
    box.settle()
    box.play(6)
    words = notice("N005", priority="emergency", cap=Cap("Actual", "Update", references=("A-1",)))
    box.alert(flood("A-3", notice=words))
    box.settle()
    box.play(20)
    assert box.states("N004")[-1] == "superseded"
    assert box.states("N005")[-1] == "finished"


def test_a_corrected_notice_is_announced_anew_and_a_withdrawn_one_falls_silent(box: Box) -> None:
    box.publish(notice(), notice("N002"))
    box.settle()
    box.play(4)
    box.publish(notice(revision=2))
    box.settle()
    box.play(30)
    assert box.states("N002")[-1] == "cancelled"
    ended = [(b["notice_id"], b["revision"], b["spoken"]["state"]) for b in box.reports()]
    assert ("N001", 1, "superseded") in ended
    assert ("N001", 2, "finished") in ended


def test_the_recording_of_the_hub_goes_before_the_voice_of_the_box(box: Box) -> None:
    recording = b"OggS recording"
    asset = Asset(sha256_hex(recording), len(recording), "audio/ogg")
    box.publish(notice(speech=Speech("低保名单", asset)), assets=(recording,))
    box.settle()
    box.play(20)
    box.reports()
    (row,) = box.loudspeaker._journal.log()
    assert row["engine"] == "recorded"


def test_the_voice_speaks_when_the_recording_does_not_come(box: Box) -> None:
    asset = Asset("ab" * 32, 17_000, "audio/ogg")
    box.publish(notice(speech=Speech("低保名单", asset)))
    box.settle()
    box.play(10)
    assert box.states("N001") == ["accepted"]
    box.play(15)
    box.settle()
    box.play(15)
    box.reports()
    (row,) = box.loudspeaker._journal.log()
    assert (row["engine"], row["state"]) == ("test", "finished")


ALARM = b"OggS the hub's recording of the alarm"


def recorded_flood() -> Alert:
    asset = Asset(sha256_hex(ALARM), len(ALARM), "audio/ogg")
    return flood(notice=replace(flood().notice, speech=Speech("请立即转移", asset)))


def test_an_alarm_s_recording_that_comes_while_the_siren_sounds_is_the_one_that_is_heard(
    box: Box,
) -> None:
    box.alert(recorded_flood())
    box.settle()
    assert box.labels() == []
    box.play(2)
    assert box.labels()  # the siren did not wait
    box.writer.put_asset(ALARM, box.clock.read().now)
    box.settle()
    box.play(30)
    box.reports()
    (row,) = box.loudspeaker._journal.log()
    assert (row["engine"], row["state"]) == ("recorded", "finished")


@pytest.mark.parametrize("arrives", ["while it is spoken", "never"])
def test_an_alarm_whose_recording_is_late_is_spoken_by_the_box(box: Box, arrives: str) -> None:
    box.alert(recorded_flood())
    box.settle()
    box.play(4.5)
    box.settle()
    if arrives != "never":
        box.writer.put_asset(ALARM, box.clock.read().now)
        box.settle()
    box.play(30)
    box.reports()
    (row,) = box.loudspeaker._journal.log()
    assert (row["engine"], row["state"]) == ("test", "finished")
    assert json.loads(row["samples_played"]) == {"horn": (5 + 2) * 48_000}  # siren, words


def test_an_alarm_released_before_its_recording_was_made_is_recorded_from_the_next_reading(
    box: Box,
) -> None:
    box.alert(flood(repeats=3))
    box.settle()
    box.play(6)  # in the middle of the first reading
    later = replace(recorded_flood(), repeats=3)
    box.writer.put_edition(later, seal_message(later, KEY))
    box.writer.put_asset(ALARM, box.clock.read().now)
    box.settle()
    box.play(1.5)
    box.stop()  # and whoever speaks so far still does after a power cut
    box.start()
    box.settle()
    box.play(60)
    box.reports()
    voices = box.spoken()
    assert voices == ["voice", *["voice"] * (len(voices) - 3), "recording", "recording"]
    (row,) = box.loudspeaker._journal.log()
    assert (row["engine"], row["state"]) == ("test, recorded", "finished")
    siren_words_gap = 3 * (5 + 2) + 2 * 2
    assert json.loads(row["samples_played"]) == {"horn": siren_words_gap * 48_000}


def test_a_recording_that_never_comes_changes_nothing(box: Box) -> None:
    box.alert(flood(repeats=2))
    box.settle()
    box.play(6)
    later = replace(recorded_flood(), repeats=2)
    box.writer.put_edition(later, seal_message(later, KEY))
    box.settle()
    box.play(60)
    assert box.spoken() == ["voice", "voice"]
    assert box.states("N004")[-1] == "finished"


def test_without_a_trusted_clock_notices_wait_and_sound_once_it_is_trusted(
    box: Box, clock: ManualClock
) -> None:
    clock.trusted = False
    box.publish(notice())
    box.settle()
    box.play(5)
    assert box.labels() == []
    clock.trusted = True
    box.settle()
    box.play(15)
    assert box.states("N001")[-1] == "finished"


def test_a_new_box_does_not_speak_for_an_hour_about_old_notices(
    box: Box, clock: ManualClock
) -> None:
    clock.advance(10 * 86_400)
    box.publish(*(notice(f"N{n:03}") for n in range(20)))
    box.settle()
    box.play(60)
    assert box.labels() == []
    assert {box.states(f"N{n:03}")[-1] for n in range(20)} == {"missed"}


def test_after_a_restart_nothing_is_announced_twice(box: Box) -> None:
    box.publish(notice())
    box.alert(flood())
    box.settle()
    box.play(30)
    before = box.labels()
    box.stop()
    box.start()
    box.settle()
    box.play(30)
    assert box.labels() == before


def test_a_restart_in_the_middle_goes_on_with_the_words_from_the_store(box: Box) -> None:
    box.publish(notice())
    box.settle()
    box.play(4)
    box.stop()
    box.start()
    box.settle()
    box.play(20)
    assert box.states("N001") == [
        "accepted", "queued", "started", "interrupted", "resumed", "finished",
    ]  # fmt: skip
    assert len(list((box.folder / "state/audio/speech").iterdir())) == 0
