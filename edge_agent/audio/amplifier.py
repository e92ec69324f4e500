"""The amplifiers: one relay a zone, on before the first sample and off after the last.

Off at start, off on every exit; ``python -m edge_agent.audio.amplifier --off SETTINGS`` is the
stop action for an exit that nobody could prepare for (SIGKILL, out of memory). Every edge is
written to ``relay-edges.jsonl`` with its time, so that "on before, off after" can be checked.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from edge_agent import settings as box_settings
from edge_agent.clock import BoxClock
from edge_agent.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from edge_agent.clock import Clock
    from edge_agent.settings import ZoneSettings

_log = logging.getLogger(__name__)
_EDGES_BYTES = 1_000_000
REST_S = 60.0
"""How long an amplifier rests after it was on for longer than it may be."""


class RelayLog:
    """Writes each relay edge with monotonic and wall time; one older file is kept."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / "relay-edges.jsonl"
        self._clock = clock

    def write(self, zone: str, pin: int, why: str, *, on: bool) -> None:
        """Note that ``zone`` was switched ``on`` (or off) because of ``why``."""
        line = {
            "monotonic_s": round(self._clock.monotonic_s(), 4),
            "at": self._clock.read().now.isoformat(timespec="milliseconds"),
            "zone": zone, "pin": pin, "on": on, "why": why,
        }  # fmt: skip
        try:
            if self._path.exists() and self._path.stat().st_size > _EDGES_BYTES:
                self._path.replace(self._path.with_suffix(".old.jsonl"))
            with self._path.open("a", encoding="utf-8") as out:
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:  # a full disk must not keep a relay from switching
            _log.error("relay edge not written down: %s: %s", line, error)


class _Pin(Protocol):
    """What is used of gpiozero's `OutputDevice`."""

    value: bool

    def close(self) -> None: ...


@dataclass(slots=True)
class _Relay:
    zone: ZoneSettings
    device: _Pin | None
    on_since_s: float | None = None
    rests_until_s: float = 0.0


class Amplifier:
    """All relays of the box. A zone without a relay counts as always on.

    Args:
        zones: the horn zones with their pins and times.
        clock: the box's clock.
        edges: where each edge is written down.
        why: what the log says of switching everything off at the beginning.
    """

    def __init__(
        self,
        zones: Iterable[ZoneSettings],
        clock: Clock,
        edges: RelayLog,
        why: str = "start",
    ) -> None:
        self._clock = clock
        self._edges = edges
        self._relays = {zone.name: _Relay(zone, _open_pin(zone)) for zone in zones}
        for relay in self._relays.values():
            self._note(relay, why, on=False)

    @property
    def on(self) -> frozenset[str]:
        """Zones whose relay is closed."""
        return frozenset(n for n, one in self._relays.items() if one.on_since_s is not None)

    def switch_on(self, zones: Iterable[str], why: str, *, urgent: bool = False) -> float:
        """Close the relays of ``zones``; returns the seconds until all are warm (0: at once).

        An amplifier that rests stays off, but not in an emergency.
        """
        wait_s = 0.0
        now_s = self._clock.monotonic_s()
        for name in zones:
            relay = self._relays[name]
            if relay.on_since_s is None:
                if now_s < relay.rests_until_s and not urgent:
                    continue
                relay.rests_until_s = 0.0
                self._switch(relay, why, on=True)
            if relay.device is not None and relay.on_since_s is not None:
                wait_s = max(wait_s, relay.on_since_s + relay.zone.warm_up_s - now_s)
        return wait_s

    def switch_off(self, zones: Iterable[str], why: str) -> None:
        """Open the relays of ``zones`` at once."""
        for name in zones:
            relay = self._relays[name]
            if relay.on_since_s is not None:
                self._switch(relay, why, on=False)

    def release(self, zones: Iterable[str], why: str) -> bool:
        """Open the relays of ``zones`` that were on for their minimum hold; True when all are."""
        now_s = self._clock.monotonic_s()
        due = [
            name
            for name in zones
            if (since_s := self._relays[name].on_since_s) is not None
            and now_s - since_s >= self._relays[name].zone.minimum_hold_s
        ]
        self.switch_off(due, why)
        return not self.on.intersection(zones)

    def tail_s(self, zones: Iterable[str]) -> float:
        """How long the amplifiers of ``zones`` stay on after the last sample."""
        return max((self._relays[name].zone.tail_s for name in zones), default=0.0)

    def watch(self) -> frozenset[str]:
        """Open every relay that has been closed for too long and let it rest; which ones."""
        now_s = self._clock.monotonic_s()
        hot = [
            name
            for name, relay in self._relays.items()
            if relay.device is not None
            and relay.on_since_s is not None
            and now_s - relay.on_since_s >= relay.zone.maximum_on_s
        ]
        for name in hot:
            _log.error("amplifier of zone %s was on for too long; it rests %s s", name, REST_S)
            self._relays[name].rests_until_s = now_s + REST_S
        self.switch_off(hot, "maximum on time")
        return frozenset(hot)

    def resting(self, zones: Iterable[str]) -> bool:
        """Whether any of ``zones`` may not be switched on yet."""
        now_s = self._clock.monotonic_s()
        return any(now_s < self._relays[name].rests_until_s for name in zones)

    def close(self) -> None:
        """All off, and the pins released. Safe to call twice."""
        self.switch_off(tuple(self._relays), "exit")
        for relay in self._relays.values():
            if relay.device is not None:
                relay.device.close()
                relay.device = None

    def _switch(self, relay: _Relay, why: str, *, on: bool) -> None:
        if relay.device is not None:
            relay.device.value = on
        relay.on_since_s = self._clock.monotonic_s() if on else None
        self._note(relay, why, on=on)

    def _note(self, relay: _Relay, why: str, *, on: bool) -> None:
        if relay.device is not None:
            self._edges.write(relay.zone.name, relay.zone.relay_pin, why, on=on)


def _open_pin(zone: ZoneSettings) -> _Pin | None:
    if zone.relay_pin < 0:
        return None
    # Imported only here: 11 MB that a box without relays does not need.
    gpiozero = importlib.import_module("gpiozero")
    pin: _Pin = gpiozero.OutputDevice(
        zone.relay_pin, active_high=zone.relay_active_high, initial_value=False
    )
    return pin


def prepare_gpio(folder: Path) -> None:
    """Name a folder for the pipes of lgpio, which else makes them where a unit may not write."""
    os.environ.setdefault("LG_WD", str(folder))


def all_off(path: Path, clock_of: Callable[[Path], Clock] = BoxClock) -> None:
    """Open every relay that the settings name, whoever closed it.

    Raises:
        SettingsError: the settings cannot be read.
    """
    found = box_settings.load(path)
    folder = found.part_folder("audio")
    prepare_gpio(folder)
    clock = clock_of(found.part_folder("clock"))
    Amplifier(found.zone, clock, RelayLog(folder, clock), "stop action").close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The unit's stop action. Exit codes: 0 done, 1 failed, 2 usage, 78 bad settings."""
    parser = argparse.ArgumentParser(prog="edge_agent.audio.amplifier", description=main.__doc__)
    parser.add_argument("--off", required=True, type=Path, metavar="AGENT.TOML")
    chosen = parser.parse_args(arguments)
    try:
        all_off(chosen.off)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 78
    except Exception as error:  # noqa: BLE001 - gpiozero raises a different class for each missing part
        sys.stderr.write(f"继电器未能断开: relays not switched off: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
