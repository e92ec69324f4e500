"""One panel kept at the plan: compose, show, keep up, and say truly what was shown.

A plain object without threads: `turn` does what is due and says when it wants to be called
again. A card that does not answer is tried again with a growing pause, five seconds at most.
"""

from __future__ import annotations

import base64
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from contract.notice import Picture
from contract.receipt import Shown
from edge_agent.led import emergency, playlist
from edge_agent.led.airtime import Aired, Airtime
from edge_agent.led.brightness import FULL, SLOTS, Spot, brightness_table
from edge_agent.led.compose import compose
from edge_agent.led.evidence import Album, photograph
from edge_agent.led.panel import PanelError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from contract.receipt import Stage
    from edge_agent.clock import Clock, Reading
    from edge_agent.led.board import Board
    from edge_agent.led.panel import Page, Panel, Screen, Sent
    from edge_agent.plan import Plan
    from edge_agent.settings import BoxSettings, PanelSettings
    from edge_agent.store import HeldNotice

_log = logging.getLogger(__name__)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 3.0
LONGEST_WAIT_S = 2.0
"""How often the line is looked at: a pulled plug is noticed without sending a byte."""
PlanKey = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One receipt to be written by whoever owns the outbox."""

    stage: Stage
    notice_id: str
    revision: int
    shown: Shown | None = None
    detail: str = ""
    characters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Subject:
    """A notice or alert of the plan: what its pages are called, and whose receipt it is."""

    source: str
    id: str
    revision: int
    ends_at: datetime | None
    unshown: tuple[str, ...]


class Presenter:
    """Keeps one panel at the plan.

    Args:
        panel: The driver.
        board: What is composed for; its spec is the driver's.
        settings: The panel's and the box's settings.
        clock: The box's clock.
        folder: The led part's own folder.
        find_asset: Bytes of a picture by its sha256.
        report: Takes every receipt; called in the thread that calls `turn`.
        probe: Looks whether the line is still there, without traffic. Raises: LineLost.
    """

    def __init__(  # noqa: PLR0913 - what a panel at work needs
        self,
        panel: Panel,
        board: Board,
        settings: PanelSettings,
        box: BoxSettings,
        *,
        clock: Clock,
        folder: Path,
        find_asset: Callable[[str], bytes | None],
        report: Callable[[Report], None],
        probe: Callable[[], object] = bool,
    ) -> None:
        self._panel = panel
        self._board = board
        self._settings = settings
        self._box = box
        self._clock = clock
        self._find_asset = find_asset
        self._report = report
        self._probe = probe
        self._airtime = Airtime(folder / f"airtime-{settings.name}.json")
        self._album = Album(folder / f"shown-{settings.name}")
        self._pages: dict[tuple[str, int], tuple[Page, ...]] = {}
        self._shown_key: PlanKey | None = None
        self._set_clock_on: date | None = None
        self._levels: tuple[int, ...] = ()
        self._pause_s = FIRST_PAUSE_S
        self._retry_at_s = 0.0
        self._failing = False
        self.turned_at_s = clock.monotonic_s()
        """When the card last took a frame or `turn` came to its end: a watchdog's sign of life."""

    def turn(self, plan: Plan, newest: Callable[[], Plan] | None = None) -> float:
        """Do what is due for ``plan``; returns the seconds until the next call is wanted.

        ``newest`` is asked while a long write is going on: an emergency in it goes first.
        """
        now_s = self._clock.monotonic_s()
        if now_s < self._retry_at_s and not plan.alerts:
            return self._retry_at_s - now_s
        try:
            wait_s = self._turn(plan, newest)
        except PanelError as error:
            wait_s = self._lose(error)
        self.turned_at_s = self._clock.monotonic_s()
        return wait_s

    def close(self) -> None:
        """Write down the airtime and let go of the line; the card goes on showing."""
        self._airtime.save()
        self._panel.close()

    def _turn(self, plan: Plan, newest: Callable[[], Plan] | None) -> float:
        reading = self._clock.read()
        if self._shown_key is not None:
            self._probe()
        self._count(reading)
        if newest is not None:
            plan = self._lay_out(plan, newest)
        key = _key(plan, reading)
        if key != self._shown_key:
            self._show(plan, key, reading, newest)
        self._set_levels(plan, reading)
        self._set_clock(reading)
        due_s = self._panel.keep_up(urgent=lambda: _has_news(plan, newest))
        if self._failing:
            _log.warning("panel %s is back", self._settings.name)
        self._failing, self._pause_s, self._retry_at_s = False, FIRST_PAUSE_S, 0.0
        self._count(self._clock.read())
        self._report_shown()
        return min(LONGEST_WAIT_S, LONGEST_WAIT_S if due_s is None else due_s)

    def _lay_out(self, plan: Plan, newest: Callable[[], Plan]) -> Plan:
        """Lay out notice by notice; an emergency that comes meanwhile goes first."""
        for held in () if plan.alerts else plan.panel:
            found = newest()
            if found.alerts:
                return found
            self._pages_of(held)
        return plan

    def _show(
        self, plan: Plan, key: PlanKey, reading: Reading, newest: Callable[[], Plan] | None
    ) -> None:
        screen = compose(plan, self._board, reading, self._pages_of)
        alarm: list[tuple[Plan, Screen]] = []

        def urgent() -> Screen | None:
            self.turned_at_s = self._clock.monotonic_s()
            found = newest() if newest is not None else plan
            if alarm or not found.alerts or _key(found, reading) == key:
                return None
            now = self._clock.read()
            alarm.append((found, compose(found, self._board, now, self._pages_of)))
            return alarm[0][1]

        sent = self._panel.show(screen, urgent=urgent)
        if alarm:  # what was being written lies under it, and will have to be purged one day
            self._note(plan, screen, sent)
            plan, screen = alarm[0]
            key = _key(plan, reading)
        _log.info(
            "panel %s: %d bytes, %d flash writes",
            self._settings.name,
            sent.bytes_sent,
            sent.flash_writes,
        )
        self._shown_key = key
        self._note(plan, screen, sent)

    def _note(self, plan: Plan, screen: Screen, sent: Sent) -> None:
        """Write down what came up and what left, with a photo of everything new."""
        subjects = {each.source: each for each in _subjects(plan)}
        area = screen.areas[-1]
        for subject in subjects.values():
            pages = [page for page in area.pages if page.source == subject.source]
            if pages:
                self._note_up(subject, pages, screen, sent)
        names = {f"{each.id}@{each.revision}" for each in subjects.values()}
        self._airtime.take_off_all_but(names)
        kept = names | {held.notice.name for held in plan.panel}
        now = self._clock.read().now
        for aired in self._airtime.drop_all_but(kept):
            self._tell(aired, final=True)
            stage: Stage = "expired" if aired.has_expired(now) else "purged"
            self._report(Report(stage, aired.id, aired.revision, detail=self._settings.name))
        self._album.keep_only(kept)
        wanted = {held.sha256 for held in plan.panel}
        self._pages = {key: pages for key, pages in self._pages.items() if key[0] in wanted}
        self._airtime.save()

    def _note_up(self, subject: _Subject, pages: list[Page], screen: Screen, sent: Sent) -> None:
        name = f"{subject.id}@{subject.revision}"
        spec = self._panel.spec
        look = f"{spec.width_px}x{spec.height_px} {spec.colours} {len(pages)}"
        known = self._airtime.get(name)
        if known is None or known.look != look or not self._album.find(name):
            photo = photograph(pages, screen.areas[-1], spec)
            self._album.put(name, photo.png)
            sha256 = photo.sha256
        else:
            sha256 = known.snapshot_sha256
        first = self._clock.read().now.isoformat()
        ends_at = subject.ends_at.isoformat() if subject.ends_at else ""
        self._airtime.put_on(
            Aired(subject.id, subject.revision, len(pages), sha256, first, ends_at, look)
        )
        lost = [c for c in sent.unshown if any(c in run.text for p in pages for run in p.runs)]
        characters = tuple(dict.fromkeys((*subject.unshown, *lost)))
        if characters and known is None:
            self._report(
                Report("unshowable", subject.id, subject.revision, characters=characters,
                       detail=self._settings.name)
            )  # fmt: skip

    def _count(self, reading: Reading) -> None:
        slot = reading.local.hour * 2 + reading.local.minute // 30
        lit = not self._levels or self._levels[slot] > 0
        self._airtime.count(self._clock.monotonic_s(), lit=lit)

    def _report_shown(self) -> None:
        due = self._airtime.due()
        for aired in due:
            self._tell(aired)
        if due:
            self._airtime.save()

    def _tell(self, aired: Aired, *, final: bool = False) -> None:
        if final and aired.seconds <= max(0.0, aired.reported_s):
            return
        png = self._album.find(aired.name) if aired.reported_s < 0 else b""
        shown = Shown(
            pages=aired.pages,
            seconds=round(aired.seconds, 1),
            first_at=datetime.fromisoformat(aired.first_at),
            snapshot_sha256=aired.snapshot_sha256,
            panel=self._settings.name,
            snapshot_png_b64=base64.b64encode(png).decode("ascii"),
        )
        aired.reported_s = aired.seconds
        self._report(Report("shown", aired.id, aired.revision, shown))

    def _set_levels(self, plan: Plan, reading: Reading) -> None:
        """The brightness table of the day; full light while there is an emergency."""
        levels = (FULL,) * SLOTS if plan.alerts else self._todays_levels(reading)
        if levels != self._levels:
            self._panel.set_brightness(levels)
            self._levels = levels

    def _todays_levels(self, reading: Reading) -> tuple[int, ...]:
        return brightness_table(
            reading.local.date(),
            Spot(self._box.latitude_deg, self._box.longitude_deg),
            full=self._settings.brightness,
            quiet_hours=self._settings.quiet_hours,
        )

    def _set_clock(self, reading: Reading) -> None:
        """The card's clock, once a day and only from a time that can be believed."""
        today = reading.local.date()
        if reading.trusted and today != self._set_clock_on:
            self._panel.set_clock(reading.local)
            self._set_clock_on = today

    def _lose(self, error: PanelError) -> float:
        """The card did not answer: everything is sent again once it does."""
        level = logging.DEBUG if self._failing else logging.WARNING
        _log.log(level, "panel %s does not answer, trying again: %s", self._settings.name, error)
        self._failing = True
        self._airtime.pause()
        self._panel.close()
        self._shown_key, self._levels, self._set_clock_on = None, (), None
        wait_s = self._pause_s
        self._retry_at_s = self._clock.monotonic_s() + wait_s
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        return wait_s

    def _pages_of(self, held: HeldNotice) -> tuple[Page, ...]:
        """The pages of a notice, laid out anew only when it or its pictures changed."""
        pictures = [block for block in held.notice.blocks if isinstance(block, Picture)]
        here = sum(self._find_asset(block.asset.sha256) is not None for block in pictures)
        key = (held.sha256, here)
        if key not in self._pages:
            form = self._board.content
            self._pages[key] = playlist.notice_pages(held.notice, form, self._find_asset)
        return self._pages[key]


def _has_news(plan: Plan, newest: Callable[[], Plan] | None) -> bool:
    """Whether an emergency waits that ``plan`` does not know."""
    alerts = newest().alerts if newest is not None else ()
    return bool(alerts) and alerts != plan.alerts


def _subjects(plan: Plan) -> list[_Subject]:
    if plan.alerts:
        return [
            _Subject(
                held.alert.notice.name,
                held.alert.id,
                held.alert.notice.revision,
                held.alert.expires_at,
                emergency.unshown_characters(held.alert.notice),
            )
            for held in plan.alerts
        ]
    return [
        _Subject(
            held.notice.name,
            held.notice.id,
            held.notice.revision,
            held.notice.valid_until,
            playlist.unshown_characters(held.notice),
        )
        for held in plan.panel
    ]


def _key(plan: Plan, reading: Reading) -> PlanKey:
    """What the screen depends on; the same key, the same screen."""
    if plan.alerts:
        return tuple(held.sha256 for held in plan.alerts)
    notices = tuple((held.notice.name, held.sha256) for held in plan.panel)
    return (*notices, reading.local.date(), reading.trusted)
