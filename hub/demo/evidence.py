"""What the story leaves behind: an entry a step in ``report.json``, pictures and sound."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from contract.errors import VillageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

POLL_S = 0.05
SLACK = float(os.environ.get("VILLAGE_STORY_SLACK", "1"))
"""Limits are multiplied by this where other work shares the machine (the test suite)."""


class StoryError(VillageError, AssertionError):
    """A step could not be verified on the device side."""


@dataclass
class Step:
    """One step of the story: what was done, what was read back, how long it took."""

    name: str
    title: str
    at: str
    seconds: float = 0.0
    verified: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    error: str = ""

    def fact(self, name: str, value: object) -> None:
        """Write down something that was read back."""
        self.facts[name] = value

    def check(self, name: str, *, holds: bool, seen: object = None) -> None:
        """Write down a check.

        Raises:
            StoryError: it does not hold; ``seen`` says what was there instead.
        """
        self.facts[name] = seen if seen is not None else holds
        if not holds:
            raise StoryError(f"{self.name}: {name} 不成立 does not hold; seen: {str(seen)[:300]}")

    def limit(self, name: str, seconds: float, limit_s: float) -> None:
        """Hold a figure to its limit, times the slack of a busy machine.

        Raises:
            StoryError: it took longer.
        """
        self.check(f"{name} ≤ {limit_s:g} s", holds=seconds <= limit_s * SLACK, seen=seconds)

    def until(self, name: str, look: Callable[[], object], within_s: float) -> object:
        """Look until there is something true; the seconds it took become a fact.

        Raises:
            StoryError: nothing after ``within_s``.
        """
        begun_s = time.monotonic()
        while True:
            found = look()
            took_s = time.monotonic() - begun_s
            if found:
                self.facts[f"{name}_s"] = round(took_s, 3)
                return found
            if took_s > within_s:
                raise StoryError(f"{self.name}: {name} 未在 {within_s:g} 秒内发生 did not happen")
            time.sleep(POLL_S)


class Evidence:
    """The folder of evidence. ``say`` tells the person at the terminal what is going on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps: list[Step] = []
        self.summary: dict[str, Any] = {}
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def step(self, name: str, title: str) -> Iterator[Step]:
        """Play one step; its entry is written whatever happens."""
        step = Step(name, title, datetime.now(UTC).isoformat(timespec="milliseconds"))
        self.steps.append(step)
        self.say(f"▸ {name} {title}")
        begun_s = time.monotonic()
        try:
            yield step
            step.verified = True
        except Exception as error:
            step.error = str(error)
            raise
        finally:
            step.seconds = round(time.monotonic() - begun_s, 3)
            self.say(f"  {'✓' if step.verified else '✗ ' + step.error} {step.seconds:.1f} s")
            self.write()

    def keep(self, step: Step, source: Path, name: str) -> None:
        """Copy a file into the evidence, numbered by its step."""
        target = self.folder / f"{len(self.steps):02}-{name}"
        shutil.copyfile(source, target)
        step.files.append(target.name)

    def keep_bytes(self, step: Step, data: bytes, name: str) -> Path:
        """Write bytes into the evidence, numbered by their step; returns the file."""
        target = self.folder / f"{len(self.steps):02}-{name}"
        target.write_bytes(data)
        step.files.append(target.name)
        return target

    @property
    def verified(self) -> bool:
        """Whether every step was verified, and there was one."""
        return bool(self.steps) and all(step.verified for step in self.steps)

    def write(self) -> None:
        """Write ``report.json`` as it stands."""
        report = {
            "verified": self.verified,
            **self.summary,
            "steps": [asdict(step) for step in self.steps],
        }
        text = json.dumps(report, ensure_ascii=False, indent=1, default=str)
        (self.folder / "report.json").write_text(text + "\n", encoding="utf-8")

    def say(self, line: str) -> None:
        """One line for the terminal."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
