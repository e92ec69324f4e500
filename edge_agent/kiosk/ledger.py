"""What the screen has told the hub: which notices became findable here, and which are gone.

The file holds ids and revisions only, never a title: a withdrawn name leaves no trace in it.
"""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from contract.receipt import Stage
    from edge_agent.part import Part

_log = logging.getLogger(__name__)
_MAX_GONE = 500


class Ledger:
    """``readable.json`` in the part's folder, rewritten after the receipts are on the disk."""

    def __init__(self, part: Part, folder: Path) -> None:
        self._part = part
        self._path = folder / "readable.json"
        self._known: dict[str, int] = {}
        self._gone: list[str] = []
        self._alarms: list[str] = []
        self._load()

    def settle(self, readable: Mapping[str, int], held: Mapping[str, int]) -> None:
        """Write receipts for every difference.

        Args:
            readable: id to revision of what can be found now.
            held: id to revision of what the store holds, readable or not: what is held but
                no longer readable has expired, what is not held was withdrawn and is purged.
        """
        arrived = {k: rev for k, rev in readable.items() if self._known.get(k) != rev}
        left = {k: rev for k, rev in self._known.items() if readable.get(k) != rev}
        for notice_id, revision in left.items():
            stage: Stage = "expired" if held.get(notice_id) == revision else "purged"
            self._part.receipt(stage, notice_id, revision)
        for notice_id, revision in arrived.items():
            self._part.receipt("readable", notice_id, revision)
        if arrived or left:
            withdrawn = [key for key in left if key not in readable]
            kept = [key for key in self._gone if key not in readable]
            self._gone = [*kept, *withdrawn][-_MAX_GONE:]
            self._known = dict(readable)
            self._save()

    def alarm_shown(self, alert_id: str, revision: int) -> None:
        """The page says that a villager sees this alert; one receipt per alert."""
        if alert_id in self._alarms:
            return
        self._part.receipt("readable", alert_id, revision, detail="took over the query screen")
        self._alarms = [*self._alarms, alert_id][-_MAX_GONE:]
        self._save()

    def is_gone(self, notice_id: str) -> bool:
        """Whether the screen once showed this notice and no longer may."""
        return notice_id in self._gone

    def _load(self) -> None:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            self._known = {str(k): int(rev) for k, rev in found["readable"].items()}
            self._gone = [str(each) for each in found["gone"]]
            self._alarms = [str(each) for each in found["alarms"]]
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            _log.warning("cannot read %s; receipts may be doubled", self._path.name)

    def _save(self) -> None:
        record = {"readable": self._known, "gone": self._gone, "alarms": self._alarms}
        fresh = self._path.with_suffix(".part")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(record, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
