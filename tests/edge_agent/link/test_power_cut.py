"""SIGKILL between any two steps of link: nothing acknowledged is lost, nothing is half done.

A child process takes a day's messages and acknowledges each, as the broker would see it. It is
killed at one line of link's code after another; a second child goes on with whatever was not
acknowledged. In the end the village must hold exactly what the hub has signed last.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from contract.messages import sha256_hex
from edge_agent.clock import ManualClock
from faults.mortal import Mortal
from tests.edge_agent.link.conftest import NOW, Box, County

if TYPE_CHECKING:
    from pathlib import Path

CUTS = 40
_WATCHED = ("edge_agent/link/", "edge_agent/store.py", "edge_agent/outbox.py")


@dataclass
class Day:
    """What the broker delivers in one day, in order."""

    county: County
    messages: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        county = self.county
        first = county.seal(county.notice("N1"))
        second = county.seal(county.notice("N2", summary="李国强家"))
        better = county.seal(county.notice("N1", 2))
        poison = county.seal(county.notice("N3", areas=("530199001009",)))
        alarm = county.seal_alert(county.alert("A1"))
        self._manifest(1, ("N1", 1, first), ("N2", 1, second))
        self._blobs(first, second)
        self._manifest(2, ("N1", 2, better), ("N3", 1, poison))
        self._blobs(better, poison)
        self.messages.append(("alert", alarm))
        self.messages.append(("alert", county.seal_alert(county.cancel("C1", "A0"))))
        self.messages.append(("alert", county.seal_alert(county.alert("A0"))))

    def _manifest(self, generation: int, *items: tuple[str, int, bytes]) -> None:
        self.messages.append(("man", self.county.manifest(generation, *items)))

    def _blobs(self, *bodies: bytes) -> None:
        self.messages += [("b", body) for body in bodies]


def live(folder: Path, day: Day) -> None:
    """Take what was not acknowledged yet; acknowledge after each."""
    acknowledged = folder / "acknowledged"
    box = Box(folder, day.county, ManualClock(NOW))
    done = len(acknowledged.read_bytes()) if acknowledged.exists() else 0
    for kind, body in day.messages[done:]:
        if kind == "man":
            box.sync.take_manifest(box.area, body)
        elif kind == "b":
            box.sync.take_blob(box.area, sha256_hex(body), body)
        else:
            box.alarms.take_message(box.area, body, is_repeated=True)
        with acknowledged.open("ab") as file:
            file.write(b"!")
            file.flush()
            os.fsync(file.fileno())
    box.held.close()


def live_and_die(folder: Path, day: Day, at_line: int) -> int:
    """Run `live` in a child that kills itself at one line; returns how many lines it ran."""
    return Mortal(lambda: live(folder, day), folder / "lines", _WATCHED, at_line).wait()


@pytest.fixture(scope="module")
def day() -> Day:
    return Day(County())


@pytest.fixture(scope="module")
def lines(day: Day, tmp_path_factory: pytest.TempPathFactory) -> int:
    found = live_and_die(tmp_path_factory.mktemp("count"), day, 0)
    assert found > 500
    return found


def _facts(box: Box) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for stage, key, _ in box.receipts():
        counts[stage, key] = counts.get((stage, key), 0) + 1
    return counts


@pytest.mark.parametrize("cut", range(CUTS))
def test_a_power_cut_between_any_two_steps_loses_nothing(
    day: Day, lines: int, tmp_path: Path, cut: int
) -> None:
    at_line = 1 + cut * lines // CUTS
    live_and_die(tmp_path, day, at_line)
    live(tmp_path, day)

    box = Box(tmp_path, day.county, ManualClock(NOW))
    held = box.held.store.in_force()
    assert {each.notice.name for each in held.notices} == {"N1@2"}
    assert {each.alert.id for each in held.alerts} == {"A1", "C1"}
    facts = _facts(box)
    for needed in (("stored", "N1"), ("withdrawn", "N2"), ("purged", "N2"), ("stored", "N-A1"),
                   ("refused", "N3"), ("refused", "N-A0")):  # fmt: skip
        assert facts.get(needed, 0) >= 1, needed
    assert box.held.store.layers("pending") == {}
    bodies = box.held.store._database.execute("SELECT count(*) FROM blob").fetchone()[0]
    assert bodies == 1
    box.held.close()


def test_two_power_cuts_are_no_worse_than_one(day: Day, lines: int, tmp_path: Path) -> None:
    for part in range(1, 8):
        live_and_die(tmp_path, day, part * lines // 16)
    live(tmp_path, day)
    box = Box(tmp_path, day.county, ManualClock(NOW))
    assert box.names() == {"N1@2"}
    assert box.alerts() == {"A1", "C1"}
    box.held.close()
