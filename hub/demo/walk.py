"""Following one notice with the plug pulled: after every step power or network fails, then heals.

The invariant of the design is held throughout: perhaps late; never lost, never out of order,
never shown after it was withdrawn; and the receipt tells the truth. A watcher reads the query
screen and the controller card all the time and remembers everything they ever showed.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

from hub.demo.order import is_in_order
from hub.intake.dates import CHINA
from hub.ledger import summary
from hub.notices import desk
from hub.sealing.models import OutboxRow, SealedNotice

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.children import Child
    from hub.demo.bench import Bench
    from hub.demo.evidence import Step
    from hub.demo.story import Home, Story
    from hub.notices.models import NoticePage

NOTICE = "WALK1"
PATIENCE_S = 90.0
LOOK_EVERY_S = 0.1
_EDITION = re.compile(r"第(\d+)稿")


@dataclass
class Watcher:
    """Remembers, in order, every edition that the panel and the screen ever showed."""

    home: Home
    on_screen: list[int] = field(default_factory=list)
    on_panel: list[int] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Look from now on, on a thread of its own."""
        threading.Thread(target=self._look, daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            status = self.home.screen.status()
            if status:
                readable = {each["id"]: each["revision"] for each in status["readable"]}
                _note(self.on_screen, readable.get(NOTICE, 0))
            if self.home.card.state():
                found = _EDITION.search(self.home.card.text())
                _note(self.on_panel, int(found[1]) if found else 0)


def walk(story: Story, bench: Bench) -> bool:
    """Pull a plug after every step; True when the invariant held."""
    home = story.first
    watcher = Watcher(home)
    with story.evidence.step("跟随 follow", "一条公告走完全程,每一步之后断电或断网") as step:
        watcher.start()
        page, _ = home.people.draft(_form(home))
        faults = cycle(_faults(story, bench))
        for number, stage in enumerate(STAGES, 1):
            _one_edition(home, page, step, number, stage, next(faults), bench)
        home.people.withdraw(page, "演练结束")
        _hit_and_heal(next(faults), bench)
        _until(step, bench, "撤回后处处消失 gone", lambda: _is_gone(home))
        watcher.stop()
        for name, seen in (("查询机 screen", watcher.on_screen), ("屏 panel", watcher.on_panel)):
            step.check(f"{name}:只进不退 never out of order", holds=is_in_order(seen), seen=seen)
    return story.evidence.verified


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that breaks, and how it is mended."""

    name: str
    strike: Callable[[], None]
    mend: Callable[[], None]


def _one_edition(  # noqa: PLR0913, PLR0917 - the parts of one cycle
    home: Home, page: NoticePage, step: Step, number: int, stage: str, fault: Fault, bench: Bench
) -> None:
    """Bring edition ``number`` as far as ``stage``, break something, and see it arrive."""
    begun_s = time.monotonic()
    if stage in DESK_STAGES:
        _at_desk(home, page, number, stage, lambda: _hit_and_heal(fault, bench))
    else:
        _at_desk(home, page, number, "signed", _nothing)
        _until(step, bench, f"{number} {stage}", lambda: REACHED[stage](home, number))
        _hit_and_heal(fault, bench)
    _until(step, bench, f"{number} 到达 arrived", lambda: _has_arrived(home, number))
    step.fact(
        f"第{number}稿 {stage} 后 {fault.name}",
        f"{time.monotonic() - begun_s:.1f} s 后到齐 arrived",
    )


def _at_desk(
    home: Home, page: NoticePage, number: int, stage: str, strike: Callable[[], None]
) -> None:
    """Draft, submit, approve, sign; ``strike`` after the stage."""
    people = home.people
    draft = desk.latest(page) if number == 1 else desk.correct(people.clerk, page, "演练更正")
    draft.summary = _summary(number)
    desk.save(people.clerk, draft)
    acts: dict[str, Callable[[], None]] = {
        "submitted": lambda: desk.submit(people.clerk, page),
        "approved": lambda: desk.approve(people.committee, page),
        "signed": lambda: desk.sign(people.secretary, page),
    }
    for name, act in acts.items():
        act()
        if name == stage:
            strike()


def _hit_and_heal(fault: Fault, bench: Bench) -> None:
    fault.strike()
    for child in bench.children:
        child.watch()
    fault.mend()


def _faults(story: Story, bench: Bench) -> list[Fault]:
    box = story.first.box.id
    turn = story.desk.turn
    found = [
        Fault("终端断电 power", lambda: turn(box, "cut_power"), lambda: turn(box, "restore_power")),
        Fault("断网 network", lambda: turn(box, "cut_network"), lambda: turn(box, "heal")),
    ]
    servers = [child for child in bench.children if child.name in {"broker", "dispatcher"}]
    return found + [
        Fault(f"SIGKILL {child.name}", partial(_kill, child), _nothing) for child in servers
    ]


def _nothing() -> None:
    """The hub's own watch starts what was killed."""


def _kill(child: Child) -> None:
    if child.process is not None:
        os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()


def _until(step: Step, bench: Bench, name: str, look: Callable[[], object]) -> None:
    def look_and_tend() -> object:
        for child in bench.children:
            child.watch()
        return look()

    step.until(name, look_and_tend, PATIENCE_S)


def _readable(home: Home) -> int:
    found = home.screen.status().get("readable", [])
    return next((int(each["revision"]) for each in found if each["id"] == NOTICE), 0)


def _on_panel(home: Home, number: int) -> bool:
    return f"第{number}稿" in home.card.text()


def _has_arrived(home: Home, number: int) -> bool:
    """On screen and panel, and the ledger knows that it was shown."""
    rows = summary.delivery_of(NOTICE, number).boxes
    return (
        _readable(home) == number
        and _on_panel(home, number)
        and any(row.stored_at and row.shown_s > 0 for row in rows)
    )


def _is_gone(home: Home) -> bool:
    status = home.screen.status()
    return bool(status) and _readable(home) == 0 and not _EDITION.search(home.card.text())


def _note(seen: list[int], edition: int) -> None:
    if not seen or seen[-1] != edition:
        seen.append(edition)


def _summary(number: int) -> str:
    return f"这是演练公告的第{number}稿,请以最后一稿为准。"


def _form(home: Home) -> dict[str, Any]:
    now = datetime.now(CHINA)
    return {
        "id": NOTICE,
        "title": "断电断网演练公告",
        "item": "TG02",
        "kind": "text",
        "urgency": "normal",
        "village": home.box.village.joined,
        "summary": _summary(1),
        "speech": "",
        "body": "本公告用来检验断电断网之后是否照常送达。",
        "channels": ["led", "kiosk"],
        "publish_at": now.strftime("%Y-%m-%d %H:%M"),
        "valid_until": (now + timedelta(days=7)).strftime("%Y-%m-%d %H:%M"),
    }


DESK_STAGES = ("submitted", "approved", "signed")
REACHED: dict[str, Callable[[Home, int], object]] = {
    "outbox": lambda _home, number: OutboxRow.objects.filter(notice_id=NOTICE, revision=number),
    "sealed": lambda _home, number: SealedNotice.objects.filter(notice_id=NOTICE, revision=number),
    "stored": lambda home, number: _readable(home) == number,
    "shown": _on_panel,
    "receipt": lambda _home, number: any(
        row.stored_at for row in summary.delivery_of(NOTICE, number).boxes
    ),
}
STAGES = (*DESK_STAGES, *REACHED)
