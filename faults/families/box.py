"""Rows about the box itself: killed anywhere, files torn, panel unplugged, parts dead."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from contract.messages import sha256_hex
from edge_agent.clock import ManualClock
from faults.families.content import deliver_retained
from faults.ground import free_port
from faults.invariants import never_blank, nothing_foreign, right_everywhere
from faults.panel import ServedCard, on_a_thread, start, until, write_settings
from faults.powercut import calls, day, workload
from faults.powercut.judge import judge
from faults.rows import Row, Scene, Seen
from tests.edge_agent.link.conftest import NOW, Box, County
from tests.edge_agent.link.test_power_cut import Day, live_and_die

if TYPE_CHECKING:
    from pathlib import Path

    from edge_agent.settings import Settings

MESSAGES = 120


def killed_while_writing(scene: Scene) -> Seen:
    """Row R1: kill -9 at a random moment of a random day, a thousand times."""
    rounds, sent = scene.dose(1000, 12), day.make(MESSAGES)
    chance, acknowledged, breaches = random.Random(1), 0, []  # noqa: S311 - moments of a kill
    for number in range(rounds):
        folder = scene.folder / str(number)
        count = _killed_after(chance.uniform(0.005, 0.25), folder, sent)
        acknowledged += count
        breaches += [f"{kind}: {what}" for kind, what in judge(folder, sent, count)]
        shutil.rmtree(folder)
    return Seen(
        f"{rounds} rounds, {acknowledged} acknowledged messages", "0 lost, 0 corrupt", breaches
    )


def _killed_after(seconds: float, folder: Path, sent: day.Day) -> int:
    """Let a child take the day's messages for so long; how many it acknowledged."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            disk = workload.Disk(folder)
            for step in sent.steps:
                disk.take(step)
                os.write(writer, b"!")
            signal.pause()
        os._exit(0)
    os.close(writer)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as file:
        return len(file.read())


def power_cut_in_calls(scene: Scene) -> Seen:
    """Row R2 without an emulated machine."""
    states, lost = calls.cut_and_judge(
        scene.folder / "cut", day.make(scene.dose(200, 30)), scene.dose(1000, 30)
    )
    return Seen(
        f"{states} states of the workload's system calls",
        "0 lost, 0 torn",
        [f"{kind}: {what}" for kind, what in lost],
    )


def torn(scene: Scene) -> Seen:
    """Row 7: killed at any line of link, and the file it wrote last torn at any length."""
    count, sent = scene.dose(300, 6), Day(County())
    lines = live_and_die(scene.folder / "count", sent, 0)
    chance, slowest_s, kept = random.Random(7), 0.0, 0  # noqa: S311 - the same cuts in every run
    breaches: list[str] = []
    looks: list[int] = []
    signed = {"N1@1", "N1@2", "N2@1"}
    for number in range(count):
        folder = scene.folder / str(number)
        folder.mkdir()
        live_and_die(folder, sent, chance.randrange(1, lines))
        _tear(folder / "s" / "store", chance)
        started_s = time.monotonic()
        box = Box(folder, sent.county, ManualClock(NOW))
        slowest_s = max(slowest_s, time.monotonic() - started_s)
        kept += bool(box.names())
        breaches += nothing_foreign(box.names(), signed)
        if number % 10 == 0:
            looks += _looks_at_panel(folder, box.settings)
        breaches += _right_again(box, sent)
        shutil.rmtree(folder)
    breaches += never_blank(looks)
    if slowest_s > 5.0:
        breaches.append(f"a boot took {slowest_s:.1f} s")
    return Seen(
        f"{count} points of {lines} lines",
        f"slowest boot {slowest_s:.2f} s, {kept} kept a "
        f"set, all right after the hub's manifest, panel lit at {len(looks)} looks",
        breaches,
    )


def _tear(folder: Path, chance: random.Random) -> None:
    found = [each for each in folder.glob("notices.db*") if not each.name.endswith("-shm")]
    if found:
        last = max(found, key=lambda path: path.stat().st_mtime_ns)
        os.truncate(last, chance.randrange(last.stat().st_size + 1))


def _looks_at_panel(folder: Path, settings: Settings) -> list[int]:
    """Start the panel on what is left, with no network; what it shows once it was written."""
    card = ServedCard(folder)
    try:
        with on_a_thread(replace(settings, panel=(card.settings,))):
            until(lambda: card.lit() > 0)
            return [card.lit() for _ in range(3)]
    finally:
        card.unplug()


def _right_again(box: Box, sent: Day) -> tuple[str, ...]:
    """The hub asserts the newest manifest above what it reports."""
    county = sent.county
    newest = county.seal(county.notice("N1", 3))
    deliver_retained(box, county.manifest(9, ("N1", 3, newest)), {sha256_hex(newest): newest})
    names = box.names()
    box.held.close()
    return right_everywhere({"box": ["N1@3"]}, {"box": names})


class SigningBox(Box):
    """A box that remembers whose county it is in."""

    def __init__(self, folder: Path, county: County) -> None:
        super().__init__(folder, county, ManualClock(NOW))
        self.county = county


def box_with_notice(folder: Path, words: str) -> SigningBox:
    """A box that holds one notice with these words."""
    county = County()
    box = SigningBox(folder, county)
    text = county.seal(county.notice("N1", title=words))
    deliver_retained(box, county.manifest(1, ("N1", 1, text)), {sha256_hex(text): text})
    box.held.close()
    return box


def _replace_notice(box: SigningBox, number: int, words: str) -> None:
    """Link puts another notice in the place of what is in force."""
    box._open()
    text = box.county.seal(box.county.notice("N1", number + 2, title=words))
    manifest = box.county.manifest(number + 2, ("N1", number + 2, text))
    deliver_retained(box, manifest, {sha256_hex(text): text})
    box.held.poke_parts()
    box.held.close()


def _write_settings(scene: Scene, box: Box, card: ServedCard) -> Path:
    """The settings file of a box with this panel."""
    kiosk = replace(box.settings.kiosk, port=free_port())
    path = scene.folder / "agent.toml"
    write_settings(path, replace(box.settings, panel=(card.settings,), kiosk=kiosk))
    return path


def boots_to_content(scene: Scene) -> Seen:
    """Row R5, as a process on this machine: from its start to the notice on the card."""
    box, times = box_with_notice(scene.folder / "box", "停水通知"), []
    for _ in range(scene.dose(10, 1)):
        card = ServedCard(scene.folder)  # a new one: it shows nothing yet
        path = _write_settings(scene, box, card)
        led = start("part", "led", "--settings", str(path))
        try:
            times.append(until(lambda card=card: card.shows("停水")))  # type: ignore[misc]
        finally:
            _kill(led)
        card.unplug()
    limit_s = scene.limit_s(3.0)
    breaches = [f"{max(times):.1f} s"] if max(times) > limit_s else []
    return Seen(
        f"{len(times)} starts of the led program, no network, no link",
        f"notice in the card's memory after {max(times):.1f} s at worst",
        breaches,
    )


def unplugged(scene: Scene) -> Seen:
    """Row R10: the serial line goes and comes back."""
    card, worst_s, looks = ServedCard(scene.folder), 0.0, []
    box = box_with_notice(scene.folder / "box", "停水通知")
    settings = replace(box.settings, panel=(card.settings,))
    with on_a_thread(settings):
        until(lambda: card.shows("停水"))
        for number in range(scene.dose(20, 2)):
            card.unplug()
            looks.append(card.lit())
            _replace_notice(box, number, f"第{number}次")
            card.plug()
            worst_s = max(worst_s, until(lambda n=number: card.shows(f"第{n}次")))  # type: ignore[misc]
            looks.append(card.lit())
    card.unplug()
    limit_s = scene.limit_s(5.0)
    breaches = [*never_blank(looks), *([f"{worst_s:.1f} s"] if worst_s > limit_s else [])]
    return Seen(
        f"{scene.dose(20, 2)} times, another notice in force meanwhile",
        f"shows the new content after {worst_s:.1f} s at worst",
        breaches,
    )


def parts_killed(scene: Scene) -> Seen:
    """Row R12 without the memory controller: what the kernel's OOM killer does, SIGKILL."""
    card = ServedCard(scene.folder)
    box = box_with_notice(scene.folder / "box", "停水通知")
    path = _write_settings(scene, box, card)
    run = start("run", "--only", "led,kiosk", "--settings", str(path))
    worst_s, breaches = 0.0, []
    try:
        until(lambda: card.shows("停水"))
        for number in range(scene.dose(10, 1)):
            for child in children(run.pid):
                os.kill(child, signal.SIGKILL)
            _replace_notice(box, number, f"第{number}次")
            worst_s = max(worst_s, until(lambda n=number: card.shows(f"第{n}次")))  # type: ignore[misc]
        if run.poll() is not None:
            breaches.append("the supervisor ended too")
    finally:
        run.terminate()
        run.wait(30)
        card.unplug()
    return Seen(
        f"led and query screen killed {scene.dose(10, 1)} times",
        f"a new notice on the panel after {worst_s:.1f} s at worst",
        breaches,
    )


def children(pid: int) -> list[int]:
    """The processes that this one has started."""
    done = subprocess.run(["pgrep", "-P", str(pid)], check=False, capture_output=True, text=True)
    return [int(each) for each in done.stdout.split()]


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


ROWS = (
    Row("7", "agent kill -9 at any line, newest file torn", "boots in 5 s, I4, right again", torn),
    Row("R1", "kill -9 during writes", "0 lost, 0 corrupt", killed_while_writing),
    Row(
        "R2",
        "power cut (system calls; blocks: make powercut)",
        "0 lost, 0 torn",
        power_cut_in_calls,
    ),
    Row("R5", "boot to content without network", "3 s on this machine", boots_to_content),
    Row("R10", "serial line unplugged, replugged", "shows its content again in 5 s", unplugged),
    Row("R12", "killed for its memory", "restarted, no loss", parts_killed),
)
