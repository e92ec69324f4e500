"""The loudspeaker's tests of itself: silent every Monday, audible on the first of the month.

A self-test is an announcement like any other, so that voice, queue, relays, cards and receipts
are tried as they are used. The silent one goes all the way to the cards with volume zero and the
amplifiers off. Its receipts carry the ids ``selftest-weekly`` and ``selftest-monthly``.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from edge_agent.audio.announcement import Announcement, Kind
from edge_agent.clock import CHINA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_agent.audio.timetable import AirRules

WEEKLY, MONTHLY = "selftest-weekly", "selftest-monthly"
_AT = time(10, 0)
_AHEAD = timedelta(hours=24)
_WEEKLY_WORDS = "静音自检。"
_MONTHLY_WORDS = "各位村民，现在进行每月一次的大喇叭试音，请不要惊慌。试音完毕。"


def is_selftest(announcement_id: str) -> bool:
    """Whether this id is a self-test's and no notice's."""
    return announcement_id in {WEEKLY, MONTHLY}


def selftests(now: datetime, rules: AirRules) -> Iterator[Announcement]:
    """The self-tests of the next 24 hours, at ten in the morning; none on a quiet day."""
    local = now.astimezone(CHINA)
    for ahead in range(2):
        due_at = datetime.combine(local.date() + timedelta(days=ahead), _AT, CHINA)
        if not local <= due_at <= local + _AHEAD or rules.quiet_reason(due_at):
            continue
        if due_at.isoweekday() == 1:
            yield _test(WEEKLY, due_at, _WEEKLY_WORDS, muted=True)
        if due_at.day == 1:
            yield _test(MONTHLY, due_at, _MONTHLY_WORDS, muted=False)


def _test(name: str, due_at: datetime, words: str, *, muted: bool) -> Announcement:
    return Announcement(
        id=name,
        kind=Kind.ROUTINE,
        issued_at=due_at,
        due_at=due_at,
        text=words,
        occurrence=f"{due_at:%Y%m%d}",
        muted=muted,
    )
