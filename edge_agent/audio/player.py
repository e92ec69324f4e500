"""Playing: block by block, whoever the queue gives the air to, through relays and cards.

One `step` hands over at most 20 ms of sound and comes back, so that a poke is looked at fifty
times a second. Order of an emergency: on disk, relay, siren; everything else comes later.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from edge_agent.audio.announcement import State
from edge_agent.audio.pcm import BLOCK_S, BLOCK_SAMPLES, RATE_HZ, SAMPLE_BYTES, SILENT_BLOCK
from edge_agent.audio.queue import RESTART

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from contract.notice import Notice
    from edge_agent.audio.airing import Airing
    from edge_agent.audio.amplifier import Amplifier
    from edge_agent.audio.announcement import Announcement, Change
    from edge_agent.audio.ears import Ears
    from edge_agent.audio.journal import Journal
    from edge_agent.audio.ledger import Ledger
    from edge_agent.audio.mixer import Mixer
    from edge_agent.audio.pcm import Clip
    from edge_agent.audio.programme import Piece
    from edge_agent.audio.queue import Queue
    from edge_agent.audio.volume import Volume
    from edge_agent.audio.words import Words
    from edge_agent.clock import Clock, Reading

_log = logging.getLogger(__name__)
IDLE_S = 60.0
MOST_RESTARTS = 5
"""An announcement at whose same sample the box stopped so often is given up."""
NO_CARD_S = 60.0
"""An ordinary announcement is given up when no card took a sample for so long."""
VOICE_S = 1.0
"""How often a voice that is at work is looked after, should its poke get lost."""
PREPARE_S = 1800.0
"""An announcement is spoken by the voice so long before it is due."""
SAVE_SAMPLES = RATE_HZ
NO_VOICE = "没有可用的声音 no voice could say it"


class Player:
    """Plays what the queue decides. All times are the clock's; nothing here sleeps for long."""

    def __init__(  # noqa: PLR0913 - the audio part is made of that many pieces
        self,
        *,
        clock: Clock,
        queue: Queue,
        journal: Journal,
        ledger: Ledger,
        words: Words,
        mixer: Mixer,
        amplifier: Amplifier,
        volume: Volume,
        siren: Clip,
        ears: Ears,
        live_fault: Callable[[str], str],
    ) -> None:
        self._clock = clock
        self._queue = queue
        self._journal = journal
        self._ledger = ledger
        self._words = words
        self._mixer = mixer
        self._amplifier = amplifier
        self._volume = volume
        self._siren = siren
        self._ears = ears
        self._live_fault = live_fault
        self._on_air = ""
        self._listened_to = ""
        self._unsaved = 0
        self._mute_since_s: float | None = None
        self._last_sound_s: dict[str, float] = {}
        self._airtime: tuple[str, float] = ("", 0.0)

    def restore(self) -> None:
        """Take up what a power cut left behind."""
        reading = self._clock.read()
        kept = self._journal.open_airings()
        for one in kept:
            self._ledger.find(one.entry, one.facts)
        self._note(self._queue.restore([one.entry for one in kept], reading), reading)
        for one in kept:
            stuck = [each for each in one.facts.interruptions[-MOST_RESTARTS:]
                     if (each.by, each.at_sample) == (RESTART, one.entry.offset)]  # fmt: skip
            if len(stuck) >= MOST_RESTARTS and not one.entry.state.final:
                key, reason = one.entry.announcement.key, "反复中断 stopped the box again and again"
                self._note(self._queue.end(key, State.FAILED, reading, reason), reading)

    def accept(self, item: Announcement, notice: Notice | None = None) -> None:
        """Queue an announcement; a duplicate changes nothing. `step` writes it down."""
        reading = self._clock.read()
        changes = self._queue.offer(item, reading)
        if self._queue.find(item.key) is not None:
            if notice is not None:
                self._words.know(item.key, notice)
            if item.recording_sha256:
                self._words.expect(item.key, item.recording_sha256, reading.now)
        self._note(changes, reading)

    def cancel(self, announcement_id: str) -> None:
        """Its issuer cancelled it: stop now, and never start it."""
        reading = self._clock.read()
        self._note(self._queue.cancel(announcement_id, reading), reading)

    def withdraw(self, key: str, reason: str) -> None:
        """The plan no longer asks for it: stop now."""
        reading = self._clock.read()
        self._note(self._queue.withdraw(key, reading, reason), reading)

    def step(self) -> float:
        """Do what is due; returns the seconds until the next step, 0 while there is sound."""
        reading = self._clock.read()
        unready = self._unready()
        self._note(self._queue.turn(reading, self._airtime_s(reading), unready), reading)
        self._ledger.commit(reading)
        self._amplifier.watch()
        entry = self._queue.playing
        if entry is None:
            self._on_air = ""
            if self._gather(reading):
                return 0.0
            wait_s = self._wind_down(reading)
            return min(wait_s, VOICE_S) if unready else wait_s
        airing = self._ledger.find(entry)
        wait_s = self._sound(airing, reading)
        # Everything below happens while the card has 80 ms of sound in hand.
        self._rest_idle_zones(self._addressed(airing))
        self._gather(reading)
        return wait_s

    def close(self) -> None:
        """Stop in order: sound out, relays off, cards released, all written down."""
        self._amplifier.close()
        self._mixer.close()
        self._ears.end()
        self._save(self._clock.read())

    def _sound(self, airing: Airing, reading: Reading) -> float:
        """Hand over one block of the announcement that has the air."""
        zones = self._addressed(airing)
        item = airing.entry.announcement
        self._take_air(airing)
        self._hush_neighbours(airing.key, zones)
        warm_in_s = self._warm(airing, zones)
        awake = [zone for zone in zones if not self._amplifier.resting((zone,))]
        gains = self._volume.gains(awake, reading, urgent=item.urgent, muted=item.muted)
        if warm_in_s > 0 and not item.urgent:
            took = self._mixer.play(SILENT_BLOCK, gains, f"{airing.key} warm-up")
            return 0.0 if took else BLOCK_S
        piece = airing.track.read(airing.entry.offset, BLOCK_SAMPLES)
        if piece is None:
            return self._fill(airing, gains)
        if not piece.data:
            self._end_round(airing, reading)
            return 0.0
        took = self._mixer.play(piece.data, gains, f"{airing.key} {piece.kind}")
        airing.lost(self._mixer.unheard())
        if not took:
            return self._mute(airing, reading)
        self._count(airing, piece, took, reading)
        return 0.0

    def _warm(self, airing: Airing, zones: Collection[str]) -> float:
        """Switch the amplifiers on; the seconds until all of them are warm."""
        item = airing.entry.announcement
        if item.muted:
            return 0.0
        return self._amplifier.switch_on(zones, airing.key, urgent=item.urgent)

    def _count(self, airing: Airing, piece: Piece, took: Collection[str], reading: Reading) -> None:
        """The cards of the zones in ``took`` have these samples."""
        self._mute_since_s = None
        self._listen(airing, took, piece.data)
        airing.took(piece, took, self._addressed(airing))
        samples = len(piece.data) // SAMPLE_BYTES
        self._queue.heard(airing.key, airing.entry.offset + samples, reading)
        self._note_sound(took)
        self._unsaved += samples
        if piece.ends_reading:
            self._note(self._queue.reading_over(airing.key, reading), reading)
        if self._unsaved >= SAVE_SAMPLES:
            self._save(reading)

    def _take_air(self, airing: Airing) -> None:
        if self._on_air == airing.key:
            return
        self._on_air = airing.key
        self._listened_to = ""
        self._mute_since_s = None
        self._mixer.unheard()  # what was lost before was another's

    def _hush_neighbours(self, key: str, zones: Collection[str]) -> None:
        """A neighbour on the same card must not hear what is not for it.

        Its own last samples may still lie in the card's buffer: its relay opens behind them.
        """
        now_s = self._clock.monotonic_s()
        for zone in self._amplifier.on & self._mixer.neighbours(zones):
            lead_s = self._mixer.lead_samples((zone,)) / RATE_HZ
            if now_s - self._last_sound_s.get(zone, -lead_s) >= lead_s:
                self._amplifier.switch_off((zone,), f"not for {key}")

    def _listen(self, airing: Airing, zones: Collection[str], block: bytes) -> None:
        """Let the microphones follow; they are opened only when the first block is on its way."""
        if self._listened_to != airing.key:
            self._listened_to = airing.key
            self._ears.begin(zones)
        self._ears.played(zones, block)

    def _fill(self, airing: Airing, gains: dict[str, float]) -> float:
        """What comes next is not there: an emergency sounds the siren until it is.

        A live speaker who is silent, or whose network halts, keeps the air in silence; so does
        an all-clear, for a siren would say the contrary.
        """
        item = airing.entry.announcement
        if item.live or not item.siren:
            took = self._mixer.play(SILENT_BLOCK, gains, f"{airing.key} pause")
            self._note_sound(took)
            return 0.0 if took else BLOCK_S
        data = self._siren.read(airing.facts.filler % self._siren.samples, BLOCK_SAMPLES)
        took = self._mixer.play(data, gains, f"{airing.key} siren")
        if not took:
            return BLOCK_S
        self._note_sound(took)
        airing.facts.filler += len(data) // SAMPLE_BYTES
        return 0.0

    def _mute(self, airing: Airing, reading: Reading) -> float:
        """No card took a sample. Wait for one to come back; step back to what was unheard."""
        now_s = self._clock.monotonic_s()
        item = airing.entry.announcement
        if self._mute_since_s is None:
            self._mute_since_s = now_s
            if airing.facts.offered:
                unheard = self._mixer.lead_samples(self._addressed(airing))
                unheard = min(unheard, airing.entry.offset)
                airing.step_back(unheard)
                self._queue.heard(airing.key, airing.entry.offset - unheard, reading)
            return BLOCK_S
        over = item.expires_at is not None and reading.now >= item.expires_at
        if over or (not item.urgent and now_s - self._mute_since_s > NO_CARD_S):
            reason = "没有声音输出 no sound card took it"
            self._note(self._queue.end(airing.key, State.FAILED, reading, reason), reading)
        return BLOCK_S

    def _end_round(self, airing: Airing, reading: Reading) -> None:
        self._save(reading)
        airing.facts.heard = airing.facts.heard or self._ears.heard()
        short = airing.short_zones()
        fault = NO_VOICE if airing.voiceless else self._live_fault(airing.entry.announcement.live)
        if fault:
            changes = self._queue.end(airing.key, State.FAILED, reading, fault)
        elif short and airing.entry.announcement.repeats > 0:
            zones = ", ".join(f"{zone} -{few / RATE_HZ:.1f} s" for zone, few in short.items())
            reason = f"部分喇叭未播完 not all zones heard all: {zones}"
            changes = self._queue.end(airing.key, State.FAILED, reading, reason)
        else:
            airing.seal()
            changes = self._queue.round_over(airing.key, reading)
            airing.begin_round()
        self._note(changes, reading)

    def _wind_down(self, reading: Reading) -> float:
        """Nobody speaks: tail, relays off, cards released, then sleep until something is due."""
        if self._mixer.streaming or self._amplifier.on:
            self._mixer.rest("tail")
            self._rest_idle_zones(())
            if self._amplifier.on:
                return 0.0 if self._mixer.streaming else BLOCK_S
            self._mixer.close()
            self._ears.end()
        due = self._queue.next_change(reading, self._airtime_s(reading))
        return IDLE_S if due is None else min(IDLE_S, _seconds(reading.now, due))

    def _rest_idle_zones(self, speaking: Collection[str]) -> None:
        """Switch off amplifiers that had their tail and nothing more to say."""
        now_s = self._clock.monotonic_s()
        for zone in self._amplifier.on.difference(speaking):
            lead_s = self._mixer.lead_samples((zone,)) / RATE_HZ
            tail_s = max(self._amplifier.tail_s((zone,)), lead_s)
            if now_s - self._last_sound_s.get(zone, -tail_s) >= tail_s:
                self._amplifier.release((zone,), "idle")

    def _unready(self) -> set[str]:
        """Ordinary announcements without sound; an emergency starts with the siren."""
        return {
            one.key
            for one in self._ledger.airings
            if not one.entry.announcement.urgent and one.track.missing
        }

    def _gather(self, reading: Reading) -> bool:
        """Look for speech that has come, order what is missing; True when something changed."""
        self._words.turn()
        changed = False
        for airing in self._ledger.airings:
            item = airing.entry.announcement
            if not item.urgent and _seconds(reading.now, item.due_at) > PREPARE_S:
                continue
            ready = self._words.gather(airing, reading.now)
            changed = changed or ready
            self._words.improve(airing, reading.now)
            if airing.voiceless and not item.urgent:
                changes = self._queue.end(airing.key, State.FAILED, reading, NO_VOICE)
                self._note(changes, reading)
            elif ready and airing.entry.state is State.QUEUED:
                self._ledger.report(airing, State.QUEUED, "", reading)
        return changed

    def _note(self, changes: list[Change], reading: Reading) -> None:
        for airing in self._ledger.note(changes, reading):
            self._words.forget(airing.key)

    def _note_sound(self, zones: Collection[str]) -> None:
        now_s = self._clock.monotonic_s()
        self._last_sound_s.update(dict.fromkeys(zones, now_s))

    def _save(self, reading: Reading) -> None:
        """Have written down how far the announcement got; at most a second is ever lost."""
        entry = self._queue.playing
        if entry is not None and self._unsaved:
            free = entry.announcement.urgent or entry.announcement.muted
            ordinary_s = 0.0 if free else self._unsaved / RATE_HZ
            self._airtime = (self._airtime[0], self._airtime[1] + ordinary_s)
            self._ledger.save(self._ledger.find(entry), ordinary_s, reading)
        self._unsaved = 0

    def _airtime_s(self, reading: Reading) -> float:
        day = reading.local.date().isoformat()
        if self._airtime[0] != day:
            self._airtime = (day, self._journal.airtime_s(reading.now))
        return self._airtime[1]

    def _addressed(self, airing: Airing) -> tuple[str, ...]:
        """The zones that shall hear it; all of them if it names none that still exists."""
        known = self._volume.zones
        return tuple(one for one in airing.entry.announcement.zones if one in known) or known


def _seconds(now: datetime, then: datetime) -> float:
    return max(0.0, (then - now).total_seconds())
