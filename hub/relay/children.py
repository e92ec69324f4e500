"""The hubs below: letting one join, shutting one out, and hearing what they report."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contract import codec, envelope, wire
from contract.areas import Area
from contract.errors import VillageError
from contract.relay import HubKeys, HubReport, JoinAnswer, JoinRequest
from hub.broker.passwords import hashed, new_password
from hub.dispatch import manifests
from hub.dispatch.key_sets import current_key_set
from hub.dispatch.models import Layer
from hub.enrol.authority import Authority
from hub.ledger import boxes
from hub.ledger.models import Box, FleetAlarm
from hub.ledger.rows import insert_or_update
from hub.places.models import CountyPage
from hub.relay.models import AncestorKeys, Child, ChildDelivery, EndedCertificate
from hub.relay.reporting import LONGEST_ITEMS
from hub.sealing.seal import keyring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contract.uplink import LayerState

_log = logging.getLogger(__name__)
LARGEST_JUMP = 1_000_000
"""A hub below may report what it likes; no report moves our versions further than this."""


class RelayError(VillageError, ValueError):
    """A step of joining cannot be done; the message says why and what to do."""


def admit(request: JoinRequest, brokers: tuple[str, ...], files: str) -> bytes:
    """Let a hub join below this one; the sealed answer to carry back.

    A hub that asks again gets a new certificate, and the old one ends.

    Args:
        request: who asks.
        brokers: addresses under which it reaches our brokers.
        files: base address of large files, as it reaches us.

    Raises:
        RelayError: its area is not below ours, or is that of another hub, or its name is taken.
    """
    own = CountyPage.objects.get()
    area = Area.parse(request.area)
    if area == own.area or area != area.village or not own.area.covers(area):
        raise RelayError(f"{request.area} 不在本平台辖区 {own.code} 之内 / is not below {own.code}")
    if Box.objects.filter(id=request.hub).exists() or request.hub == "hub":
        raise RelayError(f"名称 {request.hub} 已被占用 / the name is taken")
    if Child.objects.filter(area=request.area).exclude(id=request.hub).exists():
        raise RelayError(f"{request.area} 已有下级平台 / there is a hub for it already")
    authority = Authority(settings.DATA.keys / "authority")
    certificate = authority.sign(request.csr_pem, request.hub)
    password = new_password()
    with transaction.atomic():
        _end_certificate(request.hub)
        Child.objects.update_or_create(
            id=request.hub,
            defaults={
                "area": request.area,
                "name": request.name[:60],
                "password_hash": hashed(password),
                "certificate_pem": certificate,
                "dismissed_at": None,
            },
        )
    boxes.write_accounts()
    with_tls = all(each.startswith("mqtts:") for each in brokers)
    answer = JoinAnswer(
        hub=request.hub,
        area=own.code,
        name=str(own.title),
        brokers=brokers,
        files=files,
        ca_pem=authority.certificate_pem(),
        certificate_pem=certificate,
        password="" if with_tls else password,
        keys=tuple(_key_sets(own.code)),
    )
    return envelope.seal("ticket", wire.dumps(codec.encode(answer)), [keyring().target])


def _key_sets(own: str) -> Iterator[HubKeys]:
    """Ours, then the newest of every hub above us."""
    yield HubKeys(own, base64.b64encode(current_key_set().body).decode("ascii"))
    newest = {row.area: bytes(row.body) for row in AncestorKeys.objects.order_by("version")}
    for area in sorted(newest, key=len, reverse=True):
        yield HubKeys(area, base64.b64encode(newest[area]).decode("ascii"))


def dismiss(hub: str) -> bool:
    """Shut a hub out: its session, certificate and rights end; whether there was one."""
    with transaction.atomic():
        _end_certificate(hub)
        rows = Child.objects.filter(id=hub, dismissed_at=None)
        found = rows.update(dismissed_at=timezone.now(), is_online=False)
    boxes.write_accounts()
    return bool(found)


def _end_certificate(hub: str) -> None:
    child = Child.objects.filter(id=hub, dismissed_at=None).first()
    if child is not None:
        EndedCertificate.objects.create(pem=child.certificate_pem)


def take_report(report: HubReport) -> tuple[set[str], set[str]]:
    """Store what a hub below says.

    Returns:
        Areas whose manifests moved past what it has seen (we were restored from a backup), and
        areas that it does not have yet.
    """
    child = Child.objects.filter(id=report.hub, dismissed_at=None).first()
    if child is None:
        return set(), set()
    child.is_online = report.online
    if not report.online:
        child.save(update_fields=["is_online"])
        return set(), set()
    child.reported_at = timezone.now()
    body = codec.encode(report)
    child.report = {key: value for key, value in body.items() if key != "items"}
    child.save()
    _count(child, report)
    return _compare(child, report.layers or {})


def _count(child: Child, report: HubReport) -> None:
    """Its lines, with one statement, so that a long report keeps no alarm waiting."""
    rows = {
        (child.id, item.id[:64], item.revision): (
            item.boxes, item.stored, item.shown, item.spoken, item.refused, report.at,
        )
        for item in report.items[:LONGEST_ITEMS]
    }  # fmt: skip
    key = ("child", "item_id", "revision")
    names = (*key, "boxes", "stored", "shown", "spoken", "refused", "said_at")
    insert_or_update(ChildDelivery, key, names, [(*name, *row) for name, row in rows.items()])


def _compare(child: Child, seen: dict[str, LayerState]) -> tuple[set[str], set[str]]:
    moved, behind = set(), set()
    for area in _passed_on_to(child):
        layer = Layer.objects.exclude(body=b"").filter(area=area).first()
        theirs = seen.get(area)
        version = (theirs.epoch, theirs.generation) if theirs else (0, 0)
        present = layer.version if layer else (0, 0)
        if version > present and manifests.is_ours(area):
            if _move_past(child, area, version, present):
                moved.add(area)
        elif layer is not None and (version < present or not (theirs and theirs.complete)):
            behind.add(area)
    return moved, behind


def _passed_on_to(child: Child) -> Iterable[str]:
    return [str(area) for area in Area.parse(child.area).path()]


def _move_past(child: Child, area: str, seen: tuple[int, int], present: tuple[int, int]) -> bool:
    """This hub was restored from a backup: go on above what the hubs below have passed on."""
    is_too_far = seen[1] - present[1] > LARGEST_JUMP or seen[0] - present[0] > 1000
    kind = "version_jump" if is_too_far else "hub_restored"
    detail = f"下级 {child.id}: {area} {present} → {seen}"
    FleetAlarm.objects.create(kind=kind, detail=detail[:200])
    _log.error("hub %s has seen a newer manifest of %s than this hub", child.id, area)
    return not is_too_far and manifests.seal_layer(area, at_least=seen)
