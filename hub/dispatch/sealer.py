"""Works off the outbox: seals each act in order, and says which areas it touches.

Rendering a recording can take seconds, so it is done before the transaction and, in the
program, on a thread of its own. It begins while a text is under review, and while an emergency
waits for its second person. A correction and an alert wait for nothing: they take a recording
only if it is at hand. An alert that went out without one is sealed again when it is made, and
is spoken by it from the next reading on. Acts on one notice keep their order; one that fails is
tried again later and holds up only its own notice.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone
from wagtail.models import Revision, WorkflowState

from hub.emergency.models import Emergency
from hub.lexicon.readings import edition
from hub.notices.to_contract import spoken_text
from hub.sealing.models import AssetUse, OutboxKind, OutboxRow, SealedNotice
from hub.sealing.seal import seal_alert, seal_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.notices.models import NoticePage
    from hub.sealing.assets import Recording, Renderer

_log = logging.getLogger(__name__)
LONGEST_PAUSE_S = 60.0
PREPARE_EVERY_S = 2.0
RECORDED = "recorded"
"""The kind of an act that only adds the recording to an alert."""


@dataclass(frozen=True, slots=True)
class SealedAct:
    """An outbox row that was sealed, and the areas whose manifests it changes.

    ``row`` is None for a recording that follows its alert: the outbox is not waiting for it.
    """

    row: int | None
    kind: str
    areas: tuple[str, ...]
    notice_id: str


class Studio(Protocol):
    """Where recordings are made and kept."""

    def __call__(self, text: str) -> Recording | None:
        """The recording of a text, if it can be made within some seconds."""
        ...

    def prepare(self, text: str, *, urgent: bool = False) -> None:
        """Begin to make a recording that will be asked for soon."""
        ...

    def known(self, text: str) -> Recording | None:
        """The recording of a text if it was made before."""
        ...


class Sealer:
    """Seals what waits. Without a ``studio`` the boxes use their own voice."""

    def __init__(self, studio: Studio | None = None) -> None:
        self._studio = studio
        self._not_before_s: dict[int, float] = {}
        self._sealed: set[int] = set()
        self._prepared: set[tuple[str, int]] = set()
        self._lexicon = ""
        self._prepare_s = float("-inf")
        self._record_s = float("-inf")

    def alerts(self, now_s: float) -> Iterator[SealedAct]:
        """Seal released emergencies: first of all, and without waiting for a rendering."""
        for row in self._waiting(now_s, OutboxRow.objects.filter(kind=OutboxKind.ALERT)):
            yield from self._try(row, now_s)
            self._record_s = float("-inf")  # it may have gone without its recording

    def others(self, now_s: float) -> Iterator[SealedAct]:
        """Seal publications, corrections and withdrawals, each notice's in their order.

        Before them the recordings of alerts that went out without one.
        """
        yield from self._recordings(now_s)
        held_up: set[str] = set()
        for row in self._waiting(now_s, OutboxRow.objects.exclude(kind=OutboxKind.ALERT)):
            if row.notice_id in held_up:
                continue
            acts = list(self._try(row, now_s))
            if not acts:
                held_up.add(row.notice_id)
            yield from acts

    def _waiting(self, now_s: float, rows: object) -> Iterator[OutboxRow]:
        """Rows in order; a notice whose earlier row has to wait is left out."""
        held_up: set[str] = set()
        for row in rows.filter(done_at=None).exclude(pk__in=self._sealed).order_by("pk"):  # type: ignore[attr-defined] # a query set
            if self._not_before_s.get(row.pk, now_s) > now_s or row.notice_id in held_up:
                held_up.add(row.notice_id)
            else:
                yield row

    def _try(self, row: OutboxRow, now_s: float) -> Iterator[SealedAct]:
        if row.kind == OutboxKind.RELAY:  # sealed by a hub above; it names the area
            self._sealed.add(row.pk)
            yield SealedAct(row.pk, row.kind, (row.notice_id,), row.notice_id)
            return
        try:
            changed = seal_row(row, self._rendered(row))
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001 - one notice's fault must not stop the others
            self._note_failure(row, error, now_s)
            return
        areas = {each.area for each in changed}
        if row.kind != OutboxKind.ALERT:  # an alert has one edition, and is in a hurry
            earlier = SealedNotice.objects.filter(notice_id=row.notice_id)
            areas |= set(earlier.values_list("area", flat=True))
        self._sealed.add(row.pk)
        yield SealedAct(row.pk, row.kind, tuple(sorted(areas)), row.notice_id)

    def _rendered(self, row: OutboxRow) -> Renderer | None:
        """A renderer that only looks up what was rendered before the transaction began."""
        text = _spoken_by(row) if self._studio is not None and not row.is_from_above else ""
        if self._studio is None or not text:
            return None
        is_urgent = row.kind in (OutboxKind.CORRECT, OutboxKind.ALERT)
        recording = self._studio.known(text) if is_urgent else self._studio(text)
        return lambda _text: recording

    def prepare(self, now_s: float) -> None:
        """Begin to render what is under review, so that its signature waits for nothing."""
        if self._studio is None or now_s < self._prepare_s:
            return
        self._prepare_s = now_s + PREPARE_EVERY_S
        lexicon = edition()
        if lexicon != self._lexicon:
            self._lexicon, self._prepared = lexicon, set()
        self._prepare_alerts()
        running = WorkflowState.objects.filter(status=WorkflowState.STATUS_IN_PROGRESS)
        for state in running.order_by("pk"):
            page = state.content_object
            if page is None or ("notice", page.latest_revision_id) in self._prepared:
                continue
            self._prepared.add(("notice", page.latest_revision_id))
            text = _spoken(page.get_latest_revision_as_object())
            if text:
                self._studio.prepare(text)

    def _prepare_alerts(self) -> None:
        """Emergencies that wait for their second person go before everything else."""
        waiting = Emergency.objects.filter(released_at=None, expires_at__gt=timezone.now())
        for emergency in waiting:
            self._prepare_alert(emergency)

    def _prepare_alert(self, emergency: Emergency) -> None:
        if self._studio is not None and ("alert", emergency.pk) not in self._prepared:
            self._prepared.add(("alert", emergency.pk))
            self._studio.prepare(emergency.spoken, urgent=True)

    def _recordings(self, now_s: float) -> Iterator[SealedAct]:
        """Have recorded what went out without a recording, and seal it again with it."""
        if self._studio is None or now_s < self._record_s:
            return
        self._record_s = now_s + PREPARE_EVERY_S
        for emergency in _unrecorded():
            recording = self._studio.known(emergency.spoken)
            if recording is None:
                self._prepare_alert(emergency)
            if recording is None or ("recorded", emergency.pk) in self._prepared:
                continue
            self._prepared.add(("recorded", emergency.pk))
            try:
                changed = seal_alert(emergency, lambda _text, made=recording: made)
            except DatabaseError:
                raise
            except Exception as error:  # noqa: BLE001 - it is on the air; its sound can be spared
                _log.error("no recording for %s: %s", emergency.alert_id, type(error).__name__)
                continue
            areas = tuple(sorted(each.area for each in changed))
            yield SealedAct(None, RECORDED, areas, emergency.alert_id)

    def _note_failure(self, row: OutboxRow, error: Exception, now_s: float) -> None:
        _log.error("cannot seal %s: %s", row, type(error).__name__)
        OutboxRow.objects.filter(pk=row.pk).update(
            attempts=F("attempts") + 1, last_error=f"{type(error).__name__}: {error}"[:300]
        )
        pause_s = min(LONGEST_PAUSE_S, 2.0 ** min(row.attempts, 6))
        self._not_before_s[row.pk] = now_s + pause_s

    def done(self, row: int) -> None:
        """The broker has everything of this row."""
        OutboxRow.objects.filter(pk=row, done_at=None).update(done_at=timezone.now(), last_error="")
        self._sealed.discard(row)


def _unrecorded() -> list[Emergency]:
    """Alerts that are in force without the hub's recording."""
    sealed = SealedNotice.objects.filter(kind="alert", in_force=True)
    recorded = AssetUse.objects.filter(notice_id__in=sealed.values("notice_id"))
    found = Emergency.objects.filter(
        released_at__isnull=False,
        expires_at__gt=timezone.now(),
        alert_id__in=sealed.values("notice_id"),
    )
    return list(found.exclude(alert_id__in=recorded.values("notice_id")))


def _spoken_by(row: OutboxRow) -> str:
    """What is spoken because of this row; empty for a withdrawal, or a notice without speech."""
    if row.kind == OutboxKind.ALERT:
        return Emergency.objects.get(id=row.emergency_id or 0).spoken
    if row.page_revision_id is None:
        return ""
    return _spoken(Revision.objects.get(pk=row.page_revision_id).as_object())


def _spoken(page: NoticePage) -> str:
    """The words of a notice that goes to the loudspeaker; empty for one that does not."""
    return spoken_text(page) if "speaker" in page.channels else ""
