"""The plan: what to show, to speak and to answer with now, and when that next changes.

Pure: everything comes in as an argument. With an untrusted clock nothing expires (the clock
runs behind the truth, see `edge_agent.clock`) and no timed programme is spoken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from contract.notice import Channel, Notice
    from edge_agent.clock import Reading
    from edge_agent.store import HeldAlert, HeldNotice, InForce

_PRIORITY = {"emergency": 3, "live": 2, "scheduled": 1, "routine": 0}
_SEVERITY = {"Extreme": 4, "Severe": 3, "Moderate": 2, "Minor": 1, "Unknown": 0}
_LEVEL = {"nation": 5, "province": 4, "city": 3, "county": 2, "town": 1, "village": 0}


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds from now until ``next_change`` (aware, UTC; None: until the store changes).

    ``panel`` and ``wall`` are in the order of the playlist; ``readable`` newest first;
    ``alerts`` strongest first. While there are alerts, panel and screen show nothing else.
    ``speech`` is what may be spoken now; how often and when is the audio part's programme.
    """

    alerts: tuple[HeldAlert, ...] = ()
    panel: tuple[HeldNotice, ...] = ()
    speech: tuple[HeldNotice, ...] = ()
    readable: tuple[HeldNotice, ...] = ()
    wall: tuple[HeldNotice, ...] = ()
    next_change: datetime | None = None
    clock_trusted: bool = False


def plan(held: InForce, reading: Reading) -> Plan:
    """Decide once, with one ``now``, what is on and when that next changes."""
    current = [each for each in held.notices if is_current(each.notice, reading)]
    by_rank = sorted(current, key=_panel_rank)
    alerts = [each for each in held.alerts if _is_alive(each, reading)]
    alarms = [each for each in alerts if not each.alert.cancels]
    return Plan(
        alerts=tuple(sorted(alarms, key=alert_rank)),
        panel=_on("led", by_rank),
        speech=_on("speaker", by_rank) if reading.trusted else (),
        readable=_on("kiosk", sorted(current, key=_newest_first)),
        wall=_on("wall", by_rank),
        next_change=_next_change(held, reading),
        clock_trusted=reading.trusted,
    )


def is_current(notice: Notice, reading: Reading) -> bool:
    """Whether a notice is in force now; ``valid_until`` itself is outside."""
    if notice.publish_at > reading.now:
        return False
    if notice.valid_until is None or not reading.trusted:
        return True
    return reading.now < notice.valid_until


def alert_rank(held: HeldAlert) -> tuple[int, int, int, datetime]:
    """Sort key, strongest first: Actual before Exercise, then level, severity and age."""
    cap = held.alert.notice.cap
    return (
        0 if cap.status == "Actual" else 1,
        -_LEVEL[held.alert.notice.sender.level],
        -_SEVERITY[cap.severity],
        held.alert.issued_at,
    )


def _is_alive(held: HeldAlert, reading: Reading) -> bool:
    return reading.now < held.alert.expires_at


def _on(channel: Channel, notices: Iterable[HeldNotice]) -> tuple[HeldNotice, ...]:
    return tuple(each for each in notices if channel in each.notice.channels)


def _panel_rank(held: HeldNotice) -> tuple[int, float, str]:
    notice = held.notice
    return (-_PRIORITY[notice.priority], -notice.publish_at.timestamp(), notice.id)


def _newest_first(held: HeldNotice) -> tuple[float, str]:
    return (-held.notice.publish_at.timestamp(), held.notice.id)


def _next_change(held: InForce, reading: Reading) -> datetime | None:
    moments = [each.notice.publish_at for each in held.notices]
    if reading.trusted:
        ends = (each.notice.valid_until for each in held.notices)
        moments += [end for end in ends if end is not None]
    moments += [each.alert.expires_at for each in held.alerts]
    return min((each for each in moments if each > reading.now), default=None)
