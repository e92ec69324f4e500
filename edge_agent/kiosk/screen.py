"""The screen's state between requests: the edition in force, and who waits to hear of the next.

`refresh` is called at every poke. Alarms are told to the pages before the search index is
built, so that a large village does not wait for its own emergency.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

from contract.errors import ContractError
from edge_agent.errors import StoreError
from edge_agent.kiosk.alarm import Alarm, alarm_of
from edge_agent.kiosk.edition import Edition, edition_of, empty_edition, with_withdrawn
from edge_agent.kiosk.ledger import Ledger
from edge_agent.plan import Plan, plan

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from contract.manifest import Withdrawn
    from edge_agent.part import Part
    from edge_agent.store import InForce

_log = logging.getLogger(__name__)


class Screen:
    """One query screen. All methods run on the server's event loop."""

    def __init__(self, part: Part, folder: Path) -> None:
        self.part = part
        self.ledger = Ledger(part, folder)
        self.alarms: tuple[Alarm, ...] = ()
        self.alarms_on_screen: tuple[str, ...] = ()
        self.last_alive_s: float | None = None
        self.edition: Edition = empty_edition(part.clock.read())
        self._change = -1
        self._trusted = False
        self._number = 0
        self._told = asyncio.Condition()
        self.offline = False
        self._up_s = part.clock.monotonic_s()

    async def refresh(self) -> bool:
        """Read the store again if it (or the time) gives reason to; True when there is news.

        A store that cannot be read keeps the last edition on the screen, and says so.
        """
        reading = self.part.clock.read()
        if self._network_changed():
            await self._tell()
        try:
            if not self._is_due(reading.now, trusted=reading.trusted):
                return False
            held = self.part.store.in_force()
            layers = self.part.store.layers().values()
        except (ContractError, StoreError, sqlite3.Error) as error:
            await self._lose_store(error)
            return False
        self._change, self._trusted = held.change, reading.trusted
        current = plan(held, reading)
        alarms = tuple(alarm_of(each.alert) for each in current.alerts)
        if alarms != self.alarms:
            self.alarms = alarms
            await self._tell()
        self._publish(current, held, [each for layer in layers for each in layer.withdrawn])
        await self._tell()
        return True

    def _network_changed(self) -> bool:
        """Whether to say something else about the network; a short break is not told."""
        settings, now_s = self.part.settings, self.part.clock.monotonic_s()
        if settings.link_up.exists():
            self._up_s = now_s
        before, self.offline = self.offline, now_s - self._up_s > settings.kiosk.offline_after_s
        return before != self.offline

    def _publish(self, current: Plan, held: InForce, withdrawn: list[Withdrawn]) -> None:
        reading = self.part.clock.read()
        edition = edition_of(
            current, reading, self._number + 1, damaged=len(held.damaged), before=self.edition
        )
        self.edition = with_withdrawn(edition, withdrawn)
        readable = {each.notice.id: each.notice.revision for each in current.readable}
        stored = {each.notice.id: each.notice.revision for each in held.notices}
        # A rotten flash card is no withdrawal: what is missing comes back from the hub.
        if not held.damaged:
            self.ledger.settle(readable, stored)

    def _is_due(self, now: datetime, *, trusted: bool) -> bool:
        changes_at = self.edition.plan.next_change
        return (
            self.part.store.change() != self._change
            or trusted != self._trusted
            or self.edition.store_lost
            or (changes_at is not None and now >= changes_at)
        )

    async def _lose_store(self, error: Exception) -> None:
        if not self.edition.store_lost:
            _log.error("cannot read the store, showing the last edition: %s", error)
            self.edition = replace(self.edition, store_lost=True)
            await self._tell()

    async def _tell(self) -> None:
        self._number += 1
        async with self._told:
            self._told.notify_all()

    @property
    def number(self) -> int:
        """Grows with everything that a page must hear of."""
        return self._number

    async def news_after(self, number: int) -> int:
        """Wait until there is something newer than ``number``; returns the new number."""
        async with self._told:
            await self._told.wait_for(lambda: self._number > number)
        return self._number

    def state(self) -> dict[str, object]:
        """What an open page needs to hear."""
        return {
            "number": self._number,
            "edition": self.edition.number,
            "alarms": [alarm.as_json() for alarm in self.alarms],
            "store_lost": self.edition.store_lost,
            "offline": self.offline,
        }

    def alarm_seen(self, alert_id: str) -> None:
        """A page reports that it shows this alarm now."""
        for alarm in self.alarms:
            if alarm.id == alert_id:
                self.ledger.alarm_shown(alarm.id, alarm.revision)
                self.alarms_on_screen = (*{*self.alarms_on_screen, alert_id},)

    def alarm_cleared(self) -> None:
        """A page reports that no alarm covers it any more."""
        live = {alarm.id for alarm in self.alarms}
        self.alarms_on_screen = tuple(e for e in self.alarms_on_screen if e in live)

    def heartbeat(self) -> None:
        """The browser's page is alive."""
        self.last_alive_s = self.part.clock.monotonic_s()

    def silent_s(self) -> float | None:
        """Seconds since the page was last heard of; None when it never was."""
        if self.last_alive_s is None:
            return None
        return self.part.clock.monotonic_s() - self.last_alive_s
