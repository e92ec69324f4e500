"""A loudspeaker for tests: real queue, journal, mixer, relays (mock pins), recording cards.

Only the voice is a stand-in: it says what the test gives it, when the test lets it.
"""

from __future__ import annotations

import hashlib
import json
import wave
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge_agent.audio.amplifier import Amplifier, RelayLog
from edge_agent.audio.ears import Ears
from edge_agent.audio.journal import Journal
from edge_agent.audio.ledger import Ledger
from edge_agent.audio.live import LiveDesk, LiveSource
from edge_agent.audio.mixer import Mixer
from edge_agent.audio.pcm import Clip
from edge_agent.audio.player import Player
from edge_agent.audio.queue import Queue
from edge_agent.audio.scribe import PromptScribe
from edge_agent.audio.sinks.pacing import Pacer
from edge_agent.audio.sinks.recording import RecordingSink
from edge_agent.audio.speech import Order, SpeechFailedError, Take
from edge_agent.audio.timetable import AirRules, Calendar
from edge_agent.audio.volume import Volume
from edge_agent.audio.words import Words
from edge_agent.live_spool import LiveSpool
from edge_agent.settings import ZoneSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from contract.receipt import Receipt
    from edge_agent.audio.programme import Segment
    from edge_agent.audio.sinks import Sink
    from edge_agent.clock import ManualClock

CHIME = Clip(hashlib.shake_128(b"chime").digest(2 * 12_000))
SIREN = Clip(hashlib.shake_128(b"siren").digest(2 * 24_000))
ONE_ZONE = (ZoneSettings("村", relay_pin=17, warm_up_s=1.5, tail_s=2.0, minimum_hold_s=5.0),)
POKED_S = 0.02
"""A voice that is ready pokes the player; here it is simply asked as often."""


def sounds(segment: Segment) -> Clip:
    """The chime, or as much siren as the segment asks for."""
    if segment.kind == "chime":
        return CHIME
    return Clip(SIREN.read(0, SIREN.samples), round(segment.seconds * 48_000))


def words_pcm(text: str, seconds: float) -> bytes:
    """Samples that belong to this text alone."""
    return hashlib.shake_128(text.encode()).digest(2 * round(seconds * 48_000))


@dataclass
class TestVoice:
    """Says each text in ``seconds``; silent for the texts in ``withheld``, fails for ``broken``."""

    __test__ = False
    folder: Path
    seconds: float = 3.0
    withheld: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    orders: dict[str, Order] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)

    def order(self, order: Order) -> None:
        self.orders[order.name] = order

    def turn(self) -> None:
        pass

    def take(self, name: str) -> Take | None:
        order = self.orders.get(name)
        if order is None or order.text in self.withheld:
            return None
        if order.text in self.broken:
            raise SpeechFailedError("the voice is broken")
        path = self.folder / f"{name}.wav"
        if not path.exists():
            with wave.open(str(path), "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(48_000)
                out.writeframes(words_pcm(order.text, self.seconds))
        return Take(path, "test", "voice-1", -16.0)

    def forget(self, name: str) -> None:
        self.forgotten.append(name)
        (self.folder / f"{name}.wav").unlink(missing_ok=True)


class Village:
    """One box's loudspeaker. Make another on the same folder for a restart."""

    def __init__(
        self,
        folder: Path,
        clock: ManualClock,
        *,
        zones: Sequence[ZoneSettings] = ONE_ZONE,
        sinks: Mapping[str, tuple[Sink, Sequence[str]]] | None = None,
        rules: AirRules | None = None,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.receipts: list[Receipt] = []
        (folder / "speech").mkdir(exist_ok=True)
        self.voice = TestVoice(folder / "speech")
        self.journal = Journal(folder)
        self.queue = Queue(rules or AirRules(calendar=Calendar.load()), self.journal.past())
        self.amplifier = Amplifier(zones, clock, RelayLog(folder, clock))
        self.spool = LiveSpool(folder / "run")
        self.live = LiveDesk(self.spool, clock, lambda _: ())
        self.words = Words(self.voice, lambda _: None, SIREN)
        scribe = PromptScribe(self.journal, self.receipts.append)
        scribe.send_reports()
        self.player = Player(
            clock=clock,
            queue=self.queue,
            journal=self.journal,
            ledger=Ledger("box-1", self.journal, scribe, self._sounds),
            words=self.words,
            mixer=Mixer(sinks or own_cards(zones, folder, clock), clock),
            amplifier=self.amplifier,
            volume=Volume(zones),
            siren=SIREN,
            ears=Ears.of(zones, clock),
            live_fault=self.live.fault,
        )
        self.player.restore()

    def _sounds(self, segment: Segment) -> Clip | LiveSource:
        return self.live.source(segment) if segment.kind == "live" else sounds(segment)

    def run(self, seconds: float) -> None:
        """Let ``seconds`` of the clock pass, playing."""
        until_s = self.clock.monotonic_s() + seconds
        while (left_s := until_s - self.clock.monotonic_s()) > 1e-6:
            wait_s = self.player.step()
            if wait_s:
                self.clock.advance(min(wait_s, left_s, POKED_S))

    def cut_power(self) -> None:
        """Forget everything that is not on disk. Pins fall back by themselves."""
        self.journal.close()
        for relay in self.amplifier._relays.values():
            if relay.device is not None:
                relay.device.close()

    def states(self, notice_id: str) -> list[str]:
        """What the hub was told of one notice, in order."""
        return [
            one.spoken.state for one in self.receipts if one.notice_id == notice_id and one.spoken
        ]

    def last(self, notice_id: str) -> Receipt:
        """The last receipt of one notice."""
        return [one for one in self.receipts if one.notice_id == notice_id][-1]

    def heard(self, zone: str = "村") -> list[tuple[str, bytes]]:
        """What the zone's card really got: runs of samples with their label, in order."""
        runs: list[tuple[str, bytes]] = []
        for path in sorted((self.folder / zone).glob("*.wav")):
            index = path.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
            rows = [json.loads(line) for line in index]
            data = path.read_bytes()[44:]
            starts = [row["sample"] for row in rows] + [len(data) // 2]
            for row, start, end in zip(rows, starts, starts[1:], strict=False):
                if end > start:
                    runs.append((row["label"], data[start * 2 : end * 2]))
        return runs

    def samples_of(self, label: str, zone: str = "村") -> bytes:
        """All samples with this label, joined."""
        return b"".join(data for name, data in self.heard(zone) if name == label)


def own_cards(
    zones: Sequence[ZoneSettings], folder: Path, clock: ManualClock
) -> dict[str, tuple[Sink, tuple[str, ...]]]:
    """A recording card for each zone."""
    return {
        zone.name: (RecordingSink(folder / zone.name, clock, Pacer(clock)), (zone.name,))
        for zone in zones
    }
