"""The dispatcher's one loop: outbox, manifests, broker, and what boxes say."""

from __future__ import annotations

import logging
import time
from collections import deque
from select import POLLIN
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from contract import topics
from contract.areas import Area
from hub.dispatch import disk, hearing, key_sets, manifests, notes
from hub.dispatch.connection import ALL_BUT_EVENTS
from hub.dispatch.hearing import Ear, together
from hub.dispatch.models import Layer
from hub.dispatch.outlet import BrokerAddress, Outlet
from hub.dispatch.reports import Reports, note_silent
from hub.dispatch.wake import wait_for
from hub.feedback.sending import AnswerPost
from hub.ledger import boxes
from hub.live import keeping as live_keeping
from hub.live.relay import Relay
from hub.relay import children
from hub.sealing.models import OutboxKind, SealedNotice
from hub.site.conflicts import committed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from contract.relay import HubReport
    from contract.uplink import BoxState
    from hub.dispatch.connection import Incoming
    from hub.dispatch.hearing import Heard, Reply
    from hub.dispatch.sealer import SealedAct, Sealer

_log = logging.getLogger(__name__)
LOOK_ROUND_S = 60.0
HELP_AT_LATEST_S = 5.0
HEAD_START_S = 0.4
"""An alert has processor, broker and lines to itself for so long; then manifests follow, and
what boxes say is taken in again."""
LIVE_EXPIRY_S = 3
"""Live speech that a box did not get within so long is worth nothing."""


class Dispatcher:
    """Call `turn` for ever. ``others`` gives acts that were sealed elsewhere (on a thread)."""

    def __init__(
        self,
        address: tuple[str, int],
        password: str,
        sealer: Sealer,
        others: Callable[[], Iterable[SealedAct]],
        standby: BrokerAddress | None = None,
    ) -> None:
        brokers = [BrokerAddress(*address), *([standby] if standby else [])]
        self._outlets = [Outlet(each, password, self) for each in brokers]
        self._sealer = sealer
        self._others = others
        self._ear = Ear()
        self._reports = Reports()
        self._live = Relay(self._publish_live)
        self._answers = AnswerPost(self._publish)
        self._alerts: deque[SealedAct] = deque()
        self._acts: deque[SealedAct] = deque()
        self._unsent: dict[int, dict[str, tuple[int, int]]] = {}
        self._helped_s = self._acts_due_s = float("-inf")
        self._looked_s = float("-inf")
        self._key_version = 0

    def leave_events_to_others(self) -> None:
        """Before the first turn: what boxes report is taken in beside this (`hub.dispatch.taker`).

        It hears of their state and answers them as before.
        """
        for each in self._outlets:
            each.connection.filters = ALL_BUT_EVENTS

    @property
    def is_up(self) -> bool:
        """Whether a broker is there."""
        return any(each.connection.is_up for each in self._outlets)

    @property
    def waiting(self) -> int:
        """How many messages are still to be asserted."""
        return sum(len(each.assertion) for each in self._outlets)

    def turn(self, woken_by: int, timeout_s: float) -> None:
        """Wait for the broker or for a wake-up, then do whatever is due."""
        if any(each.assertion and each.connection.has_room for each in self._outlets):
            timeout_s = min(timeout_s, 0.02)
        if self._acts:
            timeout_s = min(timeout_s, HEAD_START_S / 4)
        self._listen(woken_by, timeout_s)
        now_s = time.monotonic()
        self._send_alerts(now_s)
        self._live.turn(now_s)
        if self._is_head_start(now_s):
            return
        self._work_off()
        if now_s - self._looked_s >= LOOK_ROUND_S:
            self._look_round()
            self._looked_s = now_s
        self._help(now_s)
        for each in self._outlets:
            each.turn()
        if any(each.connection.has_room for each in self._outlets):
            self._answers.turn(now_s)

    def _send_alerts(self, now_s: float) -> None:
        """An act is crossed out when it is done, not when it is handed over."""
        for act in self._sealer.alerts(now_s):
            self._alerts.append(act)
        while self._alerts:
            self._send_alert(self._alerts[0])
            if not self._acts:  # however fast one follows the other, the manifest follows too
                self._acts_due_s = now_s + HEAD_START_S
            self._acts.append(self._alerts.popleft())

    def _is_head_start(self, now_s: float) -> bool:
        """Whether an alert is on its way, beside which nothing else is done."""
        return now_s < self._acts_due_s

    def _work_off(self) -> None:
        """What was sealed beside this, and the manifests of alerts that have gone out."""
        for act in self._others():
            self._acts.append(act)
        while self._acts:
            self._take_act(self._acts[0])
            self._acts.popleft()

    def _help(self, now_s: float) -> None:
        """Help boxes that stay behind; while reports wait to be read, they may not be behind."""
        is_quiet = all(each.connection.is_quiet for each in self._outlets)
        if not is_quiet and now_s - self._helped_s < HELP_AT_LATEST_S:
            return
        self._helped_s = now_s
        for area, whole in self._reports.due(now_s).items():
            for each in self._outlets:
                each.assertion.repeat(area, whole=whole)

    def _listen(self, woken_by: int, timeout_s: float) -> None:
        """Wait for any broker or for a wake-up; what boxes say waits while an alert goes out."""
        listens = not self._is_head_start(time.monotonic())
        if len(self._outlets) > 1 and listens:
            sockets = [found for each in self._outlets if (found := each.connection.fileno())]
            wait_for(dict.fromkeys([woken_by, *sockets], POLLIN), timeout_s)
            timeout_s = 0.0
        for each in self._outlets:
            each.connection.turn(woken_by, timeout_s, listens=listens)

    def _look_round(self) -> None:
        """Now and then: what has ended leaves its manifest, new officers enter the key set."""
        self._renew_keys()
        for area in manifests.areas_with_content():
            self._seal(area)
        for area in {each for wanted in self._unsent.values() for each in wanted}:
            self._changed(area)  # perhaps sealed by a process that died before it sent it
        note_silent()
        live_keeping.purge(timezone.now())
        disk.note_low(boxes.broker_files().folder)

    def _renew_keys(self) -> None:
        version = key_sets.current_key_set().version
        if version != self._key_version:
            self._key_version = version  # also one that a key ceremony published beside us
            for each in self._outlets:
                each.assertion.keys()

    def _seal(self, area: str) -> None:
        if manifests.seal_layer(area):
            self._changed(area)

    def _changed(self, area: str) -> None:
        for each in self._outlets:
            each.assertion.change(area)

    def _take_act(self, act: SealedAct) -> None:
        for area in act.areas:
            if act.kind == OutboxKind.RELAY:
                self._pass_on(area)
            else:
                self._seal(area)
        layers = Layer.objects.filter(area__in=act.areas)
        if act.row is not None:
            self._unsent[act.row] = {layer.area: layer.version for layer in layers}
        self.settled()

    def _pass_on(self, area: str) -> None:
        """From the hub above: its manifest as it is, or new items of ours and perhaps new keys."""
        if not manifests.is_ours(area):
            self._changed(area)
            return
        self._renew_keys()
        for each in self._outlets:
            each.assertion.keys()
        self._seal(area)

    def _send_alert(self, act: SealedAct) -> None:
        """At once, past every queue; the manifest carries the same alert behind it."""
        rows = list(SealedNotice.objects.filter(notice_id=act.notice_id, kind="alert"))
        if not all(key_sets.is_good_for(bytes(row.body), self._key_version) for row in rows):
            self._renew_keys()
            for each in self._outlets:
                each.assertion.turn()
        for row in rows:
            left_s = 3600.0
            if row.valid_until is not None:
                left_s = (row.valid_until - timezone.now()).total_seconds()
            topic = topics.area_alert(Area.parse(row.area))
            if left_s >= 1:
                self._publish(topic, bytes(row.body), expiry_s=int(left_s))

    def _publish_live(self, topic: str, body: bytes) -> None:
        self._publish(topic, body, expiry_s=LIVE_EXPIRY_S)

    def _publish(self, topic: str, body: bytes, *, expiry_s: int | None = None) -> None:
        for each in self._outlets:
            each.connection.publish(topic, body, expiry_s=expiry_s)

    def connected(self, outlet: Outlet) -> Iterable[str]:
        """Say that the hub is here anew, so that its boxes report; then assert everything."""
        self._answers.restart()
        outlet.connection.publish(topics.HUB, notes.sealed(boxes.offered()), retain=True)
        self._reports.ask(time.monotonic())
        return Layer.objects.values_list("area", flat=True)

    def settled(self) -> None:
        """An outbox row is done when a broker holds every manifest that it changed.

        A second broker is given the same as soon as it is there; nobody waits for it.
        """
        for row, wanted in list(self._unsent.items()):
            if any(each.holds(wanted) for each in self._outlets):
                with transaction.atomic():  # a statement alone would not be given its turn
                    self._sealer.done(row)
                del self._unsent[row]

    def received(self, outlet: Outlet, messages: Sequence[Incoming]) -> None:
        """Store what boxes said, in one transaction, then answer."""
        heard = self._ear.read(messages)
        replies = list(hearing.answered(heard.questions))
        if heard.is_to_be_stored:
            replies += committed(lambda: self._stored(heard))
        for topic, payload in replies:
            outlet.connection.answer(topic, payload)

    def _stored(self, heard: Heard) -> list[Reply]:
        return [
            *together(self._take_reports, heard.reports),
            *together(self._take_states, heard.states),
            *together(hearing.take_events, heard.batches),
        ]

    def _take_reports(self, reports: Sequence[HubReport]) -> list[Reply]:
        """A hub below says how far our word has come there."""
        for report in reports:
            moved, behind = children.take_report(report)
            for area in moved:
                self._changed(area)
            for area in behind:
                for each in self._outlets:
                    each.assertion.repeat(area)
        return []

    def _take_states(self, states: Sequence[tuple[BoxState, bool]]) -> list[Reply]:
        for area in self._reports.take_all(states, time.monotonic()):
            self._changed(area)
        return []

    def close(self) -> None:
        """Disconnect."""
        for each in self._outlets:
            each.connection.close()
