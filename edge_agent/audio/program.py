"""The audio program: read what is in force, announce it, write the receipts, sleep."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import sys
from typing import TYPE_CHECKING

from edge_agent.audio.agenda import Agenda
from edge_agent.audio.amplifier import Amplifier, RelayLog, prepare_gpio
from edge_agent.audio.capture import make_capture
from edge_agent.audio.ears import Ears
from edge_agent.audio.jingles import Jingles
from edge_agent.audio.journal import open_journal
from edge_agent.audio.ledger import Ledger
from edge_agent.audio.live import LiveDesk
from edge_agent.audio.lookout import Lookout
from edge_agent.audio.microphone import Microphone
from edge_agent.audio.mixer import Mixer
from edge_agent.audio.player import Player
from edge_agent.audio.queue import Queue
from edge_agent.audio.rules import air_rules, volume
from edge_agent.audio.scribe import ThreadScribe
from edge_agent.audio.selftest import is_selftest, selftests
from edge_agent.audio.sinks.choice import check_devices, make_sink
from edge_agent.audio.speech import SpeechDesk
from edge_agent.audio.talk_key import TalkKey
from edge_agent.audio.words import Words
from edge_agent.live_spool import LiveSpool
from edge_agent.outbox import Outbox
from edge_agent.part import WATCHDOG_S, notify, open_part
from edge_agent.plan import plan
from edge_agent.poke import poke

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from contract.receipt import Receipt
    from edge_agent.audio.sinks import Sink
    from edge_agent.clock import Clock
    from edge_agent.part import Part
    from edge_agent.settings import Settings, ZoneSettings
    from edge_agent.store import InForce

_log = logging.getLogger(__name__)
SOUND_FIRST = -10
"""Niceness: a busy machine must not make gaps in the sound."""
READ_AGAIN_S = 600.0
"""The notices are read again so often although nothing changed."""


class Loudspeaker:
    """The audio part at work.

    Args:
        part: its settings, clock, outbox and poke socket.
        voice: the argument list of the child that speaks; the folder for its takes is appended.
    """

    def __init__(self, part: Part, voice: Sequence[str] = ()) -> None:
        settings, folder = part.settings, part.settings.part_folder("audio")
        check_devices(settings.zone)
        rules = air_rules(settings.audio)
        self._part = part
        self._rules = rules
        self._journal = open_journal(folder)
        self._queue = Queue(rules, self._journal.past())
        self._lookout = Lookout(settings.part_folder("store"), settings.run)
        self._agenda = Agenda(settings.area, settings.zone, rules)
        child = (sys.executable, "-m", "edge_agent.audio.speech_child", settings.source)
        self._desk = SpeechDesk(folder / "speech", voice or child, part.clock)
        jingles = Jingles(folder / "jingles")
        words = Words(self._desk, self._lookout.recording, jingles.siren)
        self._scribe = ThreadScribe(folder, self._open_send)
        self._live = LiveDesk(LiveSpool(settings.run), part.clock, self._agenda.zones_of)
        self._ledger = Ledger(
            settings.box.id,
            self._journal,
            self._scribe,
            lambda one: self._live.source(one) if one.kind == "live" else jingles.of(one),
        )
        self._player = Player(
            clock=part.clock,
            queue=self._queue,
            journal=self._journal,
            ledger=self._ledger,
            words=words,
            mixer=Mixer(_cards(settings.zone, folder, part.clock), part.clock),
            amplifier=Amplifier(settings.zone, part.clock, RelayLog(folder, part.clock)),
            volume=volume(settings),
            siren=jingles.siren,
            ears=Ears.of(settings.zone, part.clock),
            live_fault=self._live.fault,
        )
        self._microphone = self._new_microphone(folder)
        self._player.restore()
        self._desk.forget_all_but(words.names_of(self._ledger.airings))
        self._change = -1
        self._trusted = False
        self._read_at_s = 0.0
        self._due: datetime | None = None
        self._journal.prune()

    def run(self) -> None:
        """Turn until the part is told to stop."""
        poked = True
        fed_s = 0.0
        while not self._part.stopping:
            if poked or self._is_due():
                try:
                    self._look()
                except sqlite3.Error:
                    _log.exception("the store cannot be read; speaking on")
            wait_s = self._player.step()
            if self._microphone is not None:
                wait_s = min(wait_s, self._microphone.turn())
            if wait_s > 0:
                poked = self._part.wait(wait_s)
                continue
            poked = self._part.poked.drain()
            if (now_s := self._part.clock.monotonic_s()) - fed_s > WATCHDOG_S:
                notify("WATCHDOG=1")
                fed_s = now_s

    def close(self) -> None:
        """Relays off first, then everything else in order."""
        self._player.close()
        if self._microphone is not None:
            self._microphone.close()
        self._scribe.close()
        self._desk.close()
        self._lookout.close()
        self._journal.close()

    def _look(self) -> None:
        """See what is new: alerts and live speech now, notices when the thread has read them."""
        self._hear_talks()
        change = self._lookout.change()
        if change != self._change:
            self._change = change
            self._hear_alerts()
        if change != self._lookout.change_read or self._is_due():
            self._read_at_s = self._part.clock.monotonic_s()
            self._trusted = self._part.clock.read().trusted
            self._due = None
            self._lookout.start_reading()
        found = self._lookout.notices()
        if found is not None:
            self._hear_notices(found)
            if self._lookout.change_read != change:
                self._lookout.start_reading()

    def _is_due(self) -> bool:
        reading = self._part.clock.read()
        return (
            reading.trusted != self._trusted
            or (self._due is not None and reading.now >= self._due)
            or self._part.clock.monotonic_s() - self._read_at_s > READ_AGAIN_S
        )

    def _hear_alerts(self) -> None:
        held, cancelled = self._lookout.alerts()
        reading = self._part.clock.read()
        for item in self._agenda.alerts(held, reading, self._ledger.was_heard):
            self._player.accept(item.announcement, item.notice)
        for announcement_id in cancelled - self._queue.forbidden:
            self._player.cancel(announcement_id)

    def _hear_notices(self, found: InForce) -> None:
        reading = self._part.clock.read()
        current = plan(found, reading)
        self._due = current.next_change
        for item in self._agenda.notices(current.speech, reading):
            self._player.accept(item.announcement, item.notice)
        for test in selftests(reading.now, self._rules) if reading.trusted else ():
            self._player.accept(test)
        held = {each.notice.name for each in found.notices if "speaker" in each.notice.channels}
        for entry in self._queue.entries:
            said = entry.announcement
            own = said.notice_id or said.live or is_selftest(said.id)
            if not own and f"{said.id}@{said.revision}" not in held:
                self._player.withdraw(said.key, "已撤回 withdrawn")

    def _new_microphone(self, folder: Path) -> Microphone | None:
        settings, clock = self._part.settings, self._part.clock
        capture = make_capture(settings.microphone, clock)
        if capture is None:
            return None
        return Microphone(
            capture=capture,
            key=TalkKey(settings.microphone, settings.run, clock),
            spool=LiveSpool(settings.run),
            folder=folder / "live",
            clock=clock,
            zones=settings.microphone.zones,
            announce=self._hear_talks,
            is_wanted=lambda talk: self._queue.find(f"{talk}@1") is not None,
        )

    def _hear_talks(self) -> None:
        for item in self._live.announcements():
            self._player.accept(item)

    def _open_send(self) -> Callable[[Receipt], None]:
        """Called in the scribe's thread, for a database belongs to the thread that opened it."""
        outbox = Outbox(self._part.settings.part_folder("audio"))

        def send(receipt: Receipt) -> None:
            outbox.add_receipt(receipt)
            poke(self._part.settings.run, "link")

        return send


def _cards(
    zones: tuple[ZoneSettings, ...], folder: Path, clock: Clock
) -> dict[str, tuple[Sink, list[str]]]:
    """One sink for each device; zones that share a device share its sink."""
    cards: dict[str, tuple[Sink, list[str]]] = {}
    for zone in zones:
        sink = make_sink(zone, folder, clock)
        cards.setdefault(f"{zone.sink} {sink.name}", (sink, []))[1].append(zone.name)
    return cards


def main(settings: Settings) -> int:
    """Run the audio part until SIGTERM. Exit code 0; relays are off on every way out."""
    with contextlib.suppress(OSError):  # not allowed on most desks; a box's unit allows it
        os.setpriority(os.PRIO_PROCESS, 0, SOUND_FIRST)
    prepare_gpio(settings.part_folder("audio"))
    part = open_part("audio", settings)
    try:
        loudspeaker = Loudspeaker(part)
        try:
            notify("READY=1")
            loudspeaker.run()
        finally:
            loudspeaker.close()
    finally:
        part.close()
    return 0
