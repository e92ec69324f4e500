"""How long each notice was on the panel, kept through power cuts, and when to tell the hub.

Counted is the time in which the card was known to play a notice in its loop, the panel was
not dark and no emergency covered it. A receipt goes out when a notice comes up, again each
time its seconds have doubled (at the latest every ten minutes), and when it leaves.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_log = logging.getLogger(__name__)
FIRST_REPORT_S, REPORT_EVERY_S = 10.0, 600.0


@dataclass
class Aired:
    """One notice or alert on one panel."""

    id: str
    revision: int
    pages: int
    snapshot_sha256: str
    first_at: str
    """ISO 8601 with offset."""
    ends_at: str = ""
    look: str = ""
    """Size, colours and number of pages that the hash belongs to."""
    seconds: float = 0.0
    reported_s: float = -1.0
    """What the last receipt said; below zero before the first one."""
    on_air: bool = False
    told_unshown: bool = False

    @property
    def name(self) -> str:
        """``id@revision``."""
        return f"{self.id}@{self.revision}"

    @property
    def is_due(self) -> bool:
        """Whether the hub should hear of it again."""
        if self.reported_s < 0:
            return True
        step_s = min(max(self.reported_s, FIRST_REPORT_S), REPORT_EVERY_S)
        return self.seconds - self.reported_s >= step_s

    def has_expired(self, now: datetime) -> bool:
        """Whether its own time is over, as against having been withdrawn."""
        return bool(self.ends_at) and datetime.fromisoformat(self.ends_at) <= now


class Airtime:
    """The notices of one panel, in a small file of the led part's own folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aired: dict[str, Aired] = {each.name: each for each in _load(path)}
        for each in self._aired.values():
            each.on_air = False
        self._counted_s: float | None = None

    def get(self, name: str) -> Aired | None:
        """What is known of ``id@revision``."""
        return self._aired.get(name)

    def put_on(self, aired: Aired) -> Aired:
        """A notice came up. Its seconds go on where they stood if it was up before."""
        known = self._aired.setdefault(aired.name, aired)
        known.pages, known.snapshot_sha256 = aired.pages, aired.snapshot_sha256
        known.ends_at, known.look, known.on_air = aired.ends_at, aired.look, True
        return known

    def take_off_all_but(self, names: Iterable[str]) -> None:
        """Everything else is covered or gone; its seconds stand still."""
        wanted = set(names)
        for each in self._aired.values():
            each.on_air = each.on_air and each.name in wanted

    def count(self, now_s: float, *, lit: bool) -> None:
        """The card is known to be playing at ``now_s`` (monotonic): count since the last time."""
        if self._counted_s is not None and lit:
            for each in self._aired.values():
                if each.on_air:
                    each.seconds += max(0.0, now_s - self._counted_s)
        self._counted_s = now_s

    def pause(self) -> None:
        """Nobody knows what the card shows: the time from the last count to the next is lost."""
        self._counted_s = None

    def due(self) -> list[Aired]:
        """Those on the panel whose receipt is due."""
        return [each for each in self._aired.values() if each.on_air and each.is_due]

    def drop_all_but(self, names: Iterable[str]) -> list[Aired]:
        """Forget what is no longer in the plan; returned for its last receipts."""
        wanted = set(names)
        gone = [each for each in self._aired.values() if each.name not in wanted]
        for each in gone:
            del self._aired[each.name]
        return gone

    def save(self) -> None:
        """Write the file, in one piece; a full disk must not darken a panel."""
        draft = self._path.with_suffix(".part")
        text = json.dumps([asdict(each) for each in self._aired.values()])
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(self._path)
        except OSError as error:
            _log.warning("airtime of the panel is not written down: %s", error)


def _load(path: Path) -> list[Aired]:
    try:
        return [Aired(**each) for each in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        _log.warning("airtime of the panel starts again, %s cannot be read: %s", path.name, error)
        return []
