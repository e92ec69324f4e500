"""The hub's child processes: started, watched, restarted with a growing pause, ended together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_log = logging.getLogger(__name__)
FIRST_PAUSE_S, LONGEST_PAUSE_S, QUIET_S, STOP_S, TURN_S = 1.0, 30.0, 60.0, 20.0, 0.2


@dataclass
class Child:
    """One program that runs for as long as the hub does. ``log`` takes what it prints."""

    name: str
    command: Sequence[str]
    log: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    restarts: bool = True
    process: subprocess.Popen[bytes] | None = None
    _pause_s: float = FIRST_PAUSE_S
    _started_s: float = 0.0

    def start(self) -> None:
        """Start it in a process group of its own, so that it can be ended with its children."""
        out = self.log.open("ab") if self.log else None
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **self.environment},
            process_group=0,
        )
        self._started_s = time.monotonic()
        if out:
            out.close()

    def watch(self) -> bool:
        """Restart it if it has ended and its pause is over; False when it ended for good."""
        if self.process is None or self.process.poll() is None:
            return True
        if not self.restarts:
            return False
        now_s = time.monotonic()
        if now_s - self._started_s > QUIET_S:
            self._pause_s = FIRST_PAUSE_S
        if now_s - self._started_s >= self._pause_s:
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
            _log.warning("%s ended with %s, starts again", self.name, self.process.returncode)
            self.start()
        return True

    def end(self) -> None:
        """Ask its group to stop, wait, then kill what is left."""
        if self.process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            _log.warning("%s did not stop and is killed", self.name)
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: int) -> None:
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except ProcessLookupError:
                return


def watch_all(children: Sequence[Child], stopping: threading.Event) -> None:
    """Keep the children running until ``stopping`` is set, or one is gone for good."""
    while not stopping.wait(TURN_S):
        alive = [child.watch() for child in children]
        if not all(alive):
            return


def end_all(children: Sequence[Child]) -> None:
    """End the children, the last started first, side by side."""
    threads = [threading.Thread(target=child.end) for child in reversed(children)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
