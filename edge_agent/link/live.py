"""Live speech from the hub: verified frame by frame, then handed to the loudspeaker in memory.

An opening comes again every second, so a box that was away joins in the middle. Only a box that
trusts its clock speaks live: a recorded session of yesterday must stay yesterday's.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from contract.areas import Area
from contract.errors import ContractError, RefusalReason
from contract.live import LiveSession
from contract.live_frames import is_frame, open_frame, session_of
from contract.messages import open_message
from edge_agent.live_spool import LiveSpool, Talk
from edge_agent.poke import poke

if TYPE_CHECKING:
    from edge_agent.link.holdings import Holdings

_log = logging.getLogger(__name__)
AHEAD = timedelta(seconds=30)
"""How far the hub's clock may run ahead of the box's."""
KEPT_FOR = timedelta(minutes=30)
"""A talk that an emergency interrupted may wait so long; then its sound is erased."""


class LiveIntake:
    """Sorts what comes on the live topic of an area."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._spool = LiveSpool(held.settings.run)
        self._sessions: dict[str, LiveSession] = {}

    def take(self, area: Area, body: bytes) -> None:
        """An opening or a frame; what is not right is refused, an opening with a receipt."""
        try:
            if is_frame(body):
                self._take_frame(body)
            else:
                self._take_opening(area, body)
        except ContractError as error:
            if is_frame(body):
                _log.warning("refused a frame of live speech: %s", error.reason.value)
                return
            self._held.receipts.refuse(body, error, f"live.{area}")

    def _take_opening(self, area: Area, body: bytes) -> None:
        session = open_message(LiveSession, body, self._held.keys.trust)
        if session.id in self._sessions:
            return
        if not any(Area.parse(each).village == area for each in session.areas):
            raise ContractError("the speech is not for this village", RefusalReason.WRONG_AREA)
        reading = self._held.clock.read()
        if not reading.trusted:
            raise ContractError("no live speech without a clock", RefusalReason.CLOCK_UNTRUSTED)
        if not session.opened_at - AHEAD <= reading.now < session.ends_at:
            raise ContractError("the session is over", RefusalReason.EXPIRED)
        self._forget_old()
        self._sessions[session.id] = session
        self._spool.begin(
            Talk(
                session.id,
                session.level,
                session.speaker,
                session.opened_at,
                session.ends_at,
                areas=session.areas,
                public_b64=session.public_b64,
            )
        )
        self._held.receipts.write("received", session.id, 1)
        poke(self._held.settings.run, "audio")

    def _take_frame(self, body: bytes) -> None:
        session = self._sessions.get(session_of(body))
        if session is None:
            return  # its opening comes again within a second
        frame = open_frame(body, session)
        if self._held.clock.read().now >= session.ends_at + AHEAD:
            raise ContractError("the session is over", RefusalReason.EXPIRED)
        if self._spool.take(frame.session, frame.number, frame.first, frame.sound, over=frame.last):
            poke(self._held.settings.run, "audio")

    def _forget_old(self) -> None:
        now = self._held.clock.read().now
        for talk in self._spool.talks():
            if now > talk.ends_at + KEPT_FOR:
                self._spool.remove(talk.id)
                self._sessions.pop(talk.id, None)
