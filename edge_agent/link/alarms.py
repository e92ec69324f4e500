"""Emergencies: two signatures, one life, judged by a clock that can be trusted.

An alert comes on its own topic at once, and again as an item of the area's manifest. Either
way it is handed over once; its recorded edition, which the hub seals when the sound is made,
only brings the recording. While the clock is not trusted it waits (the box asks the hub for
the time with its own nonce); after 30 s without an answer the hub is told so.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from contract.areas import Area
from contract.errors import ContractError, RefusalReason
from contract.messages import sha256_hex
from edge_agent.link import content
from edge_agent.link.memory import ALERT_MARK, WaitingAlert

if TYPE_CHECKING:
    from datetime import datetime

    from contract.alert import Alert
    from edge_agent.link.holdings import Holdings

_log = logging.getLogger(__name__)
ANSWER_WITHIN_S = 30.0
KEPT_FOR = timedelta(days=30)


class Alarms:
    """Decides which alerts reach the parts. ``asks_time`` is true while one waits for a clock."""

    def __init__(self, held: Holdings) -> None:
        self._held = held
        self._from_manifest: set[str] = set()
        self._waiting_since_s: dict[str, float] = {}

    @property
    def asks_time(self) -> bool:
        """Whether an alert waits for a trusted clock."""
        return not self._held.clock.read().trusted and bool(self._held.memory.waiting())

    def take_message(self, area: Area, body: bytes, *, is_repeated: bool = False) -> None:
        """An alert on its own topic. ``is_repeated``: the broker says it sent it before."""
        try:
            self.take(area, body, is_repeated=is_repeated)
        except ContractError as error:
            self._held.receipts.refuse(body, error, f"alert.{area}")

    def take(
        self, area: Area, body: bytes, *, from_manifest: bool = False, is_repeated: bool = False
    ) -> None:
        """Verify an alert, then hand it over, let it wait, or report why not.

        Raises:
            ContractError: it is not properly signed or not for this village. Everything else
                (expired, cancelled, known already) is reported here, under the alert's name.
        """
        held = self._held
        alert = content.open_alert(area, held.settings.followed, body, held.keys.trust)
        sha256 = sha256_hex(body)
        known = held.store.alert_sha256(alert.id)
        if known is not None:
            self._report(alert)
            if known != sha256 and self._take_edition(alert, body):
                return
            expected = from_manifest or is_repeated or sha256 in self._from_manifest
            if known != sha256 or not expected:
                self._refuse(body, alert, RefusalReason.REPLAYED, "this alert was taken before")
            return
        if from_manifest:
            self._from_manifest.add(sha256)
        reading = held.clock.read()
        if not reading.trusted and not alert.cancels:
            held.memory.keep_waiting(WaitingAlert(sha256, str(area), body, reading.now, False))
            self._waiting_since_s.setdefault(sha256, held.clock.monotonic_s())
            return
        self._hand_over(alert, body, reading.now)

    def _hand_over(self, alert: Alert, body: bytes, now: datetime) -> None:
        held = self._held
        if held.store.is_cancelled(alert.id):
            self._refuse(body, alert, RefusalReason.CANCELLED, "it was cancelled or replaced")
        elif now >= alert.expires_at and not alert.cancels:
            self._refuse(body, alert, RefusalReason.EXPIRED, "it came too late")
        elif held.store.put_alert(alert, body, now):
            held.poke_parts()
            held.changed = True
            _log.warning("alert %s is in force until %s", alert.id, alert.expires_at)
            self._report(alert)

    def _take_edition(self, alert: Alert, body: bytes) -> bool:
        """Whether this is a known alert that differs in its recording alone; keep the recorded."""
        held = self._held
        known = {each.alert.id: each.alert for each in held.store.in_force().alerts}.get(alert.id)
        if known is None or known.unrecorded != alert.unrecorded:
            return False
        if alert.recorded and not known.recorded:
            held.store.put_edition(alert, body)
            held.poke_parts()
            held.changed = True
        return True

    def _report(self, alert: Alert) -> None:
        """Tell the hub once; also what a power cut kept us from telling."""
        held, mark = self._held, ALERT_MARK + alert.id
        if (mark, 0) in held.memory.reported():
            return
        held.receipts.write("received", alert.notice.id, alert.notice.revision)
        held.receipts.write("stored", alert.notice.id, alert.notice.revision)
        held.memory.set_reported(mark, 0)

    def _refuse(self, body: bytes, alert: Alert, reason: RefusalReason, detail: str) -> None:
        error = ContractError(detail, reason)
        self._held.receipts.refuse(
            reason.value.encode("ascii") + body, error, alert.notice.id, alert.notice.revision
        )

    def turn(self) -> None:
        """Judge what waits, once the clock is trusted; report what waits too long."""
        held = self._held
        reading = held.clock.read()
        for each in held.memory.waiting():
            if reading.trusted:
                self._judge(each, reading.now)
                held.memory.stop_waiting(each.sha256)
            elif not each.reported:
                now_s = held.clock.monotonic_s()
                since_s = self._waiting_since_s.setdefault(each.sha256, now_s)
                if now_s - since_s >= ANSWER_WITHIN_S:
                    self._report_waiting(each)

    def _judge(self, waiting: WaitingAlert, now: datetime) -> None:
        area = Area.parse(waiting.area)
        try:
            alert = content.open_alert(
                area, self._held.settings.followed, waiting.body, self._held.keys.trust
            )
        except ContractError as error:  # its keys were revoked while it waited
            self._held.receipts.refuse(waiting.body, error, f"alert.{area}")
            return
        if self._held.store.alert_sha256(alert.id) is None:
            self._hand_over(alert, waiting.body, now)
        else:
            self._take_edition(alert, waiting.body)

    def _report_waiting(self, waiting: WaitingAlert) -> None:
        error = ContractError("no answer to the question of time", RefusalReason.CLOCK_UNTRUSTED)
        held = self._held
        try:
            alert = content.open_alert(
                Area.parse(waiting.area), held.settings.followed, waiting.body, held.keys.trust
            )
            self._refuse(waiting.body, alert, error.reason, str(error))
        except ContractError as refusal:
            held.receipts.refuse(waiting.body, refusal, f"alert.{waiting.area}")
        held.memory.keep_waiting(
            WaitingAlert(waiting.sha256, waiting.area, waiting.body, waiting.since, reported=True)
        )

    def forget_old(self) -> None:
        """Erase alerts that ended a month ago; their ids stay known, so a replay stays silent."""
        reading = self._held.clock.read()
        if not reading.trusted:
            return
        held = self._held.store.in_force().alerts
        old = [each.alert.id for each in held if each.alert.expires_at + KEPT_FOR < reading.now]
        if old:
            self._held.store.forget_alerts(old)
        for each in old:
            self._held.memory.forget_reported(ALERT_MARK + each, 0)
