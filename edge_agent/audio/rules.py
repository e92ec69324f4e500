"""The rules of the air from the box's settings: hours, slots, calendar, volume."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from edge_agent.audio.timetable import AirRules, Calendar, CalendarError, Days, Slot
from edge_agent.audio.volume import SoftHours, Volume
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from edge_agent.settings import AudioSettings, Settings


def air_rules(audio: AudioSettings) -> AirRules:
    """Quiet hours, lateness, daily limit, calendar and slots.

    Raises:
        SettingsError: naming every one that cannot be read.
    """
    problems: list[str] = []
    quiet = _hours(audio.quiet_hours, problems)
    slots = tuple(slot for text in audio.slots if (slot := _slot(text, problems)) is not None)
    calendar = Calendar()
    try:
        calendar = Calendar.load(Path(audio.calendar_file) if audio.calendar_file else None)
    except (CalendarError, OSError) as error:
        problems.append(f"audio.calendar_file: {error}")
    if problems:
        raise SettingsError(problems)
    return AirRules(
        quiet_from=quiet[0],
        quiet_until=quiet[1],
        late_after_s=float(audio.late_limit_s),
        resume_within_s=float(audio.late_limit_s),
        daily_airtime_s=float(audio.airtime_limit_s),
        calendar=calendar,
        slots=slots,
    )


def volume(settings: Settings) -> Volume:
    """How loud each zone is at each hour.

    Raises:
        SettingsError: a soft hour cannot be read.
    """
    return Volume(settings.zone, [SoftHours.parse(text) for text in settings.audio.soft_hours])


def _hours(text: str, problems: list[str]) -> tuple[time, time]:
    """``21:00-06:30``; an empty text means no quiet hours."""
    if not text:
        return (time(0, 0), time(0, 0))
    start, _, end = text.partition("-")
    try:
        return (time.fromisoformat(start), time.fromisoformat(end))
    except ValueError:
        problems.append(f"audio.quiet_hours: 请写 write 21:00-06:30, not {text!r}")
        return (time(0, 0), time(0, 0))


def _slot(text: str, problems: list[str]) -> Slot | None:
    """``07:00``, ``07:00 workdays`` or ``09:00 holidays``."""
    moment, _, days = text.partition(" ")
    known = {one: one for one in get_args(Days)}
    try:
        return Slot(time.fromisoformat(moment), known[days or "daily"])
    except (ValueError, KeyError):
        problems.append(f"audio.slots: 请写 write 07:00 or 07:00 workdays, not {text!r}")
        return None
