"""Runs the parts of a box on a desk, side by side, and restarts what fails.

Under systemd each part is a unit of its own and this file is not used. A part that dies is
started again after a pause that doubles up to 30 s and is forgotten after a quiet minute; it
never takes another part with it. A part that hangs, and so no longer feeds its watchdog, is ended.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edge_agent.clock import DESK_BOOT
from edge_agent.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from edge_agent.clock import Clock

_log = logging.getLogger(__name__)
FIRST_PAUSE_S, LONGEST_PAUSE_S, QUIET_S, STOP_S = 0.5, 30.0, 60.0, 5.0
TURN_S = 0.2
SILENT_S = 10.0
"""As ``WatchdogSec`` of the units."""


@dataclass
class Program:
    """One child: its name, its argument list, and how it has been faring."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    due_s: float = 0.0
    restarts: int = 0
    pulse: Pulse | None = None


@dataclass
class Supervisor:
    """Starts the programs, keeps them running until stopped, then ends them all."""

    programs: Sequence[Program]
    clock: Clock
    environment: Mapping[str, str] = field(default_factory=dict)
    stopping: bool = False

    def run(self) -> None:
        """Keep everything running until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        try:
            while not self.stopping:
                self.turn()
                self.clock.sleep(TURN_S)
        finally:
            self.end_all()

    def turn(self) -> None:
        """Start what is due; notice what has ended."""
        now_s = self.clock.monotonic_s()
        for program in self.programs:
            if program.process is None:
                if now_s >= program.due_s:
                    self._start(program, now_s)
            elif program.process.poll() is not None:
                self._note_end(program, now_s)
            else:
                self._feel(program, now_s)

    def _start(self, program: Program, now_s: float) -> None:
        program.pulse = Pulse()
        told = {"NOTIFY_SOCKET": program.pulse.address}
        program.process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **self.environment, **told},
        )
        program.started_s = now_s

    def _feel(self, program: Program, now_s: float) -> None:
        """A part that was ready and is silent hangs: end it; the next turn notes its end."""
        if program.pulse is None or program.process is None:
            return
        program.pulse.listen(now_s)
        if program.pulse.is_silent(now_s, SILENT_S):
            _log.error("%s hangs and is ended", program.name)
            program.process.kill()
            program.process.wait()

    def _note_end(self, program: Program, now_s: float) -> None:
        ended = program.process
        lived_s = now_s - program.started_s
        if lived_s > QUIET_S:
            program.pause_s = FIRST_PAUSE_S
        program.due_s = now_s + program.pause_s
        program.pause_s = min(program.pause_s * 2, LONGEST_PAUSE_S)
        program.process = None
        if program.pulse is not None:
            program.pulse.close()
            program.pulse = None
        program.restarts += 1
        code = ended.returncode if ended is not None else None
        _log.warning("%s ended with %s after %.1f s, starts again", program.name, code, lived_s)

    def stop(self, signal_number: int = 0, frame: FrameType | None = None) -> None:
        """Leave `run` at its next turn."""
        del signal_number, frame
        self.stopping = True

    def end_all(self) -> None:
        """Tell all to stop, then wait for each; what does not listen is killed."""
        living = [each.process for each in self.programs if each.process is not None]
        for process in living:
            process.terminate()
        for process in living:
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def part_command(part: str, settings: str) -> list[str]:
    """The argument list that runs one part."""
    return [sys.executable, "-m", "edge_agent.cli", "part", part, "--settings", settings]


def new_boot(clock_folder: Path) -> dict[str, str]:
    """Environment of a fresh boot on a desk; a real box uses the kernel's boot id.

    The name is also written down, for who looks at the village from outside.
    """
    name = secrets.token_hex(8)
    with contextlib.suppress(OSError):  # a disk that cannot be written: the parts know it anyway
        (clock_folder / DESK_BOOT).write_text(name, encoding="ascii")
    return {"VILLAGE_BOOT_ID": name}
