"""Sealing: from an outbox row to the bytes that boxes verify, with everything they refer to.

The same revision, keys and assets give the same bytes, so that sealing again after a crash
changes nothing: SM2 signs differently each time, so what is sealed already is kept.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from wagtail.models import Revision

from contract import envelope
from contract.messages import seal_message, sha256_hex
from hub.emergency.models import Emergency
from hub.emergency.to_contract import to_alert
from hub.notices.to_contract import to_notice
from hub.places.models import SUPERVISORS, CountyPage, Post
from hub.relay.delegation import delegated
from hub.sealing.assets import LibraryAssets
from hub.sealing.keyring import Keyring
from hub.sealing.models import AssetUse, OutboxKind, OutboxRow, SealedNotice

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from contract.areas import Area
    from contract.envelope import Envelope
    from contract.notice import Notice
    from hub.sealing.assets import Renderer


def keyring() -> Keyring:
    """The hub's keys, bound to its county.

    Raises:
        CountyPage.DoesNotExist: the hub has no county yet.
    """
    code = CountyPage.objects.values_list("code", flat=True).get()
    return Keyring(settings.DATA.keys, code, cache(officer_areas), delegated)


def officers() -> tuple[str, ...]:
    """Account names of everybody who may command an emergency, for the key set."""
    return tuple(sorted(officer_areas()))


def officer_areas() -> dict[str, str]:
    """The area that each officer's key may sign for: the smallest that holds all their posts."""
    found: dict[str, Area] = {}
    posts = Post.objects.filter(role__in=SUPERVISORS).select_related("place")
    for post in posts.prefetch_related("group__user_set"):
        own = post.place.area
        for user in post.group.user_set.all():
            if not user.is_active:
                continue
            known = found.get(user.username, own)
            found[user.username] = [each for each in own.path() if each.covers(known)][-1]
    return {name: str(area) for name, area in found.items()}


@transaction.atomic
def seal_row(row: OutboxRow, render: Renderer | None = None) -> list[SealedNotice]:
    """Do what an outbox row says: seal, or take out of force.

    Args:
        row: the oldest row that is not done.
        render: makes the recording of a spoken text; without it boxes speak themselves.

    Returns:
        The rows that changed, one an area.
    """
    if row.kind == OutboxKind.WITHDRAW:
        return _out_of_force(row.notice_id)
    if row.is_from_above:
        return list(SealedNotice.objects.filter(notice_id=row.notice_id, kind="alert"))
    if row.kind == OutboxKind.ALERT:
        persons = Emergency.objects.select_related("composed_by", "released_by")
        return seal_alert(persons.get(id=row.emergency_id or 0), render)
    return seal_notice(row, render)


@transaction.atomic
def seal_notice(row: OutboxRow, render: Renderer | None = None) -> list[SealedNotice]:
    """Seal the revision that was signed; earlier ones of the same notice go out of force."""
    page = Revision.objects.get(pk=row.page_revision_id).as_object()
    assets = LibraryAssets(render)
    notice = to_notice(page, row.revision, row.created_at, assets)
    body = _as_before(notice.id, notice.revision, seal_message(notice, keyring().content))
    found = [_keep(notice, area, body) for area in notice.areas]
    for blob in assets.used:
        AssetUse.objects.get_or_create(asset=blob, notice_id=notice.id, revision=notice.revision)
    older = _ours(notice.id).filter(revision__lt=notice.revision)
    older.update(in_force=False)
    return found


def _keep(notice: Notice, area: str, body: bytes) -> SealedNotice:
    return SealedNotice.objects.update_or_create(
        notice_id=notice.id,
        revision=notice.revision,
        area=area,
        kind="notice",
        defaults={
            "sha256": sha256_hex(body),
            "body": body,
            "publish_at": notice.publish_at,
            "valid_until": notice.valid_until,
            "sealed_at": timezone.now(),
            "in_force": not _is_superseded(notice),
        },
    )[0]


def _as_before(notice_id: str, revision: int, body: bytes) -> bytes:
    """The bytes that were sealed earlier, if they say the same by the same keys."""
    wanted = envelope.parse(body)
    for row in SealedNotice.objects.filter(notice_id=notice_id, revision=revision):
        if not row.body:
            continue
        found = envelope.parse(bytes(row.body))
        is_same = found.signed_bytes() == wanted.signed_bytes()
        if is_same and _signers(found) == _signers(wanted):
            return bytes(row.body)
    return body


def _signers(sealed: Envelope) -> list[str]:
    return [each.key_id for each in sealed.signatures]


def _is_superseded(notice: Notice) -> bool:
    """Whether a newer revision or a withdrawal was already sealed (a row sealed again)."""
    same = _ours(notice.id)
    newer = same.filter(revision__gt=notice.revision).exists()
    return newer or same.exclude(withdrawn_at=None).exists()


@transaction.atomic
def seal_alert(emergency: Emergency, render: Renderer | None = None) -> list[SealedNotice]:
    """Seal a released emergency with the keys of the two persons who stand for it.

    May be done again when its recording is ready: the same alert, which boxes do not play twice.
    """
    if emergency.released_by is None:
        raise PermissionError("一个人不能发布紧急通知 / an emergency needs two persons")
    keys = keyring()
    assets = LibraryAssets(render)
    alert = to_alert(emergency, assets)
    body = seal_message(
        alert,
        keys.emergency(emergency.composed_by.username),
        keys.emergency(emergency.released_by.username),
    )
    body = _as_before(alert.id, 1, body)
    for blob in assets.used:
        AssetUse.objects.get_or_create(asset=blob, notice_id=alert.id, revision=1)
    ended = SealedNotice.objects.filter(
        notice_id__in=[*alert.cancels, *alert.updates], sealed_by=""
    )
    ended.update(in_force=False)
    fields = {
        "sha256": sha256_hex(body),
        "body": body,
        "publish_at": alert.issued_at,
        "valid_until": alert.expires_at,
        "sealed_at": timezone.now(),
    }
    return [
        SealedNotice.objects.update_or_create(
            notice_id=alert.id, revision=1, area=area, kind="alert", defaults=fields
        )[0]
        for area in alert.notice.areas
    ]


def _out_of_force(notice_id: str) -> list[SealedNotice]:
    """A withdrawn notice: out of force everywhere, and its text gone from the hub's outbox."""
    rows = _ours(notice_id)
    rows.update(in_force=False, withdrawn_at=timezone.now(), body=b"")
    return list(rows)


def _ours(notice_id: str) -> QuerySet[SealedNotice]:
    """Rows of a notice of this hub; a hub above may have given the same number."""
    return SealedNotice.objects.filter(notice_id=notice_id, sealed_by="")
