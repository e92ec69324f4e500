"""Manifests: what is in force for an area, sealed with the next version whenever that changes."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from contract import codec, delta, wire
from contract.areas import Area
from contract.manifest import PIECE_BYTES, SMALL_ASSET_BYTES, Item, Manifest, pieces_of
from contract.messages import seal_message, sha256_hex
from contract.notice import Asset
from hub.dispatch.models import Layer, RetainedBlob
from hub.dispatch.taken_back import taken_back
from hub.ledger.models import Box
from hub.sealing.models import AssetBlob, AssetUse, SealedNotice
from hub.sealing.seal import keyring

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_log = logging.getLogger(__name__)
NOTICE_KEPT = timedelta(days=1)
"""A notice that has ended stays listed a day longer, so that boxes report *expired* first."""
ALERT_KEPT = timedelta(hours=1)


def areas_with_content() -> set[str]:
    """Every area that has, or ever had, something in its manifest."""
    sealed = SealedNotice.objects.values_list("area", flat=True).distinct()
    return set(sealed) | set(Layer.objects.values_list("area", flat=True))


def is_ours(area: str) -> bool:
    """Whether this hub signs the manifests of an area; those above it are a hub's above."""
    return Area.parse(keyring().area).covers(Area.parse(area))


@transaction.atomic
def seal_layer(area: str, *, at_least: tuple[int, int] = (1, 0)) -> bool:
    """Seal the manifest of an area if what it lists has changed.

    Args:
        area: the area's code.
        at_least: seal in any case, with a version above this one, if ours is not above it (a
            box has seen it: this hub was restored from a backup).

    Returns:
        Whether there is a new version.
    """
    if not is_ours(area):
        return False
    items, assets = _listed(area, timezone.now())
    withdrawn = taken_back(area, timezone.now())
    listing = {"items": codec.encode(items), "assets": codec.encode(assets)}
    if withdrawn:
        listing["withdrawn"] = codec.encode(withdrawn)
    content = sha256_hex(wire.dumps(listing))
    layer = Layer.objects.filter(area=area).first()
    version = layer.version if layer else (1, 0)
    if layer is not None and layer.content == content and version > at_least:
        return False
    if layer is None and not items and at_least == (1, 0):
        return False
    epoch, generation = max(version, at_least)
    manifest = Manifest(
        area, epoch, generation + 1, timezone.now(), items, assets, withdrawn=withdrawn
    )
    body = seal_message(manifest, keyring().target)
    Layer.objects.update_or_create(
        area=area,
        defaults={
            "epoch": epoch,
            "generation": generation + 1,
            "content": content,
            "body": body,
            "delta": _delta(layer, body),
            "sealed_at": manifest.issued_at,
        },
    )
    note_blobs(area, [item.sha256 for item in items], assets)
    _log.info("area %s is now %d.%d, %d items", area, epoch, generation + 1, len(items))
    return True


def _delta(layer: Layer | None, body: bytes) -> bytes:
    """The way from the manifest before to this one; a sign to fetch the whole if that is short."""
    found = delta.between(bytes(layer.body), body) if layer else delta.elsewhere(body)
    sealed = seal_message(found, keyring().target)
    if len(sealed) * 2 > len(body):
        sealed = seal_message(delta.elsewhere(body), keyring().target)
    return sealed


def _has_nobody(area: str) -> bool:
    """Whether it is the layer of a box that was revoked, or stands in another village now."""
    found = Area.parse(area)
    boxes = Box.objects.filter(id=found.box, area=found.code, revoked_at=None)
    return bool(found.box) and not boxes.exists()


def _listed(area: str, now: datetime) -> tuple[tuple[Item, ...], tuple[Asset, ...]]:
    if _has_nobody(area):
        return (), ()
    rows = (
        SealedNotice.objects.filter(area=area, in_force=True)
        .filter(
            Q(valid_until=None)
            | Q(kind="notice", valid_until__gt=now - NOTICE_KEPT)
            | Q(kind="alert", valid_until__gt=now - ALERT_KEPT)
        )
        .order_by("notice_id", "revision")
    )
    items = []
    assets: dict[str, Asset] = {}
    for row in rows:
        size = len(row.body)
        kind: Literal["notice", "alert"] = "alert" if row.kind == "alert" else "notice"
        items.append(Item(row.notice_id, row.revision, row.sha256, size, kind))
        uses = AssetUse.objects.filter(notice_id=row.notice_id, revision=row.revision)
        for use in uses.select_related("asset"):
            blob = use.asset
            pieces = _pieces(blob.sha256) if blob.size_bytes > PIECE_BYTES else ()
            assets[blob.sha256] = Asset(blob.sha256, blob.size_bytes, blob.mime, blob.name, pieces)
    items.sort(key=lambda item: (item.id, item.revision))  # databases sort by different rules
    return tuple(items), tuple(assets[key] for key in sorted(assets))


@lru_cache(maxsize=256)
def _pieces(sha256: str) -> tuple[str, ...]:
    """Hashes of a large file's pieces; its name is its content, so they never change."""
    return pieces_of(bytes(AssetBlob.objects.get(sha256=sha256).body))


def note_blobs(area: str, items: Iterable[str], assets: Iterable[Asset]) -> None:
    """Remember what the broker will hold for the area, so that it can be cleared there."""
    listed = {*items, *(each.sha256 for each in assets if each.size_bytes <= SMALL_ASSET_BYTES)}
    RetainedBlob.objects.filter(area=area).exclude(sha256__in=listed).update(is_listed=False)
    known = set(RetainedBlob.objects.filter(area=area).values_list("sha256", flat=True))
    RetainedBlob.objects.filter(area=area, sha256__in=listed).update(is_listed=True)
    RetainedBlob.objects.bulk_create(
        RetainedBlob(area=area, sha256=sha256) for sha256 in sorted(listed - known)
    )
