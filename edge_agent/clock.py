"""The time, and whether it may be believed.

A Pi has no clock battery: after a power cut its clock may say anything. Every part asks a
`Clock`, never the operating system. Trust is earned once per boot, by a signed answer to the
box's own nonce (link writes it down with `store_trust`); from then on time runs on the
monotonic clock, so a wall clock that jumps cannot move it. Until then the box goes on from the
last moment it was sure of: always too early, never too late, so nothing expires by mistake.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
DESK_BOOT = "desk-boot"


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the clock: the moment (aware, UTC) and whether it may be believed."""

    now: datetime
    trusted: bool

    @property
    def local(self) -> datetime:
        """The same moment in China's time, for programmes and for people."""
        return self.now.astimezone(CHINA)


class Clock(Protocol):
    """What a part needs to know of time."""

    def read(self) -> Reading:
        """The present moment and its trust."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that only grow while the box runs; for intervals and pacing."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let ``seconds`` pass."""
        ...


class TrustedClock(Clock, Protocol):
    """Link's clock: it can be told the time that the hub signed."""

    def store_trust(self, now: datetime) -> None:
        """Believe that it is ``now``, and let every part know."""
        ...


def boot_id(folder: Path) -> str:
    """Names this boot: the kernel's name for it, or on a desk the one `village-agent run` gave.

    The parts of a desk village are told by their environment; who looks at it from outside
    (status, the desk page) reads the name from ``folder``.
    """
    given = os.environ.get("VILLAGE_BOOT_ID")
    if given:
        return given
    try:
        return (folder / DESK_BOOT).read_text(encoding="ascii").strip()
    except OSError:
        pass
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class BoxClock:
    """The box's clock: trusted time if link has stored some for this boot, else the system's.

    ``folder`` holds two small files: ``trust.json`` written by link, and ``skew_s``, by which
    the desk page sets the system clock wrong on purpose.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._boot = boot_id(folder)
        self._started_monotonic_s = self.monotonic_s()
        self._floor: datetime | None = None
        self._trust: tuple[float, float] | None = None
        self._trust_mtime_ns = 0

    def system_now(self) -> datetime:
        """What the operating system says, right or wrong."""
        return datetime.now(UTC) + timedelta(seconds=self._skew_s())

    def read(self) -> Reading:
        """Trusted time when there is some; else the last sure moment, going on from there."""
        self._reload_trust()
        if self._trust is not None:
            unix_s, at_monotonic_s = self._trust
            return Reading(
                datetime.fromtimestamp(unix_s + self.monotonic_s() - at_monotonic_s, UTC), True
            )
        if self._floor is None:
            return Reading(self.system_now(), trusted=False)
        passed = timedelta(seconds=self.monotonic_s() - self._started_monotonic_s)
        return Reading(self._floor + passed, trusted=False)

    def store_trust(self, now: datetime) -> None:
        """Write down that it is ``now``; only link calls this, after checking the signature.

        Called again every ten minutes, so that the next boot starts from a late moment.
        """
        record = {"boot": self._boot, "unix_s": now.timestamp(), "monotonic_s": self.monotonic_s()}
        path = self._folder / "trust.json"
        part = path.with_suffix(".part")
        with part.open("w", encoding="ascii") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def monotonic_s(self) -> float:
        """Seconds since boot, shared by all parts of the box."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def sleep(self, seconds: float) -> None:
        """Let real time pass."""
        time.sleep(max(0.0, seconds))

    def _skew_s(self) -> float:
        try:
            return float((self._folder / "skew_s").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0

    def _reload_trust(self) -> None:
        path = self._folder / "trust.json"
        try:
            mtime_ns = path.stat().st_mtime_ns
        except OSError:
            self._trust = None
            return
        if mtime_ns == self._trust_mtime_ns:
            return
        try:
            record = json.loads(path.read_text(encoding="ascii"))
            same_boot = record["boot"] == self._boot
            self._floor = datetime.fromtimestamp(record["unix_s"], UTC)
            self._trust = (record["unix_s"], record["monotonic_s"]) if same_boot else None
        except (OSError, ValueError, KeyError, TypeError):
            self._trust = None
        self._trust_mtime_ns = mtime_ns


class ManualClock:
    """A clock that stands until it is told to move: tests and previews use it."""

    def __init__(self, now: datetime, *, trusted: bool = True) -> None:
        if now.tzinfo is None:
            raise ValueError("give an aware datetime, e.g. datetime(2024, 7, 3, tzinfo=UTC)")
        self._now = now.astimezone(UTC)
        self._monotonic_s = 0.0
        self.trusted = trusted

    def read(self) -> Reading:
        """The moment the clock was set to."""
        return Reading(self._now, self.trusted)

    def monotonic_s(self) -> float:
        """Seconds told so far."""
        return self._monotonic_s

    def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass; both clocks move together."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds

    def store_trust(self, now: datetime) -> None:
        """Believe that it is ``now``."""
        self.set(now)
        self.trusted = True

    def set(self, now: datetime) -> None:
        """Jump the wall clock; monotonic time does not move."""
        self._now = now.astimezone(UTC)
