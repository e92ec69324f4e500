"""``python -m faults [--short] [--row N …] [--out faults.md]``: run the rows, write the table."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from faults import ground
from faults.rows import Book, Result, Row, RowFailed, Scene, play, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faults.county import County
    from hub import serve

SHELF = Path("var/faults")
"""An empty migrated database is kept here between runs."""
FAMILIES = (
    "box",
    "broker",
    "clock",
    "content",
    "crowd",
    "disk",
    "downloads",
    "elsewhere",
    "enrolment",
    "hanging",
    "hub",
    "loudspeaker",
    "network",
    "rot",
    "soak",
    "spare",
    "thieves",
)


@dataclass
class Stage:
    """One run: its folder, and the county that rows share."""

    folder: Path
    shelf: Path
    addresses: serve.Addresses

    @cached_property
    def county(self) -> County:
        """Founded when a row first asks for it."""
        from faults.county import County  # noqa: PLC0415 - needs Django's set-up

        return County(self.folder / "hub", self.shelf, self.addresses)

    def close(self) -> None:
        """End what was started."""
        if "county" in self.__dict__:
            self.county.close()


def book() -> Book:
    """Every row; the families import the hub's models, so only after the set-up."""
    from importlib import import_module  # noqa: PLC0415 - as above

    found = Book()
    for name in FAMILIES:
        found.add(import_module(f"faults.families.{name}").ROWS)
    return found


def run(rows: Sequence[Row], stage: Stage, *, short: bool) -> list[Result]:
    """Play the rows one after another and say how each went."""
    results = []
    for row in rows:
        folder = stage.folder / f"row-{row.number}"
        result = play(row, Scene(folder, short, lambda: stage.county))
        results.append(result)
        _say(
            f"[{result.seconds:6.1f} s] {row.number:>3} {result.verdict:<9} "
            f"{row.fault}: {result.seen}"
        )
    return results


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; 1 when any row failed."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="small doses (also SHORT=1)")
    parser.add_argument("--row", action="append", default=[], metavar="N", help="only this row")
    parser.add_argument("--out", type=Path, help="write the table here (Markdown)")
    parser.add_argument("--json", type=Path, help="write the results here")
    parser.add_argument("--shelf", type=Path, default=SHELF, help="keeps an empty database")
    arguments = parser.parse_args(argv)
    if "VILLAGE_LOG" not in os.environ:
        logging.disable()  # faults make the programs complain, as they should
    short = arguments.short or os.environ.get("SHORT") == "1"
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folder = Path(name)
        stage = Stage(folder, arguments.shelf, ground.prepare(folder / "hub"))
        try:
            results = run(book().choose(arguments.row), stage, short=short)
        except RowFailed as error:
            _say(str(error))
            return 2
        finally:
            stage.close()
    _write(arguments.out, arguments.json, results)
    failed = [each.row.number for each in results if each.verdict == "FAIL"]
    _say(f"failed: {', '.join(failed)}" if failed else "no row failed")
    return 1 if failed else 0


def _write(out: Path | None, data: Path | None, results: Sequence[Result]) -> None:
    text = table(results)
    _say("\n" + text)
    if out is not None:
        out.write_text(text, encoding="utf-8")
    if data is not None:
        found = {each.row.number: [each.verdict, each.seen, each.seconds] for each in results}
        data.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
