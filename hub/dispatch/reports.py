"""State reports of boxes, and anti-entropy: who is behind, who is ahead, who is silent."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from contract import codec
from contract.messages import sha256_hex
from contract.uplink import LayerState
from hub.dispatch import manifests
from hub.dispatch.models import Layer
from hub.ledger.models import Box, FleetAlarm
from hub.ledger.rows import update_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from contract.uplink import BoxState

_log = logging.getLogger(__name__)
SETTLE_S = 3.0
"""A box that has just connected is behind for a moment; only one that stays behind is helped."""
REPEAT_S, LONGEST_REPEAT_S = 10.0, 300.0
SILENT_AFTER = timedelta(seconds=3 * 300 * 1.2)
ANSWER_WITHIN_S = 45.0
"""After a hub's note a box that is there has reconnected (5 s) and reported (spread over 10 s)."""
LARGEST_JUMP = 1_000_000
"""A box may report what it likes; no report moves our versions further than this at once."""
_SAID = ("is_online", "online_changed_at", "session", "reported_at", "clock_trusted", "state")
"""What a report changes of a box."""


@dataclass
class _Behind:
    """What a box lacks, as it said last, and when it is to be helped."""

    lacks: dict[str, LayerState | None]
    due_s: float
    helped_s: float = float("-inf")
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
        vanished with it would count as on line until its reports are long overdue. Since
        everything is asserted again, what a box lacked before is forgotten with its damping.
        """
        self._asked = (now_s + ANSWER_WITHIN_S, timezone.now())
        self._behind.clear()
        self._repeated_s.clear()

    def _note_unheard(self, now_s: float) -> None:
        if self._asked is None or now_s < self._asked[0]:
            return
        _note_away(reported_at__lt=self._asked[1])
        self._asked = None

    def take(self, state: BoxState, now_s: float, *, is_retained: bool = False) -> set[str]:
        """Store one box's state; see `take_all`."""
        return self.take_all([(state, is_retained)], now_s)

    def take_all(self, said: Sequence[tuple[BoxState, bool]], now_s: float) -> set[str]:
        """Store states, each with whether it was retained, by three statements for all.

        A retained state is what the broker last heard, perhaps long ago: it does not make a
        box that has been silent since any younger.

        Returns:
            Areas whose manifests moved past what a box has seen.
        """
        names = {state.box for state, _ in said}
        boxes = Box.objects.filter(revoked_at=None).in_bulk(names)
        followed = {box.id: [str(area) for area in box.followed] for box in boxes.values()}
        layers = _layers({area for areas in followed.values() for area in areas})
        changed: dict[str, Box] = {}
        moved: set[str] = set()
        for state, is_retained in said:
            box = boxes.get(state.box)
            if box is None or (not state.online and state.session not in ("closed", box.session)):
                continue  # no box of ours, or the will of a connection that a newer one replaced
            if not (is_retained and state.session == box.session and state.online == box.is_online):
                _note_state(box, state, state.at if is_retained and state.clock_trusted else None)
                changed[box.id] = box
            if state.online:
                moved |= self._compare(box, followed[box.id], state, layers, now_s)
            else:
                self._behind.pop(box.id, None)
        in_order = sorted(changed.values(), key=lambda box: box.id)  # as whoever else locks them
        rows = (tuple(getattr(box, each) for each in (*_SAID, "id")) for box in in_order)
        update_rows(Box, "id", _SAID, rows)
        return moved

    def _compare(
        self,
        box: Box,
        areas: Iterable[str],
        state: BoxState,
        layers: Mapping[str, LayerState],
        now_s: float,
    ) -> set[str]:
        reported = state.layers or {}
        moved: set[str] = set()
        lacks: dict[str, LayerState | None] = {}
        for area in areas:
            ours, seen = layers.get(area), reported.get(area)
            if seen is not None and _is_ahead(ours, seen) and manifests.is_ours(area):
                moved |= _move_past(box, area, seen)
            elif ours is not None and _is_behind(ours, seen):
                lacks[area] = seen
        self._note(box.id, lacks, now_s)
        return moved

    def _note(self, box: str, lacks: dict[str, LayerState | None], now_s: float) -> None:
        """A box that gets on while we change more is left to get on; one that stays is helped."""
        known = self._behind.get(box)
        if not lacks:
            self._behind.pop(box, None)
        elif known is None:
            self._behind[box] = _Behind(lacks, now_s + SETTLE_S)
        elif known.lacks != lacks:
            due_s = max(now_s + SETTLE_S, known.helped_s + REPEAT_S)
            self._behind[box] = _Behind(lacks, due_s, known.helped_s)

    def due(self, now_s: float) -> dict[str, bool]:
        """Areas that a box still lacks; each box is helped at most every ten seconds.

        Returns:
            For each area whether all of it is to be asserted again: the manifest alone is
            mostly enough, for the box then asks for what it lists.
        """
        self._note_unheard(now_s)
        wanted: dict[str, bool] = {}
        late = [(box, each) for box, each in self._behind.items() if now_s >= each.due_s]
        for _, behind in late:
            for area, seen in behind.lacks.items():
                if now_s - self._repeated_s.get(area, -REPEAT_S) < REPEAT_S:
                    continue  # another box's help, which this one has heard as well
                is_incomplete = seen is not None and not seen.complete
                is_second_help = behind.helped_s > float("-inf")
                wanted[area] = wanted.get(area, False) or is_incomplete or is_second_help
            behind.helped_s, behind.due_s = now_s, now_s + behind.pause_s
            behind.pause_s = min(behind.pause_s * 2, LONGEST_REPEAT_S)
        if late:
            _log.info("%d boxes are behind, among them %s", len(late), late[0][0])
        self._repeated_s.update(dict.fromkeys(wanted, now_s))
        return wanted


def _layers(areas: Collection[str]) -> dict[str, LayerState]:
    """Version and digest of these areas' manifests, as a box that is right reports them."""
    rows = Layer.objects.exclude(body=b"").filter(area__in=areas)
    return {
        row.area: LayerState(*row.version, True, sha256_hex(bytes(row.body))[:16]) for row in rows
    }


def _is_ahead(ours: LayerState | None, seen: LayerState) -> bool:
    """Whether a box holds what this hub does not know to have signed."""
    if ours is None or _version(seen) != _version(ours):
        return _version(seen) > (_version(ours) if ours else (0, 0))
    return bool(seen.digest) and seen.digest != ours.digest


def _is_behind(ours: LayerState, seen: LayerState | None) -> bool:
    return seen is None or _version(seen) < _version(ours) or not seen.complete


def _version(layer: LayerState) -> tuple[int, int]:
    return (layer.epoch, layer.generation)


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


def _note_state(box: Box, state: BoxState, said_at: datetime | None) -> None:
    now = min(timezone.now(), said_at or timezone.now())
    if box.is_online != state.online or box.online_changed_at is None:
        box.online_changed_at = now
    box.is_online = state.online
    if state.online:
        box.session = state.session
        box.reported_at = now
        box.clock_trusted = state.clock_trusted
        box.state = codec.encode(state)


def note_silent() -> None:
    """Boxes that said nothing for three periods are away, whatever the broker believes."""
    _note_away(reported_at__lt=timezone.now() - SILENT_AFTER)


def _note_away(**silent: datetime) -> None:
    with transaction.atomic():
        Box.objects.filter(is_online=True, **silent).update(
            is_online=False, online_changed_at=F("reported_at")
        )
