"""The soak: a fault a minute, and after each one everything that must hold, in a table.

While a fault lasts a notice and an emergency are released, and a forged emergency is thrown at
every box. The clock of "right again" starts when the broker lets boxes in, the dispatcher's
process runs and the fault's own time is over; what those need to come back counts beside it.
"""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.fleet.rounds import PATIENCE_S
from faults import invariants

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.fleet.rounds import Bench

EVERY_S, LIMIT_S = 60.0, 10.0
GROWTH_MB = 1.0
"""A program's memory may grow by so much an hour, by the line through what was measured."""
MINUTES_FOR_A_SLOPE = 20
FLAPPING_S, UP_S = 20.0, 2.0
CLOCK_STEPS_S = (-20 * 365 * 86_400.0, -86_400.0, 86_400.0, 10 * 365 * 86_400.0)
REVOKED_WITHIN_S = 2.0
HEADINGS = ("minute", "fault", "back after", "right after that", "limit", "breaches")


@dataclass
class Round:
    """What one fault did."""

    fault: str
    back_s: float
    right_s: float
    limit_s: float
    breaches: tuple[str, ...]

    @property
    def has_passed(self) -> bool:
        """In time, and nothing broken."""
        return self.right_s <= self.limit_s and not self.breaches


@dataclass
class Soak:
    """Call `run`; then `table` says what was seen."""

    bench: Bench
    every_s: float = EVERY_S
    limit_s: float = LIMIT_S
    rounds: list[Round] = field(default_factory=list)
    _signed: set[str] = field(default_factory=set)
    _published: set[str] = field(default_factory=set)
    _memory_mb: dict[str, list[float]] = field(default_factory=dict)

    def run(self, seconds: float) -> None:
        """A fault every ``every_s``; each kind in turn, in an order that is the same each time."""
        spread = random.Random(7)  # noqa: S311 - the same soak every time
        self._signed = {each for ids in self.bench.merged("played").values() for each in ids}
        ends_s = time.monotonic() + seconds
        waiting: list[str] = []
        while time.monotonic() < ends_s:
            due_s = time.monotonic() + self.every_s
            if not waiting:
                waiting = spread.sample(sorted(self._faults()), len(self._faults()))
            found = self._round_to_its_end(waiting.pop())
            self.rounds.append(found)
            print(_line(len(self.rounds), found), flush=True)
            while time.monotonic() < due_s:
                self.bench.county.watch()
                time.sleep(0.2)
            for name in ("broker", "dispatcher"):
                self._memory_mb.setdefault(name, []).append(self.bench.county.rss_mb(name))

    def _faults(self) -> dict[str, Callable[[], tuple[str, ...]]]:
        county = self.bench.county
        return {
            "broker killed": lambda: _done(county.kill("broker")),
            "broker wiped": lambda: _done(county.wipe_broker()),
            "dispatcher killed": lambda: _done(county.kill("dispatcher")),
            "half the boxes cut off": lambda: _done(self.bench.total("lose", 0.5)),
            "links flapping": self._flap,
            "clocks stepped": self._step_clocks,
            "a box revoked": self._revoke,
        }

    def _flap(self) -> tuple[str, ...]:
        """A third of the boxes lose their line again and again."""
        ends_s = time.monotonic() + FLAPPING_S
        while time.monotonic() < ends_s:
            self.bench.total("lose", 0.33)
            self.bench.county.watch()
            time.sleep(UP_S)
        return ()

    def _step_clocks(self) -> tuple[str, ...]:
        """Half the boxes are years off; the others are right again."""
        step_s = CLOCK_STEPS_S[len(self.rounds) % len(CLOCK_STEPS_S)]
        self.bench.total("step_clocks", step_s, 0.5)
        return ()

    def _revoke(self) -> tuple[str, ...]:
        """The last box of ours is shut out while it is connected, and must stay out."""
        bench = self.bench
        name = bench.members[-1].box
        bench.total("revoke", name)
        bench.members.pop()
        bench.county.revoke(name)
        ends_s = time.monotonic() + REVOKED_WITHIN_S
        while bench.total("intruders") and time.monotonic() < ends_s:
            bench.county.watch()
            time.sleep(0.02)
        return (f"{name} is still here",) if bench.total("intruders") else ()

    def _round_to_its_end(self, name: str) -> Round:
        """What is never right again is a row of the table, not the end of the soak."""
        try:
            return self._round(name)
        except SystemExit as error:
            return Round(name, 0.0, PATIENCE_S, self.limit_s, (str(error),))

    def _round(self, name: str) -> Round:
        bench = self.bench
        started_s = time.monotonic()
        breaches = self._faults()[name]()
        villages = len(bench.county.desk.county.villages)
        self._published.add(bench.county.desk.publish(len(self.rounds) % villages))
        alert = bench.county.desk.alarm(bench.area)
        self._signed.add(alert)
        back_s = bench.wait(bench.county_is_back, name) + time.monotonic() - started_s
        right_s = bench.wait(lambda: bench.all_right() and bench.all_played(alert), name)
        bench.throw_forged()
        bench.wait(lambda: bench.total("unacknowledged") == 0, "the receipts")
        return Round(name, back_s, right_s, self.limit_s, (*breaches, *self._broken()))

    def _broken(self) -> tuple[str, ...]:
        """The invariants that a simulated box can break; it has no panel to be dark."""
        county, bench = self.bench.county, self.bench
        truth = county.in_force()
        shown = bench.merged("shown")
        wanted = {
            box: {name for area in areas for name in truth.get(area, ())}
            for box, (areas, _) in shown.items()
        }
        held = county.receipts_held()
        acknowledged = bench.merged("acknowledged")
        lost = [f"{box}: {n - held.get(box, 0)}" for box, n in acknowledged.items()
                if held.get(box, 0) < n]  # fmt: skip
        return (
            *invariants.right_everywhere(wanted, {box: own for box, (_, own) in shown.items()}),
            *(f"{name} is in no manifest" for name in self._published - _all(truth)),
            *(
                f"{box}: {breach}"
                for box, ids in bench.merged("played").items()
                for breach in (
                    *invariants.nothing_foreign(ids, self._signed),
                    *invariants.each_alert_once(sorted(self._signed), ids),
                )
            ),
            *invariants.nothing_said_is_lost(lost, ()),
            *(["a revoked box is here"] if bench.total("intruders") else []),
        )

    def table(self) -> str:
        """All rounds as Markdown, and what they come to."""
        failed = sum(not each.has_passed for each in self.rounds)
        worst_s = max((each.right_s for each in self.rounds), default=0.0)
        summary = (
            f"{len(self.bench.members)} boxes, {len(self.rounds)} faults, {failed} not passed, "
            f"worst {worst_s:.1f} s (limit {self.limit_s:.0f} s)."
        )
        lines = [
            summary,
            "",
            "| " + " | ".join(HEADINGS) + " |",
            "|---:|---|---:|---:|---:|---|",
            *(_line(number + 1, each) for number, each in enumerate(self.rounds)),
            "",
        ]
        lines += [
            f"Memory of the {name}: {self._memory_mb[name][-1]:.0f} MB, {slope:+.2f} MB an hour "
            f"(limit {GROWTH_MB:.0f}) after the first third."
            for name, slope in self.slopes().items()
        ]
        return "\n".join(lines) + "\n"

    def slopes(self) -> dict[str, float]:
        """MB an hour by which a program grew, once its caches were filled; none in a short soak."""
        found = {}
        for name, seen in self._memory_mb.items():
            settled = seen[len(seen) // 3 :]
            if len(settled) >= MINUTES_FOR_A_SLOPE:
                line = statistics.linear_regression(range(len(settled)), settled)
                found[name] = line.slope * 3600 / self.every_s
        return found

    @property
    def has_passed(self) -> bool:
        """Every fault healed in time, and no program grew."""
        is_flat = all(slope < GROWTH_MB for slope in self.slopes().values())
        return is_flat and all(each.has_passed for each in self.rounds)

    def write(self, path: Path) -> None:
        """The table as a file."""
        path.write_text(self.table(), encoding="utf-8")


def _line(number: int, found: Round) -> str:
    breaches = "; ".join(found.breaches[:3]) or "none"
    more = f" and {len(found.breaches) - 3} more" if len(found.breaches) > 3 else ""
    return (f"| {number} | {found.fault} | {found.back_s:.1f} s | {found.right_s:.1f} s "
            f"| {found.limit_s:.0f} s | {breaches}{more} |")  # fmt: skip


def _all(truth: dict[str, set[str]]) -> set[str]:
    return {name for names in truth.values() for name in names}


def _done(_: object) -> tuple[str, ...]:
    """A fault that breaks nothing by itself."""
    return ()
