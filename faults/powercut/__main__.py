"""``python -m faults.powercut [--states 1000] [--messages 300] [--out powercut.md]``."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from contract.errors import VillageError
from faults.powercut import day, guest, replay

if TYPE_CHECKING:
    from collections.abc import Sequence

SHELF = Path("var/faults")
NICENESS = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Run the guest, replay its cuts, print the figures; 1 when anything was lost or torn."""
    parser = argparse.ArgumentParser(prog="python -m faults.powercut", description=__doc__)
    parser.add_argument("--states", type=int, default=1000, help="cuts to judge (default 1000)")
    parser.add_argument("--messages", type=int, default=300, help="messages (default 300)")
    parser.add_argument("--shelf", type=Path, default=SHELF, help="keeps the guest's Debian")
    parser.add_argument("--out", type=Path, help="write the figures here (Markdown)")
    arguments = parser.parse_args(argv)
    if lacks := guest.missing_tools():
        _say(f"不能在此运行 cannot run here, missing: {', '.join(lacks)}")
        return 2
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    try:
        return _run(arguments)
    except VillageError as error:
        _say(f"未完成 failed: {error}")
        return 1


def _run(arguments: argparse.Namespace) -> int:
    sent = day.make(arguments.messages)
    with tempfile.TemporaryDirectory(prefix="powercut-") as name:
        started_s = time.monotonic()
        machine = guest.make(Path(name) / "machine", arguments.shelf, sent)
        _say(f"guest made in {time.monotonic() - started_s:.0f} s")
        guest_s = guest.run(machine)
        _say(f"{arguments.messages} messages taken in the guest in {guest_s:.0f} s")
        started_s = time.monotonic()
        tally = replay.replay(machine, sent, arguments.states)
        replay_s = time.monotonic() - started_s
    text = (
        "| messages | log entries | flushes | states | lost | torn | unmountable "
        "| guest | replay |\n"
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n"
        f"| {arguments.messages} | {tally.entries} | {tally.flushes} | {tally.states} "
        f"| {tally.breaches['lost']} | {tally.breaches['torn']} | {tally.unmountable} "
        f"| {guest_s:.0f} s | {replay_s:.0f} s |\n"
    )
    _say(text)
    for each in tally.examples[:10]:
        _say(each)
    if arguments.out is not None:
        arguments.out.write_text(text, encoding="utf-8")
    too_few = tally.states < arguments.states
    if too_few:
        _say(f"only {tally.states} states: take more --messages")
    return 1 if tally.breaches or tally.unmountable or too_few else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
