"""The announcements at hand, what is written down of them, and what the hub is told.

Everything that is decided in one turn is one commit, made before the relay closes; reports to
the hub lie in the same commit and go to the outbox afterwards. Progress, reports and erasing are
left to the `Scribe`, so that a slow disk makes no gap in the sound.
"""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from contract.receipt import Interruption, Receipt
from edge_agent.audio.airing import Airing, Facts, spoken_of
from edge_agent.audio.announcement import State
from edge_agent.audio.journal import Journal
from edge_agent.audio.programme import Track, programme_of
from edge_agent.audio.queue import RESTART

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from edge_agent.audio.announcement import Change, Entry
    from edge_agent.audio.journal import Row
    from edge_agent.audio.pcm import GrowingPcm, Pcm
    from edge_agent.audio.programme import Segment
    from edge_agent.audio.scribe import Scribe
    from edge_agent.clock import Reading

_log = logging.getLogger(__name__)


class Ledger:
    """Keeps an `Airing` for every open entry of the queue.

    Args:
        box: the box's id, for receipts.
        journal: the audio part's database.
        scribe: writes what can wait.
        sounds: makes the chime and the siren, and opens live speech.
    """

    def __init__(
        self,
        box: str,
        journal: Journal,
        scribe: Scribe,
        sounds: Callable[[Segment], Pcm | GrowingPcm],
    ) -> None:
        self._box = box
        self._journal = journal
        self._scribe = scribe
        self._sounds = sounds
        self._airings: dict[str, Airing] = {}
        self._changed: dict[str, Airing] = {}
        self._reports: list[Receipt] = []
        self._stopped_at: dict[str, datetime] = {}

    @property
    def airings(self) -> tuple[Airing, ...]:
        """Every announcement that is not over."""
        return tuple(self._airings.values())

    def was_heard(self, announcement_id: str) -> bool:
        """Whether anything of an announcement with this id reached a card, now or earlier."""
        return any(
            one.facts.sounded
            for one in self.airings
            if one.entry.announcement.id == announcement_id
        ) or self._journal.was_heard(announcement_id)

    def find(self, entry: Entry, facts: Facts | None = None) -> Airing:
        """The airing of an entry of the queue, made on first use."""
        key = entry.announcement.key
        if key not in self._airings:
            track = Track(programme_of(entry.announcement), self._sounds)
            fresh = Facts(engine="live" if entry.announcement.live else "")
            self._airings[key] = Airing(entry, track, facts or fresh)
        return self._airings[key]

    def note(self, changes: Iterable[Change], reading: Reading) -> list[Airing]:
        """Take over what the queue decided; returns the announcements that are now over."""
        over = []
        for change in changes:
            airing = self.find(change.entry)
            self._note_times(airing, change)
            if change.state.final:
                airing.seal()
                del self._airings[airing.key]
                over.append(airing)
            self.report(airing, change.state, change.reason, reading)
        return over

    def report(self, airing: Airing, state: State, detail: str, reading: Reading) -> None:
        """Tell the hub how an announcement stands."""
        item = airing.entry.announcement
        self._changed[airing.key] = airing
        name = f"{item.id}: {detail}" if item.notice_id and detail else detail or item.id
        self._reports.append(
            Receipt(
                box=self._box,
                part="audio",
                stage="spoken",
                notice_id=item.notice_id or item.id,
                revision=item.revision,
                at=reading.now,
                clock_trusted=reading.trusted,
                detail=name,
                spoken=spoken_of(airing, state),
            )
        )

    def commit(self, reading: Reading) -> None:
        """Write down all that changed, in one commit, now.

        A disk that cannot be written does not silence an emergency: it is logged, and what was
        to be written is tried again with the next commit.
        """
        if not self._changed:
            return
        changed = tuple(self._changed.values())
        rows = [self._journal.row(one.entry, one.facts, reading.now) for one in changed]
        try:
            self._journal.write(rows, self._reports)
        except sqlite3.Error:
            _log.exception("the journal cannot be written; playing on")
            return
        if any(one.entry.state.final for one in changed):
            self._scribe.later(Journal.erase)
        self._changed.clear()
        self._reports.clear()
        self._scribe.send_reports()

    def save(self, airing: Airing, ordinary_s: float, reading: Reading) -> None:
        """Write down, soon, how far an announcement got and how much airtime that took."""
        row = self._journal.row(airing.entry, airing.facts, reading.now)
        self._scribe.later(partial(_save, row, ordinary_s, reading.now))

    def _note_times(self, airing: Airing, change: Change) -> None:
        facts = airing.facts
        if change.state is State.QUEUED and facts.accepted_at is None:
            facts.accepted_at = change.at
        elif change.state is State.PLAYING:
            facts.started_at = facts.started_at or change.at
            self._end_interruption(airing, change.at)
        elif change.state is State.INTERRUPTED:
            stop = Interruption(airing.entry.offset, change.by)
            facts.interruptions = (*facts.interruptions, stop)
            stopped_itself = change.by == RESTART and airing.entry.last_sound_at is not None
            since = airing.entry.last_sound_at if stopped_itself else None
            self._stopped_at[airing.key] = since or change.at
        elif change.state.final:
            self._end_interruption(airing, change.at)
            facts.ended_at = change.at

    def _end_interruption(self, airing: Airing, at: datetime) -> None:
        since = self._stopped_at.pop(airing.key, None)
        if since is None:
            return
        *before, last = airing.facts.interruptions
        lasted = replace(last, seconds=round((at - since).total_seconds(), 3))
        airing.facts.interruptions = (*before, lasted)


def _save(row: Row, ordinary_s: float, now: datetime, journal: Journal) -> None:
    journal.write([row], ordinary_s=ordinary_s, now=now)
