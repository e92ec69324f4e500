"""Keeps the query screen's browser alive: a page that falls silent is a page nobody can use.

``python -m edge_agent.kiosk.keeper --alive FILE -- cage -s -- chromium …``. The page touches
``FILE`` through the kiosk every ten seconds, from a drawn frame. A browser may run and still
show nothing (a crashed tab, a frozen compositor); so after a minute of silence everything it
started is ended, and the keeper ends with 1, for the service manager to start both again.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from edge_agent.clock import BoxClock
from edge_agent.kiosk.witness import Witness
from edge_agent.part import notify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge_agent.clock import Clock

_log = logging.getLogger(__name__)
SILENCE_S, START_S, LOOK_EVERY_S, END_S = 60.0, 90.0, 2.0, 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a browser until it ends or falls silent; 1 so that it is started again."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--alive", type=Path, required=True, help="file that the page touches")
    parser.add_argument("--proof", default="", metavar="URL", help="send pictures of a wall here")
    parser.add_argument("command", nargs="+", help="the browser and its arguments")
    chosen = parser.parse_args(arguments)
    child = subprocess.Popen(chosen.command, process_group=0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    witness = Witness(chosen.alive.parent, chosen.proof) if chosen.proof else None

    def runs() -> bool:
        if witness is not None:
            witness.look()
        return child.poll() is None

    try:
        keep(runs, chosen.alive, BoxClock(chosen.alive.parent))
    finally:
        _end(child)
    return 1


def keep(runs: Callable[[], bool], alive: Path, clock: Clock) -> None:
    """Return when the browser has ended, or its page has been silent for a minute.

    Only a change of the file's time counts, never the time itself: the box's clock may jump.
    """
    seen = _touched_ns(alive)
    heard_s = clock.monotonic_s() + START_S - SILENCE_S
    notify("READY=1")
    while runs():
        now_ns = _touched_ns(alive)
        if now_ns != seen:
            seen, heard_s = now_ns, clock.monotonic_s()
        if clock.monotonic_s() - heard_s > SILENCE_S:
            _log.error("the query screen has been silent for %d s, starting it again", SILENCE_S)
            return
        notify("WATCHDOG=1")
        clock.sleep(LOOK_EVERY_S)
    _log.error("the query screen's browser has ended, starting it again")


def _touched_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _end(child: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(END_S)


if __name__ == "__main__":
    sys.exit(main())
