"""What came from above and was verified, written so that this hub's own dispatcher passes it on.

The layer of an area above ours is passed on byte for byte. What is said above for *our* area has
no layer of its own, since two hubs cannot number one area's manifests: its notices and alerts,
still as they were signed, become items of our own layer. An outbox row tells the dispatcher, as
it does for everything of our own, so that nothing is forgotten at any crash.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING, ParamSpec

from django.utils import timezone

from contract import codec, envelope, wire
from contract.alert import Alert
from contract.areas import Area
from contract.manifest import SMALL_ASSET_BYTES, Manifest
from contract.notice import Notice
from hub.dispatch import manifests
from hub.dispatch.assertion import body_of
from hub.dispatch.models import Layer, RetainedBlob
from hub.relay.delegation import own_area
from hub.relay.models import HeardLayer, Parent
from hub.sealing.models import AssetBlob, AssetUse, OutboxKind, OutboxRow, SealedNotice
from hub.site.conflicts import committed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from contract.manifest import Item
    from contract.notice import Asset

_log = logging.getLogger(__name__)
P = ParamSpec("P")


def _whole(act: Callable[P, None]) -> Callable[P, None]:
    """In one transaction, done again if another one comes in between."""

    @functools.wraps(act)
    def whole(*args: P.args, **kwargs: P.kwargs) -> None:
        committed(lambda: act(*args, **kwargs))

    return whole


@_whole
def pass_on_layer(
    manifest: Manifest,
    body: bytes,
    opened: Mapping[str, Notice | Alert],
    blobs: Mapping[str, bytes],
) -> None:
    """A manifest from above takes force here, in one transaction.

    Args:
        manifest: verified, newer than the one before.
        body: its bytes.
        opened: by hash, the items that were verified; one that is missing was refused, and is
            handed on for the boxes to leave it out alone, but nothing here shows it.
        blobs: by hash, the bytes that came for it: items and small assets.
    """
    area = manifest.area
    for item in manifest.items:
        _keep(item, area, opened.get(item.sha256), blobs.get(item.sha256))
    _end(area, {item.sha256 for item in manifest.items}, manifest.issued_at)
    for asset in manifest.assets:
        if asset.sha256 in blobs:
            _put_asset(asset, blobs[asset.sha256])
    _note_uses()
    epoch, generation = manifest.version
    HeardLayer.objects.update_or_create(
        area=area, defaults={"epoch": epoch, "generation": generation, "body": body}
    )
    if Area.parse(area) != own_area():
        _put_layer(manifest, body)
    _tell(OutboxKind.RELAY, area)
    count = len(manifest.items)
    _log.info("area %s from above is now %d.%d, %d items", area, *manifest.version, count)


def _put_layer(manifest: Manifest, body: bytes) -> None:
    epoch, generation = manifest.version
    values = {
        "epoch": epoch,
        "generation": generation,
        "content": "",
        "body": body,
        "delta": b"",
        "sealed_at": manifest.issued_at,
    }
    Layer.objects.update_or_create(area=manifest.area, defaults=values)
    hashes = [item.sha256 for item in manifest.items]
    manifests.note_blobs(manifest.area, hashes, manifest.assets)


def _keep(item: Item, area: str, message: Notice | Alert | None, body: bytes | None) -> None:
    """One item's row. The bytes are those that the hub above signed."""
    rows = SealedNotice.objects.filter(
        notice_id=item.id, revision=item.revision, area=area, kind=item.kind
    )
    known = rows.first()
    if known is not None and known.sealed_by == "":
        return  # an item of our own has that name, and keeps it
    values: dict[str, object] = {
        "sha256": item.sha256,
        "in_force": message is not None,
        "withdrawn_at": None,
        "sealed_by": _from_above(),
        **_times(message),
    }
    whole = body or body_of(item.sha256)  # perhaps it came for another area before
    if whole is not None:
        values["body"] = whole
    if known is not None:
        rows.update(**values)
    elif whole is not None:
        names = {"notice_id": item.id, "revision": item.revision, "kind": item.kind}
        rows.create(**names, area=area, sealed_at=timezone.now(), **values)


def _from_above() -> str:
    """How rows that were sealed above are marked: the area of the hub we have them from."""
    parent = Parent.objects.first()
    return parent.area if parent is not None else "-"


def _times(message: Notice | Alert | None) -> dict[str, datetime | None]:
    if message is None:
        return {"publish_at": timezone.now(), "valid_until": None}
    if isinstance(message, Alert):
        return {"publish_at": message.issued_at, "valid_until": message.expires_at}
    return {"publish_at": message.publish_at, "valid_until": message.valid_until}


def _end(area: str, still: set[str], issued_at: datetime) -> None:
    """What the hub above lists no more is withdrawn, and its text erased.

    An alert may be newer than the manifest that came behind it.
    """
    rows = SealedNotice.objects.filter(area=area, publish_at__lte=issued_at)
    rows.exclude(sealed_by="").exclude(sha256__in=still).exclude(body=b"").update(
        in_force=False, withdrawn_at=timezone.now(), body=b""
    )


def _put_asset(asset: Asset, body: bytes) -> None:
    fields = {"mime": asset.mime[:60], "name": asset.name[:120], "body": body}
    AssetBlob.objects.get_or_create(sha256=asset.sha256, defaults=fields)


def _note_uses() -> None:
    """Which notice from above needs which file that is here: the files' door asks for that."""
    rows = SealedNotice.objects.filter(in_force=True).exclude(sealed_by="").exclude(body=b"")
    for row in rows:
        for asset in _assets_of(row):
            if AssetBlob.objects.filter(sha256=asset.sha256).exists():
                AssetUse.objects.get_or_create(
                    asset_id=asset.sha256, notice_id=row.notice_id, revision=row.revision
                )


def _assets_of(row: SealedNotice) -> tuple[Asset, ...]:
    """Of a row whose body was verified before it was written."""
    content = wire.loads(envelope.parse(bytes(row.body)).content())
    if row.kind == "alert":
        return codec.decode(Alert, content).notice.assets
    return codec.decode(Notice, content).assets


@_whole
def pass_on_alert(area: str, alert: Alert, body: bytes, sha256: str) -> None:
    """A verified alert, to be sent past every queue; its manifest comes behind it."""
    SealedNotice.objects.update_or_create(
        notice_id=alert.id,
        revision=1,
        area=area,
        kind="alert",
        defaults={
            "sha256": sha256,
            "body": body,
            "in_force": True,
            "sealed_by": _from_above(),
            "sealed_at": timezone.now(),
            **_times(alert),
        },
    )
    ended = SealedNotice.objects.filter(notice_id__in=[*alert.cancels, *alert.updates])
    ended.exclude(sealed_by="").update(in_force=False)
    _tell(OutboxKind.ALERT, alert.id)


def _tell(kind: OutboxKind, what: str) -> None:
    OutboxRow.objects.create(kind=kind, notice_id=what, revision=1)


def tell_keys() -> None:
    """The key set has changed: the dispatcher is to send it before anything signed with it."""
    _tell(OutboxKind.RELAY, str(own_area()))


@_whole
def pass_on_delta(area: str, body: bytes) -> None:
    """The way from the manifest before to the present one, for boxes that live by deltas."""
    if Layer.objects.filter(area=area).exclude(delta=body).update(delta=body):
        _tell(OutboxKind.RELAY, area)


@_whole
def drop_layer(area: str) -> None:
    """Nobody above may speak for this area any more: take back what was passed on.

    The empty body clears the retained manifest, at every broker that comes back, too.
    """
    HeardLayer.objects.filter(area=area).update(body=b"")
    rows = SealedNotice.objects.filter(area=area).exclude(sealed_by="")
    rows.update(in_force=False, withdrawn_at=timezone.now(), body=b"")
    if Area.parse(area) != own_area():
        Layer.objects.filter(area=area).update(body=b"", delta=b"", content="")
        RetainedBlob.objects.filter(area=area).update(is_listed=False)
    _tell(OutboxKind.RELAY, area)
    _log.warning("area %s is passed on no more", area)


def wanted_files() -> tuple[Asset, ...]:
    """Files from above that are too large for MQTT and are not here yet."""
    listed: dict[str, Asset] = {}
    for row in HeardLayer.objects.exclude(body=b""):
        manifest = codec.decode(Manifest, wire.loads(envelope.parse(bytes(row.body)).content()))
        large = (each for each in manifest.assets if each.size_bytes > SMALL_ASSET_BYTES)
        listed.update({each.sha256: each for each in large})
    here = AssetBlob.objects.filter(sha256__in=listed).values_list("sha256", flat=True)
    return tuple(listed[each] for each in sorted(listed.keys() - set(here)))


@_whole
def take_file(asset: Asset, body: bytes) -> None:
    """A large file that was fetched and checked: boxes may have it from here on."""
    _put_asset(asset, body)
    _note_uses()


def held(hashes: Iterable[str]) -> set[str]:
    """Which of these contents are here already."""
    wanted = set(hashes)
    sealed = SealedNotice.objects.filter(sha256__in=wanted).exclude(body=b"")
    found = set(sealed.values_list("sha256", flat=True))
    return found | set(AssetBlob.objects.filter(sha256__in=wanted).values_list("sha256", flat=True))
