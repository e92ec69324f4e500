"""Issuing tickets, and answering the box that comes with one."""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contract import codec, enrolment, envelope, wire
from contract.enrolment import EnrolAnswer, EnrolQuestion, Ticket
from contract.errors import ContractError, VillageError
from hub.dispatch.key_sets import current_key_set
from hub.enrol.authority import Authority, key_fingerprint
from hub.enrol.feedback_key import feedback_public_b64
from hub.enrol.models import EnrolmentEvent, EnrolmentTicket, TicketState
from hub.ledger import boxes
from hub.sealing.seal import keyring

TICKET_LIFE = timedelta(days=14)


class EnrolmentRefusedError(VillageError, PermissionError):
    """The door stays shut; ``code`` is the word, ``status`` the HTTP status."""

    def __init__(self, message: str, code: str, status: int) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class NewBox:
    """A box to be: what the county planned for one village."""

    box: str
    area: str
    village: str
    groups: tuple[int, ...]
    settings: dict[str, Any]
    office_line: str = ""
    place: str = ""
    """Where in the village it stands; for people, who tell boxes apart by it."""


def issue(new: NewBox, hub_ca_pem: str = "") -> bytes:
    """A sealed ticket for a box; every older unused ticket of the same box is void.

    Raises:
        ContractError: the box id or the area code is not one.
    """
    ticket = Ticket(
        box=new.box,
        area=new.area,
        village=new.village,
        groups=new.groups,
        hub=settings.PUBLIC_URL,
        secret_hex=secrets.token_hex(16),
        expires_at=timezone.now() + TICKET_LIFE,
        key_set_b64=base64.b64encode(current_key_set().body).decode("ascii"),
        settings=new.settings,
        hub_ca_pem=hub_ca_pem,
        office_line=new.office_line,
    )
    with transaction.atomic():
        EnrolmentTicket.objects.filter(box=new.box).update(state=TicketState.REVOKED)
        EnrolmentTicket.objects.create(
            box=ticket.box,
            area=ticket.area,
            groups=list(ticket.groups),
            place=new.place,
            secret_hex=ticket.secret_hex,
            expires_at=ticket.expires_at,
        )
        _note(ticket.box, "staged")
    return envelope.seal("ticket", wire.dumps(codec.encode(ticket)), [keyring().target])


def answer(question: EnrolQuestion) -> EnrolAnswer:
    """Let a box in that holds its ticket; the same key gets the same answer again.

    Raises:
        EnrolmentRefusedError: unknown, expired, void or stolen ticket, or a bad request.
    """
    try:
        return _answer(question)
    except EnrolmentRefusedError as error:
        _note(question.box, error.code)
        raise


@transaction.atomic
def _answer(question: EnrolQuestion) -> EnrolAnswer:
    ticket = _ticket_of(question)
    try:
        used_by = key_fingerprint(question.csr_pem)
        if ticket.state == TicketState.ENROLLED:
            return _again(ticket, used_by)
        certificate = _authority().sign(question.csr_pem, question.box)
    except ContractError as error:
        raise EnrolmentRefusedError(f"请求有误 bad request: {error}", "bad_request", 400) from error
    earlier = EnrolmentTicket.objects.filter(box=ticket.box, certificate_ended_at=None)
    earlier.exclude(certificate_pem="").update(certificate_ended_at=timezone.now())
    access = boxes.add_box(ticket.box, ticket.area, tuple(ticket.groups), ticket.place)
    found = EnrolAnswer(
        box=ticket.box,
        certificate_pem=certificate,
        ca_pem=_authority().certificate_pem(),
        broker=boxes.tls_address() or access.broker,
        password="" if boxes.tls_address() else access.password,
        assets=boxes.files_address() or access.assets,
        feedback_key_b64=feedback_public_b64(settings.DATA.keys),
    )
    ticket.state = TicketState.ENROLLED
    ticket.used_by = used_by
    ticket.certificate_pem = certificate
    ticket.answer = codec.encode(found)
    ticket.facts = {key[:40]: value[:120] for key, value in question.facts.items()}
    ticket.save()
    _note(ticket.box, "enrolled")
    return found


def _ticket_of(question: EnrolQuestion) -> EnrolmentTicket:
    """The ticket whose secret made the proof; compared in constant time."""
    for ticket in EnrolmentTicket.objects.filter(box=question.box):
        expected = enrolment.proof(ticket.secret_hex, question.box, question.csr_pem)
        if not hmac.compare_digest(expected, question.proof_hex):
            continue
        if ticket.state == TicketState.REVOKED:
            raise EnrolmentRefusedError("票据已作废,请领新票 void: get a new ticket", "void", 409)
        if ticket.expires_at < timezone.now():
            raise EnrolmentRefusedError(
                "票据已过期,请领新票 expired: get a new ticket", "expired", 410
            )
        return ticket
    raise EnrolmentRefusedError("票据不认识,请领新票 unknown: get a new ticket", "unknown", 403)


def _again(ticket: EnrolmentTicket, used_by: str) -> EnrolAnswer:
    if ticket.used_by != used_by:
        raise EnrolmentRefusedError(
            "票据已被另一台设备用过,请报县里 used by another device: tell the county", "theft", 409
        )
    return codec.decode(EnrolAnswer, ticket.answer)


def _authority() -> Authority:
    return Authority(settings.DATA.keys / "authority")


def _note(box: str, code: str) -> None:
    EnrolmentEvent.objects.create(box=box[:40], code=code)
