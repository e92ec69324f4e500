"""Villages without any network: what they need onto a USB stick, what they have to say off it.

The files are the very bytes that go over MQTT. A box that was away for months takes them like
any others, and its receipts and slips come back signed with the key of its certificate.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction

from contract import codec, stick, topics, wire
from contract.areas import Area
from contract.errors import ContractError
from contract.manifest import SMALL_ASSET_BYTES
from contract.messages import seal_message
from contract.uplink import EventAck, EventBatch
from hub.dispatch import assertion, key_sets
from hub.dispatch.models import Layer, RetainedBlob
from hub.enrol.models import EnrolmentTicket
from hub.feedback.models import SlipAnswer
from hub.ledger import taking
from hub.ledger.models import Box, FleetAlarm, OutboxCursor
from hub.sealing.models import AssetUse, SealedNotice
from hub.sealing.seal import keyring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_log = logging.getLogger(__name__)
_FILE = re.compile(r"(link|led|audio|kiosk)-([0-9a-f]{1,40})-(\d{1,15})", re.ASCII)


@dataclass
class Brought:
    """What a stick brought: receipts and slips taken by box, and how many files were refused."""

    events: dict[str, int] = field(default_factory=dict)
    refused: int = 0


def export(root: Path, boxes: Sequence[Box]) -> int:
    """Write all that these boxes need onto the stick at ``root``; returns the bytes written.

    Raises:
        OSError: the stick is full or cannot be written.
    """
    written = 0
    areas = {area for box in boxes for area in map(str, box.followed)}
    for name, body in _files(sorted(areas), boxes):
        stick.write(root, name, body)
        written += len(body)
    return written


def _files(areas: Sequence[str], boxes: Sequence[Box]) -> Iterator[tuple[str, bytes]]:
    """Content before the lists that name it, so that a stick pulled out early is still whole."""
    for each in key_sets.chain():
        yield topics.key_set(each.version), each.body
    for code in areas:
        area = Area.parse(code)
        listed = RetainedBlob.objects.filter(area=code, is_listed=True)
        for sha256 in listed.values_list("sha256", flat=True):
            body = assertion.body_of(sha256)
            if body is not None:
                yield topics.area_blob(area, sha256), body
        for sha256, body in _large(code):
            yield stick.large_file(sha256), body
        layer = Layer.objects.exclude(body=b"").filter(area=code).first()
        if layer is not None:
            yield topics.area_manifest(area), bytes(layer.body)
    for box in boxes:
        yield from _for_one(box)


def _large(area: str) -> Iterator[tuple[str, bytes]]:
    notices = SealedNotice.objects.filter(area=area, in_force=True)
    for key, revision in notices.values_list("notice_id", "revision"):
        for use in AssetUse.objects.filter(notice_id=key, revision=revision).select_related(
            "asset"
        ):
            if use.asset.size_bytes > SMALL_ASSET_BYTES:
                yield use.asset.sha256, bytes(use.asset.body)


def _for_one(box: Box) -> Iterator[tuple[str, bytes]]:
    """What we hold of its outboxes, and the answers to its villagers' slips."""
    for cursor in OutboxCursor.objects.filter(box=box):
        ack = EventAck(cursor.part, cursor.outbox, cursor.seq)  # type: ignore[arg-type] # checked when it came in
        name = f"{topics.box_down(box.id, 'ack')}/{cursor.part}-{cursor.outbox}"
        yield name, seal_message(ack, keyring().target)
    for answer in SlipAnswer.objects.filter(slip__box_id=box.id, stored_at=None):
        yield f"{topics.box_down(box.id, 'answer')}/{answer.pk}", bytes(answer.body)


def take(root: Path) -> Brought:
    """Take in what boxes wrote onto the stick; a file that is not right is left out, alone."""
    brought = Brought()
    for box in Box.objects.filter(revoked_at=None, id__in=stick.names(root, f"{topics.VERSION}/d")):
        before = brought.refused
        batches = list(_batches(root, box.id, brought))
        with transaction.atomic():
            taking.take_batches(batches)
        brought.events[box.id] = sum(len(each.events) for each in batches)
        if brought.refused > before:
            detail = f"{brought.refused - before} files on a stick are not the box's own"
            FleetAlarm.objects.create(kind="stick_refused", box=box, detail=detail)
    return brought


def _batches(root: Path, box: str, brought: Brought) -> Iterator[EventBatch]:
    """The batches of one box in the order of their numbers."""
    key = _key_of(box)
    folder = topics.box_up(box, "events")
    for name in sorted(stick.names(root, folder), key=_place):
        body = stick.read(root, f"{folder}/{name}")
        if body is None or key is None or _FILE.fullmatch(name) is None:
            brought.refused += 1
            continue
        try:
            batch = _opened(body, key, box)
        except ContractError as error:
            _log.warning("a file of %s on the stick is refused: %s", box, error)
            brought.refused += 1
            continue
        yield batch


def _opened(body: bytes, key: ec.EllipticCurvePublicKey, box: str) -> EventBatch:
    batch = codec.decode(EventBatch, wire.loads(stick.open_events(body, key)))
    if batch.box != box:
        raise ContractError("a box speaks under another's name")
    return batch


def _place(name: str) -> tuple[str, str, int]:
    found = _FILE.fullmatch(name)
    return (found[1], found[2], int(found[3])) if found else ("", name, 0)


def _key_of(box: str) -> ec.EllipticCurvePublicKey | None:
    """The key of the certificate that the box now has."""
    tickets = EnrolmentTicket.objects.filter(box=box, certificate_ended_at=None)
    ticket = tickets.exclude(certificate_pem="").order_by("-pk").first()
    if ticket is None:
        return None
    key = x509.load_pem_x509_certificate(ticket.certificate_pem.encode()).public_key()
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None


def chosen(ids: Iterable[str]) -> list[Box]:
    """The boxes with these ids, or all that are not revoked when there are none."""
    boxes, wanted = Box.objects.filter(revoked_at=None), list(ids)
    return list(boxes.filter(id__in=wanted) if wanted else boxes)
