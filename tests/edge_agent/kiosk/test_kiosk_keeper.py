from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from edge_agent.kiosk import keeper

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.clock import ManualClock

SLEEPS = (sys.executable, "-c", "import time; time.sleep(60)")


class Page:
    """A page on a clock of its own: touches its file every ten seconds until ``until_s``."""

    def __init__(self, path: Path, clock: ManualClock, until_s: float) -> None:
        self.path, self.clock, self.until_s = path, clock, until_s
        self.beats = 0

    def runs(self) -> bool:
        now_s = self.clock.monotonic_s()
        if now_s <= self.until_s and now_s // 10 > self.beats:
            self.beats += 1
            self.path.touch()
            os.utime(self.path, ns=(self.beats, self.beats))
        return now_s < 10_000


def test_a_page_that_falls_silent_is_given_up_after_a_minute(
    tmp_path: Path, clock: ManualClock
) -> None:
    page = Page(tmp_path / "alive", clock, until_s=500)
    keeper.keep(page.runs, page.path, clock)
    assert 560 <= clock.monotonic_s() <= 566


def test_a_page_that_beats_is_kept(tmp_path: Path, clock: ManualClock) -> None:
    page = Page(tmp_path / "alive", clock, until_s=10_000)
    keeper.keep(page.runs, page.path, clock)
    assert clock.monotonic_s() >= 10_000


def test_a_browser_that_never_shows_a_page_gets_time_to_start(
    tmp_path: Path, clock: ManualClock
) -> None:
    keeper.keep(lambda: True, tmp_path / "alive", clock)
    assert 90 <= clock.monotonic_s() <= 96


def test_a_clock_that_jumps_does_not_make_a_page_silent(tmp_path: Path, clock: ManualClock) -> None:
    page = Page(tmp_path / "alive", clock, until_s=10_000)

    def runs() -> bool:
        clock.set(clock.read().now.replace(year=2001))
        return page.runs()

    keeper.keep(runs, page.path, clock)
    assert clock.monotonic_s() >= 10_000


def test_a_silent_browser_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "START_S", 0.0)
    monkeypatch.setattr(keeper, "SILENCE_S", 0.0)
    pid = tmp_path / "pid"
    script = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    code = keeper.main(["--alive", str(tmp_path / "alive"), "--", sys.executable, "-c", script])
    assert code == 1
    if pid.exists():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)


def test_a_browser_that_ends_is_started_again_by_the_service_manager(tmp_path: Path) -> None:
    assert keeper.main(["--alive", str(tmp_path / "alive"), "--", sys.executable, "-c", ""]) == 1
