"""State reports of boxes, and anti-entropy: who is behind, who is ahead, who is silent."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from contract import codec
from contract.messages import sha256_hex
from hub.dispatch import manifests
from hub.dispatch.models import Layer
from hub.ledger.models import Box, FleetAlarm

if TYPE_CHECKING:
    from contract.uplink import BoxState, LayerState

_log = logging.getLogger(__name__)
SETTLE_S = 3.0
"""A box that has just connected is behind for a moment; only one that stays behind is helped."""
REPEAT_S, LONGEST_REPEAT_S = 10.0, 300.0
SILENT_AFTER = timedelta(seconds=3 * 300 * 1.2)
ANSWER_WITHIN_S = 45.0
"""After a hub's note a box that is there has reconnected (5 s) and reported (spread over 10 s)."""
LARGEST_JUMP = 1_000_000
"""A box may report what it likes; no report moves our versions further than this at once."""


@dataclass
class _Behind:
    areas: frozenset[str]
    due_s: float
    pause_s: float = REPEAT_S


class Reports:
    """Takes states in; `due` names the areas to assert again."""

    def __init__(self) -> None:
        self._behind: dict[str, _Behind] = {}
        self._repeated_s: dict[str, float] = {}
        self._asked: tuple[float, datetime] | None = None

    def ask(self, now_s: float) -> None:
        """All boxes were asked for their state; whoever does not answer is not there.

        A broker that crashed cannot say whose connection it lost, so without this a box that
        vanished with it would count as on line until its reports are long overdue.
        """
        self._asked = (now_s + ANSWER_WITHIN_S, timezone.now())

    def _note_unheard(self, now_s: float) -> None:
        if self._asked is None or now_s < self._asked[0]:
            return
        _note_away(reported_at__lt=self._asked[1])
        self._asked = None

    def take(self, state: BoxState, now_s: float, *, is_retained: bool = False) -> set[str]:
        """Store a box's state; returns areas whose manifests moved past what it has seen.

        A retained state is what the broker last heard, perhaps long ago: it does not make a
        box that has been silent since any younger.
        """
        box = Box.objects.filter(id=state.box, revoked_at=None).first()
        if box is None:
            return set()
        if not state.online and state.session not in ("closed", box.session):
            return set()  # the last will of a connection that a newer one replaced
        if not (is_retained and state.session == box.session and state.online == box.is_online):
            _store(box, state, state.at if is_retained and state.clock_trusted else None)
        if not state.online:
            self._behind.pop(box.id, None)
            return set()
        moved: set[str] = set()
        behind: set[str] = set()
        reported = state.layers or {}
        for area in map(str, box.followed):
            layer = Layer.objects.exclude(body=b"").filter(area=area).first()
            seen = reported.get(area)
            if seen is not None and _is_ahead(layer, seen) and manifests.is_ours(area):
                moved |= _move_past(box, area, seen)
            elif layer is not None and _is_behind(layer, seen):
                behind.add(area)
        self._note(box.id, frozenset(behind), now_s)
        return moved

    def _note(self, box: str, areas: frozenset[str], now_s: float) -> None:
        known = self._behind.get(box)
        if not areas:
            self._behind.pop(box, None)
        elif known is None or known.areas != areas:
            last_s = known.due_s if known else now_s
            self._behind[box] = _Behind(areas, max(now_s + SETTLE_S, last_s))

    def due(self, now_s: float) -> set[str]:
        """Areas that a box still lacks; each box is helped at most every ten seconds."""
        self._note_unheard(now_s)
        wanted: set[str] = set()
        for box, behind in self._behind.items():
            if now_s < behind.due_s:
                continue
            _log.info("box %s is behind in %d areas", box, len(behind.areas))
            wanted |= behind.areas
            behind.due_s = now_s + behind.pause_s
            behind.pause_s = min(behind.pause_s * 2, LONGEST_REPEAT_S)
        fresh = {
            area for area in wanted if now_s - self._repeated_s.get(area, -REPEAT_S) >= REPEAT_S
        }
        self._repeated_s.update(dict.fromkeys(fresh, now_s))
        return fresh


def _is_ahead(layer: Layer | None, seen: LayerState) -> bool:
    """Whether a box holds what this hub does not know to have signed."""
    version = (seen.epoch, seen.generation)
    if layer is None or version != layer.version:
        return version > (layer.version if layer else (0, 0))
    return bool(seen.digest) and seen.digest != sha256_hex(bytes(layer.body))[:16]


def _is_behind(layer: Layer, seen: LayerState | None) -> bool:
    if seen is None:
        return True
    return (seen.epoch, seen.generation) < layer.version or not seen.complete


def _move_past(box: Box, area: str, seen: LayerState) -> set[str]:
    """This hub was restored from a backup: go on above what its boxes have seen."""
    layer = Layer.objects.filter(area=area).first()
    epoch, generation = layer.version if layer else (1, 0)
    is_too_far = seen.generation - generation > LARGEST_JUMP or seen.epoch - epoch > 1000
    kind = "version_jump" if is_too_far else "hub_restored"
    detail = f"{area}: {epoch}.{generation} → {seen.epoch}.{seen.generation}"
    FleetAlarm.objects.create(kind=kind, box=box, detail=detail)
    _log.error("box %s has seen a newer manifest than this hub: %s", box.id, detail)
    if is_too_far or not manifests.seal_layer(area, at_least=(seen.epoch, seen.generation)):
        return set()
    return {area}


def _store(box: Box, state: BoxState, said_at: datetime | None) -> None:
    now = min(timezone.now(), said_at or timezone.now())
    if box.is_online != state.online or box.online_changed_at is None:
        box.online_changed_at = now
    box.is_online = state.online
    if state.online:
        box.session = state.session
        box.reported_at = now
        box.clock_trusted = state.clock_trusted
        box.state = codec.encode(state)
    box.save()


def note_silent() -> None:
    """Boxes that said nothing for three periods are away, whatever the broker believes."""
    _note_away(reported_at__lt=timezone.now() - SILENT_AFTER)


def _note_away(**silent: datetime) -> None:
    for box in Box.objects.filter(is_online=True, **silent):
        box.is_online, box.online_changed_at = False, box.reported_at
        box.save(update_fields=["is_online", "online_changed_at"])
