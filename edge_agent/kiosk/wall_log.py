"""What the wall has really shown: the page's own reports added up, and the keeper's pictures."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from edge_agent.clock import Reading

REPORT_EVERY_S = 3600.0


@dataclass
class Showing:
    """What the wall has really shown of one notice in one revision."""

    first_at: datetime
    slides: set[int] = field(default_factory=set)
    seconds: float = 0.0
    reported_s: float | None = None
    snapshot: bytes = b""
    """The screen as the compositor showed it; empty where there is none to ask."""
    snapshot_told: bool = False


class WallLog:
    """Adds up what the page reports, and decides when a receipt is due."""

    def __init__(self) -> None:
        self._shown: dict[str, Showing] = {}
        self._now = ""

    def begins(self, name: str, number: int, reading: Reading) -> str:
        """A slide begins to stand; returns the word under which a picture of it may come."""
        self._shown.setdefault(name, Showing(reading.now))
        self._now = f"{name} {number}"
        return self._now

    def covered(self) -> None:
        """Something else covers the wall, an alarm: no picture is of a slide now."""
        self._now = ""

    def has_snapshot(self, name: str) -> bool:
        """Whether there is a picture of this notice already."""
        return name in self._shown and bool(self._shown[name].snapshot)

    def take_snapshot(self, word: str, picture: bytes) -> bool:
        """Keep a picture if it is of the slide that stands now."""
        showing = self._shown.get(word.rpartition(" ")[0])
        if not word or word != self._now or showing is None:
            return False
        showing.snapshot = picture
        return True

    def add(
        self, name: str, slide: tuple[int, int], seconds: float, reading: Reading, mono_s: float
    ) -> Showing | None:
        """Note one slide (number, total) that stood for ``seconds``.

        Returns:
            The sum when a receipt is due: after the first whole round, then hourly.
        """
        number, total = slide
        showing = self._shown.setdefault(name, Showing(reading.now))
        showing.slides.add(number)
        showing.seconds += seconds
        last_s = showing.reported_s
        if len(showing.slides) < total:
            return None
        if last_s is not None and mono_s - last_s < REPORT_EVERY_S:
            return None
        showing.reported_s = mono_s
        return showing

    def keep_only(self, names: set[str]) -> None:
        """Forget what is no longer in force."""
        self._shown = {name: each for name, each in self._shown.items() if name in names}
