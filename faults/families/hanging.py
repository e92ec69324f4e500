"""The row about parts that hang: stopped, or spinning in their own loop, and noticed by silence."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from edge_agent.clock import BoxClock
from edge_agent.poke import is_listening
from edge_agent.settings import ZoneSettings
from edge_agent.supervisor import QUIET_S, Program, Supervisor, new_boot
from faults.families.box import box_with_notice, children
from faults.ground import free_port
from faults.panel import ServedCard, start, until, write_settings
from faults.rows import Row, RowFailed, Scene, Seen

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.settings import Settings

PARTS = ("link", "led", "audio", "kiosk")
BACK_S = 15.0
FED_S = 5.0
"""Half of the watchdog's ten seconds: sd_notify(3) asks for no rarer signs of life."""
LOOK_S = 0.05


@dataclass
class Watch:
    """Four parts under our supervisor, and how rarely each spoke while it was well."""

    programs: list[Program]
    keeper: Supervisor
    silent_s: dict[str, float] = field(default_factory=dict)

    def turn(self) -> None:
        """Let the supervisor look."""
        self.keeper.turn()
        time.sleep(LOOK_S)

    def until_ready(self, patience_s: float = 90.0) -> None:
        """Turn until every part has said that it is ready."""
        end_s = time.monotonic() + patience_s
        while not all(each.pulse is not None and each.pulse.is_ready for each in self.programs):
            self.turn()
            if time.monotonic() > end_s:
                raise RowFailed("not all parts are ready")

    def for_a_while(self, seconds: float) -> None:
        """Turn, and note the longest silence of each."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.turn()
            now_s = self.keeper.clock.monotonic_s()
            for each in self.programs:
                if each.pulse is not None:
                    silent_s = now_s - each.pulse.beat_s
                    self.silent_s[each.name] = max(silent_s, self.silent_s.get(each.name, 0.0))

    def hang_all(self, ways: tuple[signal.Signals, ...]) -> dict[str, float]:
        """Hang every part at once; seconds until each is there again and ready."""
        before = {each.name: each.restarts for each in self.programs}
        began_s = time.monotonic()
        for number, each in enumerate(self.programs):
            if each.process is not None:
                os.kill(each.process.pid, ways[number % len(ways)])
        back_s: dict[str, float] = {}
        while len(back_s) < len(self.programs):
            self.turn()
            passed_s = time.monotonic() - began_s
            for each in self.programs:
                is_new = each.restarts > before[each.name]
                if is_new and each.pulse is not None and each.pulse.is_ready:
                    back_s.setdefault(each.name, passed_s)
            if passed_s > 90.0:
                raise RowFailed(f"only {sorted(back_s)} came back")
        return back_s


def hung(scene: Scene) -> Seen:
    """Row R9, for our supervisor; what systemd would do hangs on the same signs of life."""
    os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
    box = box_with_notice(scene.folder / "box", "停水通知")
    card = ServedCard(scene.folder)
    kiosk = replace(box.settings.kiosk, port=free_port())
    zone = ZoneSettings("horn", sink="file")
    settings = replace(box.settings, panel=(card.settings,), zone=(zone,), kiosk=kiosk)
    settings = replace(settings, link=replace(settings.link, broker="mqtt://127.0.0.1:1"))
    path = scene.folder / "agent.toml"
    write_settings(path, settings)
    ways = (signal.SIGSTOP, signal.SIGUSR1)
    worst_s: dict[str, float] = {}
    watch = _watch(settings, path)
    try:
        watch.until_ready()
        for number in range(scene.dose(3, 1)):
            watch.for_a_while(scene.dose(round(QUIET_S) + 5, 7))  # its pauses are forgotten
            for part, took_s in watch.hang_all(ways[number % 2 :] + ways[: number % 2]).items():
                worst_s[part] = max(took_s, worst_s.get(part, 0.0))
            watch.until_ready()
    finally:
        _end(watch)
    desk_s = 0.0 if scene.short else _whole_box(settings, path)
    card.unplug()
    limit_s = scene.limit_s(BACK_S)
    breaches = [f"{part}: {s:.1f} s" for part, s in worst_s.items() if s > limit_s]
    breaches += [
        f"{part} is silent for {s:.1f} s while it is well"
        for part, s in watch.silent_s.items()
        if s > scene.limit_s(FED_S)
    ]
    if desk_s > BACK_S:
        breaches.append(f"village-agent run: {desk_s:.1f} s")
    named = ", ".join(f"{part} {s:.1f} s" for part, s in sorted(worst_s.items()))
    alive = max(watch.silent_s.values())
    whole = "" if scene.short else f"; as `village-agent run` {desk_s:.1f} s"
    return Seen(
        f"{scene.dose(3, 1)} times all four at once, half stopped, half spinning in their loop",
        f"ended by their silence, ready again after: {named}{whole}; while well, never silent for "
        f"more than {alive:.1f} s",
        breaches,
    )


def _watch(settings: Settings, path: Path) -> Watch:
    command = [sys.executable, "-m", "faults.hanging_part"]
    programs = [Program(part, [*command, part, str(path)]) for part in PARTS]
    clock_folder = settings.part_folder("clock")
    quiet = {**new_boot(clock_folder), "VILLAGE_LOG": "CRITICAL"}
    return Watch(programs, Supervisor(programs, BoxClock(clock_folder), quiet))


def _end(watch: Watch) -> None:
    for each in watch.programs:  # whoever is stopped or spins hears no SIGTERM
        if each.process is not None:
            each.process.kill()
    watch.keeper.end_all()


def _whole_box(settings: Settings, path: Path) -> float:
    """The same under the command that people run; seconds until all parts are back."""
    run = start("run", "--settings", str(path))

    def are_back(old: frozenset[int]) -> bool:
        fresh = set(children(run.pid)) - old
        return len(fresh) == len(PARTS) and all(is_listening(settings.run, p) for p in PARTS)

    try:
        until(lambda: are_back(frozenset()), 90.0)
        time.sleep(3.0)  # all have said that they are ready
        old = frozenset(children(run.pid))
        for each in old:
            os.kill(each, signal.SIGSTOP)
        return until(lambda: are_back(old), 90.0)
    finally:
        run.terminate()
        run.wait(60)


ROWS = (Row("R9", "hang in each component (our supervisor; units: WatchdogSec)", "15 s", hung),)
