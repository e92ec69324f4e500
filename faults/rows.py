"""A row of the fault matrix, what was seen, and the table that is printed and written."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from faults.county import County

Verdict = Literal["pass", "FAIL", "elsewhere", "not built"]
HEADER = "| row | fault | dose | pass number | seen | verdict |\n|---|---|---|---|---|---|\n"


class RowFailed(VillageError, RuntimeError):
    """A row did not reach its pass number; the message says what was seen instead."""


class NotHere(VillageError, RuntimeError):
    """A row needs what this machine does not give; the message says what."""


@dataclass
class Scene:
    """Where a row plays: a folder of its own, its dose, and the county when it needs one."""

    folder: Path
    short: bool
    found_county: Callable[[], County]

    def dose(self, full: int, short: int) -> int:
        """How often or how much: the full number, or the one of the short form."""
        return short if self.short else full

    def limit_s(self, seconds: float) -> float:
        """A pass number in seconds; the short form runs on busy machines and is patient."""
        return max(60.0, seconds * 3) if self.short else seconds

    @property
    def county(self) -> County:
        """Hub, broker and villages; made at the first row that asks for it."""
        return self.found_county()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a row did and saw."""

    dose: str
    seen: str
    breaches: Sequence[str] = ()
    """Sentences on what should not have been; none: the row is passed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault. ``run`` is missing where it cannot be shown here; ``why`` says so."""

    number: str
    fault: str
    passes: str
    run: Callable[[Scene], Seen] | None = None
    why: str = ""
    is_built: bool = True


@dataclass(frozen=True, slots=True)
class Result:
    """A row as it went."""

    row: Row
    verdict: Verdict
    dose: str
    seen: str
    seconds: float = 0.0

    def line(self) -> str:
        """The table's line."""
        row = self.row
        cells = (row.number, row.fault, self.dose, row.passes, self.seen, self.verdict)
        return "| " + " | ".join(each.replace("|", "/").replace("\n", " ") for each in cells) + " |"


@dataclass
class Book:
    """Every row there is, in the order of the matrix."""

    rows: list[Row] = field(default_factory=list)

    def add(self, rows: Iterable[Row]) -> None:
        """Take the rows of one family."""
        self.rows.extend(rows)
        self.rows.sort(key=lambda row: _order(row.number))

    def choose(self, numbers: Sequence[str]) -> list[Row]:
        """The named rows, or all.

        Raises:
            RowFailed: no row has one of these numbers.
        """
        if unknown := set(numbers) - {row.number for row in self.rows}:
            raise RowFailed(f"no such row: {', '.join(sorted(unknown))}")
        return [row for row in self.rows if not numbers or row.number in numbers]


def play(row: Row, scene: Scene) -> Result:
    """Run one row; whatever goes wrong in it is its own failure and nobody else's."""
    if row.run is None:
        return Result(row, "elsewhere" if row.is_built else "not built", "–", row.why)
    started_s = time.monotonic()
    scene.folder.mkdir(parents=True)
    try:
        found = row.run(scene)
    except NotHere as error:
        return Result(row, "elsewhere", "–", str(error))
    except Exception as error:  # noqa: BLE001 - a row that breaks is a row that failed
        where = traceback.extract_tb(error.__traceback__)[-1]
        file = where.filename.rsplit("/", 1)[-1]
        text = f"{type(error).__name__}: {error} ({file}:{where.lineno})"
        return Result(row, "FAIL", "broke off", text[:300], time.monotonic() - started_s)
    seconds = time.monotonic() - started_s
    if found.breaches:
        text = f"{found.seen}; {'; '.join(found.breaches[:4])}"
        return Result(row, "FAIL", found.dose, text[:600], seconds)
    return Result(row, "pass", found.dose, found.seen, seconds)


def table(results: Iterable[Result]) -> str:
    """The table as Markdown."""
    return HEADER + "".join(result.line() + "\n" for result in results)


def _order(number: str) -> tuple[int, int]:
    letters = number.rstrip("0123456789")
    return (len(letters), int(number[len(letters) :]))
