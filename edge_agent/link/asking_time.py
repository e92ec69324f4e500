"""Earning a trusted clock: the hub's signed answer to the box's own nonce.

A recorded answer is worthless, since the nonce is fresh; a slow one is refused, since the
answer counts as *now*.
"""

from __future__ import annotations

import logging
import secrets
from typing import TYPE_CHECKING

from contract import codec, wire
from contract.errors import ContractError, RefusalReason
from contract.messages import open_message
from contract.uplink import TimeAnswer, TimeQuestion

if TYPE_CHECKING:
    from edge_agent.link.holdings import Holdings

_log = logging.getLogger(__name__)
ANSWER_WITHIN_S = 30.0
ASK_AGAIN_S = 30.0
STORE_EVERY_S = 600.0
SOON_S = 1.0
REFRESH_AFTER_S = 24 * 3600.0
"""A Pi's crystal drifts by seconds a day."""


class AskingTime:
    """Asks while the clock is untrusted, and once a day; keeps the stored trust fresh."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._nonce = ""
        self._asked_s = float("-inf")
        self._answered_s = float("-inf")
        self._stored_s = held.clock.monotonic_s()

    def question(self, *, urgent: bool = False) -> bytes | None:
        """The question to publish now, or None. ``urgent``: a new connection, a waiting alert."""
        now_s = self._held.clock.monotonic_s()
        is_due = now_s - self._asked_s >= (1.0 if urgent else ASK_AGAIN_S)
        is_fresh = self._held.clock.read().trusted and now_s - self._answered_s < REFRESH_AFTER_S
        if is_fresh or not is_due:
            return None
        self._nonce, self._asked_s = secrets.token_hex(16), now_s
        return wire.dumps(codec.encode(TimeQuestion(self._held.settings.box.id, self._nonce)))

    def hub_is_back(self) -> None:
        """The hub has said that it is here: a question that it did not hear is put again soon."""
        soon_s = self._held.clock.monotonic_s() - ASK_AGAIN_S + SOON_S
        self._asked_s = min(self._asked_s, soon_s)

    def take_answer(self, body: bytes) -> bool:
        """Believe a signed answer to our last question; True when the clock is now trusted."""
        held = self._held
        try:
            answer = open_message(TimeAnswer, body, held.keys.trust)
            self._check(answer)
        except ContractError as error:
            held.receipts.refuse(body, error, "time")
            return False
        if not self._is_ours(answer):
            _log.info("an answer to another question, e.g. one asked before a restart")
            return False
        self._nonce = ""
        held.clock.store_trust(answer.now)
        self._answered_s = self._stored_s = held.clock.monotonic_s()
        held.changed = True
        _log.info("the clock is trusted")
        return True

    def _check(self, answer: TimeAnswer) -> None:
        late_s = self._held.clock.monotonic_s() - self._asked_s
        if answer.box != self._held.settings.box.id:
            raise ContractError("the time for another box", RefusalReason.REPLAYED)
        if self._is_ours(answer) and late_s > ANSWER_WITHIN_S:
            raise ContractError("the answer came too late", RefusalReason.EXPIRED)

    def _is_ours(self, answer: TimeAnswer) -> bool:
        asked = self._nonce.encode()
        return bool(asked) and secrets.compare_digest(answer.nonce.encode(), asked)

    def turn(self) -> None:
        """Write the trusted time down now and then, so that the next boot starts from it."""
        clock = self._held.clock
        reading, now_s = clock.read(), clock.monotonic_s()
        if reading.trusted and now_s - self._stored_s >= STORE_EVERY_S:
            self._stored_s = now_s
            try:
                clock.store_trust(reading.now)
            except OSError as error:  # a full disk: all else that link does must go on
                _log.error("the time cannot be written down: %s", error)
