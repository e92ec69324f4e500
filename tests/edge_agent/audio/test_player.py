"""Playing, from the queue to the samples a card got, in a clock that is moved by hand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from loudspeaker import CHIME, ONE_ZONE, SIREN, Village, own_cards, words_pcm

from edge_agent.audio.announcement import Announcement, Kind, Level, Severity
from edge_agent.audio.sinks import SinkLostError
from edge_agent.audio.sinks.alsa import AlsaSink
from edge_agent.audio.sinks.pacing import Pacer
from edge_agent.audio.sinks.recording import RecordingSink
from edge_agent.audio.timetable import AirRules
from edge_agent.clock import CHINA, ManualClock
from edge_agent.settings import ZoneSettings

if TYPE_CHECKING:
    from pathlib import Path

    from gpiozero.pins.mock import MockFactory

NOON = datetime(2024, 7, 3, 12, 0, tzinfo=CHINA)
NOTICE = Announcement("N001", Kind.ROUTINE, NOON, NOON, "低保名单已经公示")
FLOOD = Announcement(
    "N004",
    Kind.EMERGENCY,
    NOON,
    NOON,
    "山洪红色预警",
    level=Level.COUNTY,
    severity=Severity.EXTREME,
    expires_at=NOON + timedelta(hours=6),
)
TWO_ZONES = (ZoneSettings("北", relay_pin=17), ZoneSettings("南", relay_pin=27))


@pytest.fixture
def village(tmp_path: Path, clock: ManualClock, pins: MockFactory) -> Village:
    del pins
    return Village(tmp_path, clock)


def relay_edges(village: Village) -> list[tuple[float, str, bool]]:
    lines = (village.folder / "relay-edges.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [(row["monotonic_s"], row["zone"], row["on"]) for row in rows if row["why"] != "start"]


def test_a_notice_sounds_after_a_chime_and_every_sample_of_it(village: Village) -> None:
    village.player.accept(NOTICE)
    village.run(20)
    assert village.samples_of("N001@1 chime") == CHIME.read(0, CHIME.samples)
    assert village.samples_of("N001@1 speech") == words_pcm(NOTICE.text, 3.0)
    assert village.states("N001") == ["accepted", "queued", "started", "finished"]


def test_the_relay_is_on_before_the_first_sample_and_off_after_the_last(
    village: Village, pins: MockFactory
) -> None:
    village.player.accept(NOTICE)
    village.run(30)
    (on_s, _, on), (off_s, _, off) = relay_edges(village)
    assert (on, off) == (True, False)
    index = (village.folder / "村" / "0001.jsonl").read_text(encoding="utf-8").splitlines()
    at = {row["label"]: row["monotonic_s"] for row in map(json.loads, index)}
    assert at["N001@1 chime"] - on_s >= 1.4, "the amplifier warms up first"
    assert off_s - at["tail"] >= 2.0, "the tail sounds before the relay opens"
    assert at["end"] >= off_s, "the stream ends after the amplifier"
    assert pins.pin(17).state == 0


def test_the_receipt_tells_samples_hash_voice_and_evidence(village: Village) -> None:
    village.player.accept(NOTICE)
    village.run(20)
    spoken = village.last("N001").spoken
    assert spoken is not None
    played = CHIME.read(0, CHIME.samples) + words_pcm(NOTICE.text, 3.0)
    assert spoken.samples_total == len(played) // 2
    assert spoken.samples_played == {"村": len(played) // 2}
    assert spoken.pcm_sha256 == hashlib.sha256(played).hexdigest()
    assert (spoken.engine, spoken.voice, spoken.loudness_lufs) == ("test", "voice-1", -16.0)
    assert spoken.evidence == "sent_to_device"


def test_an_emergency_breaks_in_with_the_next_block_and_the_notice_resumes_at_the_very_sample(
    village: Village,
) -> None:
    village.player.accept(NOTICE)
    village.run(4.013)
    before_s = village.clock.monotonic_s()
    village.player.accept(FLOOD)
    village.player.step()
    assert village.clock.monotonic_s() - before_s <= 0.0201
    village.run(60)
    whole = village.samples_of("N001@1 chime") + village.samples_of("N001@1 speech")
    assert whole == CHIME.read(0, CHIME.samples) + words_pcm(NOTICE.text, 3.0)
    order = [label for label, _ in village.heard() if "@" in label and "warm" not in label]
    assert order[1:] == ["N001@1 speech", "N004@1 siren", "N004@1 speech", "N001@1 speech"]
    assert village.states("N001")[-3:] == ["interrupted", "resumed", "finished"]
    spoken = village.last("N001").spoken
    assert spoken is not None
    (stop,) = spoken.interruptions
    assert stop.by == "N004@1"
    assert stop.seconds == pytest.approx(8.0, abs=0.2)


def test_an_emergency_out_of_silence_does_not_wait_for_the_amplifier(village: Village) -> None:
    village.player.accept(FLOOD)
    village.player.step()
    village.run(20)
    first, *_ = village.heard()
    assert first[0] == "N004@1 siren"
    assert relay_edges(village)[0] == (0.0, "村", True)


def test_the_siren_sounds_for_as_long_as_no_voice_is_ready(village: Village) -> None:
    village.voice.withheld.add(FLOOD.text)
    village.player.accept(FLOOD)
    village.run(12)
    village.voice.withheld.clear()
    village.run(20)
    runs = village.heard()
    labels = [label for label, _ in runs]
    assert labels[:2] == ["N004@1 siren", "N004@1 speech"]
    assert len(runs[0][1]) / 96_000 == pytest.approx(12.1, abs=0.1)
    assert runs[1][1] == words_pcm(FLOOD.text, 3.0)
    assert village.states("N004") == ["accepted", "started", "finished"]


def test_an_emergency_that_no_voice_can_say_is_a_siren_and_is_reported_as_failed(
    village: Village,
) -> None:
    village.voice.broken.add(FLOOD.text)
    village.player.accept(FLOOD)
    village.run(40)
    assert len(village.samples_of("N004@1 siren")) / 96_000 == pytest.approx(5.0)
    assert len(village.samples_of("N004@1 speech")) / 96_000 == pytest.approx(15.0)
    assert village.samples_of("N004@1 speech")[:48_000] == SIREN.read(0, 24_000)
    last = village.last("N004")
    assert last.spoken is not None
    assert (last.spoken.state, last.spoken.engine) == ("failed", "siren")


@pytest.mark.parametrize("ends_as", ["finished", "failed"])
def test_an_all_clear_never_sounds_the_siren_whatever_its_voice_does(
    village: Village, ends_as: str
) -> None:
    clear = replace(FLOOD, id="A-2", text="警报解除", siren=False)
    village.voice.withheld.add(clear.text)
    village.player.accept(clear)
    village.run(6)
    if ends_as == "failed":
        village.voice.broken.add(clear.text)
    village.voice.withheld.clear()
    village.run(20)
    assert not [label for label, _ in village.heard() if "siren" in label]
    assert SIREN.read(0, 960) not in b"".join(data for _, data in village.heard())
    assert village.states("A-2")[-1] == ends_as


def test_a_notice_that_no_voice_can_say_fails_without_a_chime(village: Village) -> None:
    village.voice.broken.add(NOTICE.text)
    village.player.accept(NOTICE)
    village.run(10)
    assert village.heard() == []
    assert relay_edges(village) == []
    assert village.states("N001")[-1] == "failed"


def test_two_top_alerts_are_both_heard_to_the_end(village: Village) -> None:
    fire = replace(FLOOD, id="N009", text="山火", repeats=2)
    village.player.accept(replace(FLOOD, repeats=2))
    village.run(1)
    village.player.accept(fire)
    village.run(80)
    for item in (FLOOD, fire):
        assert village.states(item.id)[-1] == "finished"
        assert village.samples_of(f"{item.key} speech") == words_pcm(item.text, 3.0) * 2
    spoken = [label for label, _ in village.heard() if label.endswith("speech")]
    assert spoken == ["N004@1 speech", "N009@1 speech"] * 2, "they take turns"


def test_the_second_reading_follows_after_a_gap(village: Village) -> None:
    village.player.accept(replace(NOTICE, repeats=2, gap_s=1.0))
    village.run(30)
    assert village.samples_of("N001@1 speech") == words_pcm(NOTICE.text, 3.0) * 2
    assert len(village.samples_of("N001@1 gap")) == 96_000
    assert len(village.samples_of("N001@1 chime")) == 24_000, "one chime is enough"


def test_a_cancelled_alert_is_silent_with_the_next_block(village: Village) -> None:
    village.player.accept(FLOOD)
    village.run(6)
    village.player.cancel("N004")
    village.run(10)
    assert len(village.samples_of("N004@1 siren")) / 96_000 == pytest.approx(5.0)
    assert len(village.samples_of("N004@1 speech")) / 96_000 == pytest.approx(1.08, abs=0.04)
    assert village.states("N004")[-1] == "cancelled"
    village.player.accept(replace(FLOOD, revision=2))
    village.run(5)
    assert village.states("N004")[-1] == "cancelled"


def test_what_is_over_leaves_no_words_on_the_disk(village: Village) -> None:
    village.player.accept(NOTICE)
    village.run(20)
    village.journal.close()
    for path in village.folder.iterdir():
        if path.is_file():
            assert NOTICE.text.encode() not in path.read_bytes(), path
            assert json.dumps(NOTICE.text).encode() not in path.read_bytes(), path
    assert list((village.folder / "speech").iterdir()) == []


def test_after_a_power_cut_the_announcement_goes_on_where_it_was_last_written_down(
    village: Village, clock: ManualClock, tmp_path: Path
) -> None:
    village.player.accept(NOTICE)
    village.run(4.5)
    assert village.queue.playing is not None
    handed_over = village.queue.playing.offset
    village.cut_power()
    clock.advance(20)
    again = Village(tmp_path, clock)
    again.player.accept(NOTICE)
    again.run(30)
    spoken = words_pcm(NOTICE.text, 3.0)
    first = spoken.index(again.heard()[-2][1][:4_000]) // 2
    twice = handed_over - CHIME.samples - first
    assert 0 <= twice <= 48_000, "at most a second is heard twice"
    assert again.states("N001")[-3:] == ["interrupted", "resumed", "finished"]
    stopped = again.last("N001").spoken
    assert stopped is not None
    assert stopped.interruptions[0].by == "restart"
    assert 20 <= stopped.interruptions[0].seconds <= 21.1, "the silence is told as long as it was"


def test_restarts_and_replays_never_play_an_alert_twice(
    village: Village, clock: ManualClock, tmp_path: Path
) -> None:
    village.player.accept(FLOOD)
    village.run(30)
    heard = village.heard()
    village.cut_power()
    again = Village(tmp_path, clock)
    again.player.accept(FLOOD)
    again.run(30)
    assert again.heard() == heard


def test_the_id_of_an_alert_is_on_disk_before_the_relay_closes(
    village: Village, clock: ManualClock, tmp_path: Path, pins: MockFactory
) -> None:
    dropped = replace(FLOOD, after_power_cut="drop")
    village.player.accept(dropped)
    village.player.step()
    assert pins.pin(17).state == 1
    village.cut_power()
    again = Village(tmp_path, clock)
    again.player.accept(dropped)
    again.run(10)
    assert again.states("N004")[-1] == "failed"
    assert pins.pin(17).state == 0


def test_a_disk_that_cannot_be_written_does_not_silence_an_emergency(
    village: Village, caplog: pytest.LogCaptureFixture
) -> None:
    village.journal._database.execute("PRAGMA query_only=ON")
    village.player.accept(FLOOD)
    village.player.step()
    assert "playing on" in caplog.text
    village.journal._database.execute("PRAGMA query_only=OFF")
    village.run(30)
    assert village.samples_of("N004@1 speech") == words_pcm(FLOOD.text, 3.0)
    assert village.states("N004") == ["accepted", "started", "finished"]


def test_what_alsa_gives_the_card_is_bit_for_bit_what_was_announced(
    tmp_path: Path, clock: ManualClock, pins: MockFactory, alsa_recording: Path
) -> None:
    del pins
    card = AlsaSink("rec", Pacer(clock))
    village = Village(tmp_path, clock, sinks={"rec": (card, ("村",))})
    village.player.accept(NOTICE)
    village.run(3)
    village.player.accept(FLOOD)
    village.run(60)
    assert village.states("N001")[-1] == village.states("N004")[-1] == "finished"
    played = alsa_recording.read_bytes()
    chime, words = CHIME.read(0, CHIME.samples), words_pcm(NOTICE.text, 3.0)
    siren = SIREN.read(0, 24_000) * 10
    whole = chime + words
    start = played.index(whole[:9_600])
    cut = played.index(siren[:9_600]) - start
    emergency = siren + words_pcm(FLOOD.text, 3.0)
    expected = whole[:cut] + emergency + whole[cut:]
    assert played[start : start + len(expected)] == expected
    assert not any(played[:start]), "silence before"
    assert not any(played[start + len(expected) :]), "silence after"


class VanishingCard(RecordingSink):
    """A card that is pulled out and put back by the test."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        super().__init__(folder, clock, Pacer(clock))
        self.gone = False

    def open(self) -> None:
        if self.gone:
            raise SinkLostError("pulled out")
        super().open()

    def write(self, block: bytes, label: str) -> None:
        if self.gone:
            raise SinkLostError("pulled out")
        super().write(block, label)


def test_a_card_that_comes_back_goes_on_with_what_was_not_heard(
    tmp_path: Path, clock: ManualClock, pins: MockFactory
) -> None:
    del pins
    card = VanishingCard(tmp_path / "村", clock)
    village = Village(tmp_path, clock, sinks={"村": (card, ("村",))})
    village.player.accept(NOTICE)
    village.run(3)
    card.gone = True
    village.run(8)
    assert village.states("N001")[-1] == "started"
    card.gone = False
    village.run(30)
    assert village.states("N001")[-1] == "finished"
    pieces = [data for label, data in village.heard() if label == "N001@1 speech"]
    assert len(pieces) == 2
    spoken = words_pcm(NOTICE.text, 3.0)
    twice = len(pieces[0]) + len(pieces[1]) - len(spoken)
    assert pieces[0] + pieces[1][twice:] == spoken, "nothing is missing"
    assert 0 < twice <= 0.08 * 96_000, "only what was in the card's buffer is heard twice"


def test_an_ordinary_announcement_without_any_card_fails_and_the_queue_goes_on(
    tmp_path: Path, clock: ManualClock, pins: MockFactory
) -> None:
    del pins
    card = VanishingCard(tmp_path / "村", clock)
    card.gone = True
    village = Village(tmp_path, clock, sinks={"村": (card, ("村",))})
    village.player.accept(NOTICE)
    village.run(70)
    assert village.states("N001")[-1] == "failed"
    card.gone = False
    village.player.accept(replace(NOTICE, id="N002", due_at=NOON + timedelta(seconds=70)))
    village.run(60)
    assert village.states("N002")[-1] == "finished"


def test_a_zone_that_missed_samples_makes_the_receipt_say_so(
    tmp_path: Path, clock: ManualClock, pins: MockFactory
) -> None:
    del pins
    south = VanishingCard(tmp_path / "南", clock)
    cards = {**own_cards(TWO_ZONES, tmp_path, clock), "南": (south, ("南",))}
    village = Village(tmp_path, clock, zones=TWO_ZONES, sinks=cards)
    village.player.accept(NOTICE)
    village.run(3)
    south.gone = True
    village.run(30)
    last = village.last("N001")
    assert last.spoken is not None
    assert last.spoken.state == "failed"
    assert last.spoken.samples_played is not None
    assert last.spoken.samples_played["北"] == last.spoken.samples_total
    taken = sum(len(data) // 2 for label, data in village.heard("南") if "warm-up" not in label)
    in_the_buffer = round(0.08 * 48_000)
    assert last.spoken.samples_played["南"] == taken - in_the_buffer, "that was perhaps not heard"
    assert "南" in last.detail


def test_a_neighbour_hears_its_own_last_samples_before_its_relay_opens(
    tmp_path: Path, clock: ManualClock, pins: MockFactory
) -> None:
    del pins
    card = RecordingSink(tmp_path / "both", clock, Pacer(clock))
    village = Village(tmp_path, clock, zones=TWO_ZONES, sinks={"both": (card, ("北", "南"))})
    village.player.accept(replace(NOTICE, zones=("南",)))
    village.run(3)
    village.player.accept(replace(FLOOD, zones=("北",)))
    village.run(1)
    index = (tmp_path / "both" / "0001.jsonl").read_text(encoding="utf-8").splitlines()
    siren = next(row for row in map(json.loads, index) if row["label"].endswith("siren"))
    edges = (tmp_path / "relay-edges.jsonl").read_text(encoding="utf-8").splitlines()
    off = [row for row in map(json.loads, edges) if row["zone"] == "南" and not row["on"]][-1]
    assert 0.05 <= off["monotonic_s"] - siren["monotonic_s"] <= 0.1


def test_a_card_that_dies_never_sends_its_sound_to_another_zone(
    tmp_path: Path, clock: ManualClock, pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    del pins
    config = tmp_path / "alsa.conf"
    cards = "".join(
        f'pcm.{name} {{ type file slave.pcm "null" file "{tmp_path}/{name}.raw" format "raw" }}\n'
        for name in ("north", "south")
    )
    config.write_text(f"</usr/share/alsa/alsa.conf>\n{cards}", encoding="ascii")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(config))
    south = AlsaSink("south", Pacer(clock))
    sinks = {"北": (AlsaSink("north", Pacer(clock)), ("北",)), "南": (south, ("南",))}
    village = Village(tmp_path, clock, zones=TWO_ZONES, sinks=sinks)
    village.player.accept(replace(NOTICE, zones=("南",)))
    village.run(3)
    assert south._aplay is not None
    south._aplay.kill()
    south._aplay.wait()
    village.player.accept(replace(FLOOD, zones=("北",)))
    village.run(40)
    village.player.close()
    words, alarm = words_pcm(NOTICE.text, 3.0), words_pcm(FLOOD.text, 3.0)
    north, again = (tmp_path / "north.raw").read_bytes(), (tmp_path / "south.raw").read_bytes()
    assert alarm in north
    assert words[-9600:] in again, "it was opened again and went on"
    for block in range(0, len(words) - 1920, 1920):
        assert words[block : block + 1920] not in north, "the notice of 南 never sounds in 北"
    for block in range(0, len(alarm) - 1920, 1920):
        assert alarm[block : block + 1920] not in again


def test_only_the_addressed_zone_hears_it_and_only_its_relay_closes(
    tmp_path: Path, clock: ManualClock, pins: MockFactory
) -> None:
    village = Village(tmp_path, clock, zones=TWO_ZONES)
    village.player.accept(replace(FLOOD, zones=("北",)))
    village.run(3)
    assert (pins.pin(17).state, pins.pin(27).state) == (1, 0)
    village.run(20)
    assert village.samples_of("N004@1 speech", "北") == words_pcm(FLOOD.text, 3.0)
    assert village.heard("南") == []


def test_a_neighbour_on_the_same_card_is_cut_off_while_it_must_not_hear(
    tmp_path: Path, clock: ManualClock, pins: MockFactory
) -> None:
    card = RecordingSink(tmp_path / "both", clock, Pacer(clock))
    village = Village(tmp_path, clock, zones=TWO_ZONES, sinks={"both": (card, ("北", "南"))})
    village.player.accept(NOTICE)
    village.run(3)
    assert (pins.pin(17).state, pins.pin(27).state) == (1, 1)
    village.player.accept(replace(FLOOD, zones=("北",)))
    village.run(1)
    assert (pins.pin(17).state, pins.pin(27).state) == (1, 0)
    village.run(12)
    assert (pins.pin(17).state, pins.pin(27).state) == (1, 1), "the notice goes on for both"


def test_an_amplifier_that_must_rest_makes_the_announcement_wait_not_vanish(
    tmp_path: Path, clock: ManualClock, pins: MockFactory
) -> None:
    del pins
    hot = (replace_zone(ONE_ZONE[0], maximum_on_s=4.0),)
    village = Village(tmp_path, clock, zones=hot)
    village.player.accept(NOTICE)
    village.run(90)
    first, second = (data for label, data in village.heard() if label == "N001@1 speech")
    twice = len(first) + len(second) - 3 * 96_000
    assert first + second[twice:] == words_pcm(NOTICE.text, 3.0), "nothing is missing"
    assert 0 < twice <= 0.08 * 96_000, "what the card still held is said again"
    assert village.states("N001")[-1] == "finished"
    assert [on for _, _, on in relay_edges(village)][:4] == [True, False, True, False]


def replace_zone(zone: ZoneSettings, **changes: float) -> ZoneSettings:
    return replace(zone, **changes)  # type: ignore[arg-type]


def test_the_daily_airtime_is_counted_over_restarts(
    tmp_path: Path, clock: ManualClock, pins: MockFactory
) -> None:
    del pins
    rules = AirRules(daily_airtime_s=3.0)
    village = Village(tmp_path, clock, rules=rules)
    village.player.accept(NOTICE)
    village.run(20)
    village.cut_power()
    again = Village(tmp_path, clock, rules=rules)
    again.player.accept(replace(NOTICE, id="N002", due_at=NOON))
    again.run(1200)
    assert again.states("N002")[-1] == "missed"
    assert "airtime" in again.last("N002").detail
    again.player.accept(FLOOD)
    again.run(20)
    assert again.states("N004")[-1] == "finished"


def test_an_ordinary_announcement_is_softer_where_the_technician_trimmed_it(
    tmp_path: Path, clock: ManualClock, pins: MockFactory
) -> None:
    del pins
    village = Village(tmp_path, clock, zones=(replace_zone(ONE_ZONE[0], gain_db=-6.02),))
    village.player.accept(NOTICE)
    village.run(20)
    loud = int.from_bytes(words_pcm(NOTICE.text, 3.0)[:2], "little", signed=True)
    soft = int.from_bytes(village.samples_of("N001@1 speech")[:2], "little", signed=True)
    assert soft == pytest.approx(loud / 2, abs=8)


def test_an_announcement_at_which_the_box_stops_again_and_again_is_given_up(
    village: Village, clock: ManualClock, tmp_path: Path
) -> None:
    village.player.accept(FLOOD)
    for _ in range(5):
        village.player.step()
        village.cut_power()
        village = Village(tmp_path, clock)
    assert [one.spoken.state for one in village.receipts if one.spoken] == []
    village.player.step()
    assert village.states("N004")[-1] == "failed"
    assert village.queue.entries == ()


def test_an_announcement_for_a_zone_that_is_gone_is_heard_by_all(village: Village) -> None:
    village.player.accept(replace(FLOOD, zones=("拆了的",)))
    village.run(20)
    assert village.states("N004")[-1] == "finished"


def test_a_silent_self_test_reaches_the_card_and_nobody_hears_it(village: Village) -> None:
    village.player.accept(replace(NOTICE, id="selftest-weekly", muted=True))
    village.run(20)
    sound = village.samples_of("selftest-weekly@1 speech")
    assert len(sound) == 3 * 96_000
    assert not any(sound)
    assert relay_edges(village) == []
    last = village.last("selftest-weekly").spoken
    assert last is not None
    assert (last.state, last.evidence) == ("finished", "sent_to_device")


def test_the_airing_log_can_be_exported(village: Village, tmp_path: Path) -> None:
    village.player.accept(NOTICE)
    village.player.accept(FLOOD)
    village.run(60)
    path = tmp_path / "log.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        assert village.journal.export(out) == 2
    header, first, second = path.read_text(encoding="utf-8").splitlines()
    assert header.startswith("key,kind,state")
    assert first.startswith("N001@1,routine,finished")
    assert second.startswith("N004@1,emergency,finished")
