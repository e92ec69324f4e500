"""What one panel showed, written down truly: receipts, airtime, photos.

The presenter says what came up and what the card is known to be doing; this keeps the account
and words the receipts. It touches no line.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from contract.receipt import Shown
from edge_agent.led import emergency, playlist
from edge_agent.led.airtime import Aired, Airtime
from edge_agent.led.evidence import Album, photograph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from contract.receipt import Stage
    from edge_agent.clock import Clock
    from edge_agent.led.panel import Page, PanelSpec, Screen
    from edge_agent.plan import Plan


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

    @property
    def name(self) -> str:
        return f"{self.id}@{self.revision}"


class Chronicle:
    """The account of one panel.

    Args:
        panel: The panel's name, for receipts and files.
        folder: The led part's own folder.
        clock: The box's clock.
        report: Takes every receipt.
    """

    def __init__(
        self, panel: str, folder: Path, clock: Clock, report: Callable[[Report], None]
    ) -> None:
        self._panel = panel
        self._clock = clock
        self._report = report
        self._airtime = Airtime(folder / f"airtime-{panel}.json")
        self._album = Album(folder / f"shown-{panel}")

    def came_up(self, plan: Plan, screen: Screen, spec: PanelSpec, unshown: Sequence[str]) -> None:
        """The card took ``screen``: note what is new, what left, what the card could not draw."""
        subjects = _subjects(plan)
        for subject in subjects:
            pages = [page for page in screen.areas[-1].pages if page.source == subject.source]
            if pages:
                self._note(subject, pages, screen, spec)
                self._tell_unshown(subject, pages, unshown)
        names = {subject.name for subject in subjects}
        self._airtime.take_off_all_but(names)
        kept = names | {held.notice.name for held in plan.panel}
        now = self._clock.read().now
        for aired in self._airtime.drop_all_but(kept):
            if aired.seconds > max(0.0, aired.reported_s):
                self._tell(aired)
            stage: Stage = "expired" if aired.has_expired(now) else "purged"
            self._report(Report(stage, aired.id, aired.revision, detail=self._panel))
        self._album.keep_only(kept)
        self._airtime.save()

    def count(self, *, lit: bool) -> None:
        """The card is known to be playing now; ``lit``: and the panel is not dark."""
        self._airtime.count(self._clock.monotonic_s(), lit=lit)

    def pause(self) -> None:
        """Nobody knows what the card shows."""
        self._airtime.pause()

    def tell(self) -> None:
        """Write the receipts that are due."""
        due = self._airtime.due()
        for aired in due:
            self._tell(aired)
        if due:
            self._airtime.save()

    def close(self) -> None:
        """Write the account to disk."""
        self._airtime.save()

    def _note(self, subject: _Subject, pages: list[Page], screen: Screen, spec: PanelSpec) -> None:
        look = f"{spec.width_px}x{spec.height_px} {spec.colours} {len(pages)}"
        known = self._airtime.get(subject.name)
        if known is None or known.look != look or not self._album.find(subject.name):
            photo = photograph(pages, screen.areas[-1], spec)
            self._album.put(subject.name, photo.png)
            sha256 = photo.sha256
        else:
            sha256 = known.snapshot_sha256
        first = self._clock.read().now.isoformat()
        ends = subject.ends_at.isoformat() if subject.ends_at else ""
        self._airtime.put_on(
            Aired(subject.id, subject.revision, len(pages), sha256, first, ends, look)
        )

    def _tell_unshown(self, subject: _Subject, pages: list[Page], unshown: Sequence[str]) -> None:
        """Once a notice: what no font has, and what this card could not be made to draw."""
        text = "".join(run.text for page in pages for run in page.runs)
        lost = [char for char in unshown if char in text]
        characters = tuple(dict.fromkeys((*subject.unshown, *lost)))
        aired = self._airtime.get(subject.name)
        if characters and aired is not None and not aired.told_unshown:
            aired.told_unshown = True
            self._report(
                Report(
                    "unshowable",
                    subject.id,
                    subject.revision,
                    detail=self._panel,
                    characters=characters,
                )
            )

    def _tell(self, aired: Aired) -> None:
        png = self._album.find(aired.name) if aired.reported_s < 0 else b""
        shown = Shown(
            pages=aired.pages,
            seconds=round(aired.seconds, 1),
            first_at=datetime.fromisoformat(aired.first_at),
            snapshot_sha256=aired.snapshot_sha256,
            panel=self._panel,
            snapshot_png_b64=base64.b64encode(png).decode("ascii"),
        )
        aired.reported_s = aired.seconds
        self._report(Report("shown", aired.id, aired.revision, shown))


def _subjects(plan: Plan) -> list[_Subject]:
    if not plan.alerts:
        notices = (held.notice for held in plan.panel)
        return [
            _Subject(
                each.name, each.id, each.revision, each.valid_until,
                playlist.unshown_characters(each),
            )
            for each in notices
        ]  # fmt: skip
    return [
        _Subject(
            each.notice.name, each.id, each.notice.revision, each.expires_at,
            emergency.unshown_characters(each.notice),
        )
        for each in (held.alert for held in plan.alerts)
    ]  # fmt: skip
