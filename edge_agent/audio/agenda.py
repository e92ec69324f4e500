"""From what is in force in the village to the announcements that are due. Pure.

An ordinary notice is spoken once, as soon as it may be: at once by day, in the next slot of the
programme by night. A *scheduled* notice is spoken in as many slots as it has repeats. An alert
is spoken at once; its all-clear only where the alert itself was heard. What was signed more
than a day before the box got it (a new box, a long time without network) is no news any more:
it is reported as missed, and the village is spared an hour of old announcements.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from contract import drill
from contract.areas import Area
from edge_agent.audio.announcement import Announcement, Kind, Level, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from contract.notice import Notice
    from edge_agent.audio.timetable import AirRules
    from edge_agent.clock import Reading
    from edge_agent.settings import ZoneSettings
    from edge_agent.store import HeldAlert, HeldNotice

_KINDS = {
    "routine": Kind.ROUTINE,
    "scheduled": Kind.SCHEDULED,
    "live": Kind.LIVE,
    # Only an alert, signed by the emergency keys, is an emergency; a notice never is.
    "emergency": Kind.SCHEDULED,
}
NEWS = timedelta(hours=24)
"""How long after its signature an ordinary notice is still announced."""
_MOST_SLOTS = 30
MOST_READINGS = 20
"""More than that is a mistake, and no villager would listen."""


@dataclass(frozen=True, slots=True)
class Item:
    """An announcement with the notice whose words it says."""

    announcement: Announcement
    notice: Notice


class Agenda:
    """Says what ought to be announced.

    Args:
        village: the box's own village.
        zones: the horn zones, with the village groups that hear them.
        rules: quiet hours and slots.
    """

    def __init__(self, village: Area, zones: Iterable[ZoneSettings], rules: AirRules) -> None:
        self._village = village
        self._zones = tuple(zones)
        self._rules = rules

    def alerts(
        self, held: Iterable[HeldAlert], reading: Reading, was_heard: Callable[[str], bool]
    ) -> Iterator[Item]:
        """Alerts that are alive, and the all-clear of those that were heard here.

        Args:
            held: the alerts in the store.
            reading: the present moment.
            was_heard: whether an alert of this id sounded in this village.
        """
        for each in held:
            alert = each.alert
            if reading.now >= alert.expires_at:
                continue
            if alert.cancels and not any(was_heard(one) for one in alert.cancels):
                continue
            yield Item(self._alert(each), alert.notice)

    def notices(self, held: Iterable[HeldNotice], reading: Reading) -> Iterator[Item]:
        """Announcements of ordinary notices; what was announced already comes again and again."""
        for each in held:
            notice = each.notice
            if notice.priority == "scheduled":
                first = max(each.stored_at, notice.publish_at)
                for due_at in self._slots(first, _readings(notice)):
                    yield Item(self._announcement(notice, due_at, f"{due_at:%Y%m%dT%H%M}"), notice)
            else:
                yield Item(self._announcement(notice, self._soonest(notice, reading.now)), notice)

    def _alert(self, held: HeldAlert) -> Announcement:
        alert, notice = held.alert, held.alert.notice
        actual = notice.cap.status == "Actual"
        return Announcement(
            id=alert.id,
            kind=Kind.EMERGENCY if actual else Kind.EXERCISE,
            issued_at=alert.issued_at,
            due_at=alert.issued_at if actual else held.stored_at,
            revision=notice.revision,
            level=Level[notice.sender.level.upper()],
            severity=Severity[notice.cap.severity.upper()],
            expires_at=alert.expires_at,
            zones=self.zones_of(notice.areas),
            recording_sha256=self._recording(notice) if actual or _says_drill(notice) else "",
            replaces=alert.updates,
            siren=not alert.cancels,
            repeats=min(MOST_READINGS, max(1 if alert.cancels else 0, alert.repeats)),
            after_power_cut=alert.on_crash,
            notice_id=notice.id,
        )

    def _announcement(self, notice: Notice, due_at: datetime, occurrence: str = "") -> Announcement:
        readings = 1 if notice.priority == "scheduled" else _readings(notice)
        return Announcement(
            id=notice.id,
            kind=_KINDS[notice.priority],
            issued_at=notice.issued_at,
            due_at=due_at,
            revision=notice.revision,
            occurrence=occurrence,
            level=Level[notice.sender.level.upper()],
            severity=Severity[notice.cap.severity.upper()],
            expires_at=notice.valid_until,
            zones=self.zones_of(notice.areas),
            recording_sha256=self._recording(notice),
            repeats=readings,
            slower_repeat=readings > 1,
        )

    def _recording(self, notice: Notice) -> str:
        found = notice.speech.recording_for(self._village) if notice.speech else None
        return found.sha256 if found else ""

    def zones_of(self, areas: Iterable[str]) -> tuple[str, ...]:
        """Zones that the areas of a notice mean; empty for all of them.

        A group that has no zone of its own is heard by the whole village: too many hear it
        rather than too few.
        """
        here = [one for one in map(Area.parse, areas) if one.code == self._village.code]
        groups = {one.group for one in here}
        if not groups or 0 in groups:
            return ()
        known = {group for zone in self._zones for group in zone.groups}
        if not groups <= known:
            return ()
        return tuple(zone.name for zone in self._zones if groups.intersection(zone.groups))

    def _soonest(self, notice: Notice, now: datetime) -> datetime:
        said_at = max(notice.issued_at, notice.publish_at)
        if now - said_at > NEWS:
            return said_at
        if not self._rules.quiet_reason(now):
            return now
        return self._rules.next_slot(now) or self._rules.quiet_ends(now)

    def _slots(self, first: datetime, count: int) -> Iterator[datetime]:
        moment: datetime | None = first
        for _ in range(min(count, _MOST_SLOTS)):
            moment = self._rules.next_slot(moment) if moment is not None else None
            if moment is not None:
                yield moment


def _says_drill(notice: Notice) -> bool:
    """Whether the words that were recorded call themselves a drill; else the box's voice speaks."""
    return notice.speech is not None and drill.says_so(notice.speech.text)


def _readings(notice: Notice) -> int:
    return min(MOST_READINGS, max(1, notice.speech.repeats)) if notice.speech else 1
