"""Who speaks now: the queue of announcements, driven by the clock it is shown.

Pure: no device, no disk, no thread. Each call returns the `Change` rows that must be written
down *before* the relay closes. Rules: only a strictly higher rank interrupts, so two alerts of
one rank are both heard to the end; what was interrupted goes on at the very sample; nothing is
played twice; ordinary announcements keep quiet hours, the daily limit and their time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from edge_agent.audio.announcement import Change, Entry, Kind, State

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import datetime

    from edge_agent.audio.announcement import Announcement
    from edge_agent.audio.timetable import AirRules
    from edge_agent.clock import Reading


RESTART = "restart"
"""What interrupted an announcement at which the box itself stopped."""
_STOPPED = "播音中停机 the box stopped"


@dataclass(slots=True)
class Past:
    """What the queue must remember of announcements it no longer holds."""

    keys: set[str] = field(default_factory=set)
    """Airings that reached a final state."""
    revisions: dict[str, int] = field(default_factory=dict)
    """Highest revision seen of each id."""
    forbidden: set[str] = field(default_factory=set)
    """Ids that were cancelled, perhaps before they arrived."""


class Queue:
    """Announcements waiting, speaking and interrupted."""

    def __init__(self, rules: AirRules, past: Past | None = None) -> None:
        self._rules = rules
        self._past = past or Past()
        self._entries: dict[str, Entry] = {}
        self._arrivals = 0

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All that is not final, in no particular order."""
        return tuple(self._entries.values())

    @property
    def forbidden(self) -> frozenset[str]:
        """Ids that were cancelled or replaced and must never start."""
        return frozenset(self._past.forbidden)

    @property
    def playing(self) -> Entry | None:
        """The announcement that has the air, if any."""
        return next((one for one in self.entries if one.state is State.PLAYING), None)

    def find(self, key: str) -> Entry | None:
        """The open entry of an airing."""
        return self._entries.get(key)

    def restore(self, entries: Iterable[Entry], reading: Reading) -> list[Change]:
        """Take over what a power cut or restart left behind; the notice's own rule decides."""
        changes: list[Change] = []
        for entry in sorted(entries, key=lambda one: one.arrival):
            self._arrivals = max(self._arrivals, entry.arrival + 1)
            self._entries[entry.announcement.key] = entry
            if entry.state is not State.PLAYING:
                continue
            if entry.announcement.after_power_cut == "drop":
                changes.append(self._close(entry, State.FAILED, reading, _STOPPED))
            else:
                entry.interruptions += 1
                changes.append(_set(entry, State.INTERRUPTED, reading, _STOPPED, RESTART))
        return changes

    def offer(self, item: Announcement, reading: Reading) -> list[Change]:
        """Accept an announcement; a duplicate, replay or older revision changes nothing."""
        newest = self._past.revisions.get(item.id, 0)
        if item.key in self._past.keys or item.key in self._entries or item.revision < newest:
            return []
        self._past.revisions[item.id] = item.revision
        entry = Entry(item, self._arrivals)
        self._arrivals += 1
        self._entries[item.key] = entry
        if item.id in self._past.forbidden:
            return [self._close(entry, State.CANCELLED, reading, "未播先撤 cancelled earlier")]
        if item.kind is Kind.LIVE and (reason := self._ordinary_hold(item, reading)):
            return [self._close(entry, State.MISSED, reading, reason)]
        changes = self._supersede(item, reading)
        changes.append(Change(entry, State.QUEUED, reading.now))
        return changes

    def cancel(self, announcement_id: str, reading: Reading) -> list[Change]:
        """Stop an alert for good, now; it is refused even if it arrives only later."""
        self._past.forbidden.add(announcement_id)
        return [
            self._close(entry, State.CANCELLED, reading, "已取消 cancelled by its issuer")
            for entry in self.entries
            if entry.announcement.id == announcement_id
        ]

    def withdraw(self, key: str, reading: Reading, reason: str) -> list[Change]:
        """Stop one airing because the plan no longer asks for it."""
        entry = self._entries.get(key)
        return [] if entry is None else [self._close(entry, State.CANCELLED, reading, reason)]

    def turn(
        self,
        reading: Reading,
        airtime_used_s: float = 0.0,
        unready: Container[str] = (),
    ) -> list[Change]:
        """Let time pass: drop what is too late, then give the air to who has most right to it.

        Args:
            reading: the present moment; without trust only emergencies and live speech sound.
            airtime_used_s: seconds of ordinary announcements already aired today.
            unready: keys of announcements whose sound is not there yet.
        """
        changes = self._drop_late(reading, airtime_used_s)
        current = self.playing
        ready = [
            entry
            for entry in self.entries
            if entry is not current
            and entry.announcement.key not in unready
            and not self._hold(entry, reading, airtime_used_s)
        ]
        if not ready:
            return changes
        best = min(ready, key=lambda one: one.order)
        if current is not None:
            if best.announcement.rank <= current.announcement.rank:
                return changes
            current.interruptions += 1
            by = best.announcement.key
            changes.append(
                _set(current, State.INTERRUPTED, reading, f"让位于 gave way to {by}", by)
            )
        changes.append(_set(best, State.PLAYING, reading))
        return changes

    def heard(self, key: str, offset: int, reading: Reading) -> None:
        """Note that the device has taken the programme of ``key`` up to ``offset`` samples."""
        entry = self._entries[key]
        entry.offset = offset
        entry.last_sound_at = reading.now

    def reading_over(self, key: str, reading: Reading) -> list[Change]:
        """One reading is complete; another emergency of the same rank may take its turn."""
        entry = self._entries[key]
        entry.readings += 1
        waiting = (
            one
            for one in self.entries
            if one is not entry
            and one.announcement.rank == entry.announcement.rank
            and one.order < entry.order
            and not self._hold(one, reading, 0.0)
        )
        other = next(waiting, None) if entry.announcement.urgent else None
        if other is None:
            return []
        by = other.announcement.key
        entry.interruptions += 1
        return [_set(entry, State.INTERRUPTED, reading, f"轮流播报 takes turns with {by}", by)]

    def round_over(self, key: str, reading: Reading) -> list[Change]:
        """All readings were heard: finished, or a pause if it repeats until it is cancelled."""
        entry = self._entries[key]
        entry.readings += 1
        if entry.announcement.repeats > 0:
            return [self._close(entry, State.FINISHED, reading, "")]
        entry.offset = 0
        entry.not_before = reading.now + timedelta(seconds=entry.announcement.pause_s)
        return [_set(entry, State.QUEUED, reading, "停顿后重播 pauses, then repeats")]

    def end(self, key: str, state: State, reading: Reading, reason: str = "") -> list[Change]:
        """The announcement reached a final state."""
        return [self._close(self._entries[key], state, reading, reason)]

    def next_change(self, reading: Reading, airtime_used_s: float = 0.0) -> datetime | None:
        """When `turn` should be called again though nothing new arrived; None: not by itself."""
        moments: list[datetime] = []
        for entry in self.entries:
            item = entry.announcement
            moments += [item.due_at] if item.due_at > reading.now else []
            moments += [one for one in (item.expires_at, entry.not_before) if one is not None]
            if self._hold(entry, reading, airtime_used_s) and not item.urgent:
                moments += [self._late_at(entry), self._rules.quiet_ends(reading.now)]
        return min((one for one in moments if one > reading.now), default=None)

    def _supersede(self, item: Announcement, reading: Reading) -> list[Change]:
        self._past.forbidden.update(set(item.replaces) - {item.id})
        return [
            self._close(entry, State.SUPERSEDED, reading, f"由新版代替 replaced by {item.key}")
            for entry in self.entries
            if (entry.announcement.id == item.id and entry.announcement.revision < item.revision)
            or entry.announcement.id in item.replaces
        ]

    def _drop_late(self, reading: Reading, airtime_used_s: float) -> list[Change]:
        if not reading.trusted:
            return []
        changes = []
        for entry in self.entries:
            item = entry.announcement
            if entry.state is State.PLAYING:
                continue
            if item.expires_at is not None and reading.now >= item.expires_at:
                heard = item.repeats == 0 and entry.readings > 0
                state = State.FINISHED if heard else State.EXPIRED
                changes.append(self._close(entry, state, reading, "已过期 expired"))
            elif not item.urgent and reading.now > self._late_at(entry):
                reason = self._hold(entry, reading, airtime_used_s) or "错过播音时间 too late"
                changes.append(self._close(entry, State.MISSED, reading, reason))
        return changes

    def _late_at(self, entry: Entry) -> datetime:
        if entry.last_sound_at is not None:
            return entry.last_sound_at + timedelta(seconds=self._rules.resume_within_s)
        return entry.announcement.due_at + timedelta(seconds=self._rules.late_after_s)

    def _hold(self, entry: Entry, reading: Reading, airtime_used_s: float) -> str:
        """Why the announcement may not sound now; empty when it may."""
        item = entry.announcement
        if entry.not_before is not None and reading.now < entry.not_before:
            return "两轮之间 between two rounds"
        if item.urgent:
            return ""
        if reading.trusted and reading.now < item.due_at:
            return "未到时间 not due yet"
        if reason := self._ordinary_hold(item, reading):
            return reason
        if item.kind is not Kind.LIVE and airtime_used_s >= self._rules.daily_airtime_s:
            return "当日播音时长已满 daily airtime is used up"
        return ""

    def _ordinary_hold(self, item: Announcement, reading: Reading) -> str:
        if reading.trusted:
            return self._rules.quiet_reason(reading.now)
        return "" if item.kind is Kind.LIVE else "时钟不可信 the clock is not trusted"

    def _close(self, entry: Entry, state: State, reading: Reading, reason: str) -> Change:
        key = entry.announcement.key
        self._entries.pop(key, None)
        self._past.keys.add(key)
        return _set(entry, state, reading, reason)


def _set(entry: Entry, state: State, reading: Reading, reason: str = "", by: str = "") -> Change:
    entry.state = state
    entry.reason = reason
    return Change(entry, state, reading.now, reason, by)
