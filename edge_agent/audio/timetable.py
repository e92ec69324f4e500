"""When ordinary announcements may sound: slots, weekdays, holidays, quiet hours, quiet days.

Pure: a moment goes in, an answer comes out. All wall-clock times are China's.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from edge_agent.clock import CHINA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Days = Literal["daily", "workdays", "holidays"]
_SEARCH_DAYS = 370
_SATURDAY = 5


class CalendarError(ValueError):
    """Raised when a calendar file cannot be read; the message names the entry."""


@dataclass(frozen=True, slots=True)
class QuietDays:
    """A stretch of days without ordinary announcements; both ends belong to it."""

    first: str
    last: str
    reason: str

    def covers(self, day: date) -> bool:
        """Whether ``day`` lies in the stretch; ``MM-DD`` stretches may run over New Year."""
        stamp = day.isoformat()[-len(self.first) :]
        if self.first <= self.last:
            return self.first <= stamp <= self.last
        return stamp >= self.first or stamp <= self.last


@dataclass(frozen=True, slots=True)
class Calendar:
    """Public holidays, weekends worked in exchange, and quiet days of the county."""

    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    quiet: tuple[QuietDays, ...] = ()

    @classmethod
    def load(cls, path: Path | None = None) -> Calendar:
        """Read a calendar file, or the one shipped with the box.

        Raises:
            CalendarError: a date or table in the file is not what it should be.
        """
        if path is None:
            text = resources.files(__package__).joinpath("data/calendar.toml").read_text("utf-8")
        else:
            text = path.read_text("utf-8")
        try:
            table: dict[str, Any] = tomllib.loads(text)
            return cls(
                frozenset(_days(table.get("holidays", {}).get("dates", ()))),
                frozenset(_days(table.get("workdays", {}).get("dates", ()))),
                tuple(_quiet(row) for row in table.get("quiet", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CalendarError(f"日历文件有误,请改正: calendar file is wrong: {error}") from error

    def works(self, day: date) -> bool:
        """Whether ``day`` is a working day."""
        if day in self.workdays:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def quiet_reason(self, day: date) -> str:
        """Why ``day`` is kept quiet, e.g. ``高考``; empty on an ordinary day."""
        return next((stretch.reason for stretch in self.quiet if stretch.covers(day)), "")


@dataclass(frozen=True, slots=True)
class Slot:
    """A time of day at which the village's programme is spoken."""

    at: time
    days: Days = "daily"

    def falls_on(self, day: date, calendar: Calendar) -> bool:
        """Whether the slot is used on ``day``."""
        return self.days == "daily" or calendar.works(day) == (self.days == "workdays")


DEFAULT_SLOTS = (Slot(time(7, 0)), Slot(time(12, 0)), Slot(time(18, 30)))


@dataclass(frozen=True, slots=True)
class AirRules:
    """What limits ordinary announcements. Emergencies are exempt from all of it."""

    quiet_from: time = time(21, 0)
    quiet_until: time = time(6, 30)
    late_after_s: float = 600.0
    """An ordinary announcement later than this is skipped and reported as missed."""
    resume_within_s: float = 1800.0
    """An interrupted one is taken up again only if it was last heard less long ago."""
    daily_airtime_s: float = 3600.0
    calendar: Calendar = Calendar()
    slots: tuple[Slot, ...] = DEFAULT_SLOTS

    def quiet_reason(self, now: datetime) -> str:
        """Why ordinary announcements must be silent at ``now``; empty when they may sound."""
        local = now.astimezone(CHINA)
        if self._in_quiet_hours(local.time()):
            return f"静音时段 quiet hours {self.quiet_from:%H:%M}-{self.quiet_until:%H:%M}"
        day = self.calendar.quiet_reason(local.date())
        return f"静音日 quiet day: {day}" if day else ""

    def next_slot(self, after: datetime) -> datetime | None:
        """The first slot strictly after ``after`` that is not quiet; None if there is none."""
        for moment in self._slots_from(after.astimezone(CHINA).date()):
            if moment > after and not self.quiet_reason(moment):
                return moment
        return None

    def quiet_ends(self, now: datetime) -> datetime:
        """The next moment at which quiet hours end; where to look again when it is quiet."""
        local = now.astimezone(CHINA)
        end = datetime.combine(local.date(), self.quiet_until, CHINA)
        return end if end > local else end + timedelta(days=1)

    def _slots_from(self, first: date) -> Iterator[datetime]:
        for ahead in range(_SEARCH_DAYS):
            day = first + timedelta(days=ahead)
            for slot in sorted(self.slots, key=lambda one: one.at):
                if slot.falls_on(day, self.calendar):
                    yield datetime.combine(day, slot.at, CHINA)

    def _in_quiet_hours(self, moment: time) -> bool:
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= moment < self.quiet_until
        return moment >= self.quiet_from or moment < self.quiet_until


def _days(entries: Iterable[str]) -> Iterator[date]:
    for entry in entries:
        first, _, last = entry.partition("/")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            yield day
            day += timedelta(days=1)


def _quiet(row: dict[str, str]) -> QuietDays:
    for name in ("first", "last"):
        date.fromisoformat(row[name] if len(row[name]) > 5 else f"2024-{row[name]}")
    if len(row["first"]) != len(row["last"]):
        raise ValueError(f"first and last must have one form: {row['first']} {row['last']}")
    return QuietDays(row["first"], row["last"], row["reason"])
