"""Taking a message in by CAP's own rules: once, in order, and never what is not meant for us.

*Duplicates* (same sender, id and time) are counted; the same id with another text is refused.
*Test* and *Draft* are for nobody, *System*, *Ack* and *Error* for machines: kept, not shown.
*Exercise* comes as 演练 and never by a standing rule. *Update* and *Cancel* at once stop what
still waits of the messages they refer to, if they come by the same road with no less of a
signature; what went out already is ended by releasing them. *Expired* is never put forward.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from contract.messages import sha256_hex
from hub.cap.errors import CapRefusedError
from hub.cap.mapping import Proposal, chosen_infos, propose
from hub.cap.message import read_alert
from hub.cap.models import Incoming, OutsideWarning, State, Verdict
from hub.cap.our_places import our_places
from hub.cap.reading import MAX_BYTES, read_xml
from hub.cap.signature import check_signature
from hub.emergency.models import Emergency

if TYPE_CHECKING:
    from datetime import datetime

    from hub.cap.message import CapAlert
    from hub.cap.models import Road
    from hub.cap.signature import Signed
    from hub.cap.sources import Source

_log = logging.getLogger(__name__)
_STANDING = ("unsigned", "stranger", "known")
_CERTAIN = frozenset({"Observed", "Likely"})
_SOON = frozenset({"Immediate", "Expected"})


def take(data: bytes, source: Source, road: Road, now: datetime | None = None) -> Incoming:
    """Keep a message and what it means here. Never raises for what is in it.

    Args:
        data: the message as it came.
        source: who is configured for that road.
        road: how it came.
        now: the present moment; a test may choose it.

    Returns:
        The message's row: new, or the known one if it came before.
    """
    moment = now or timezone.now()
    sha256 = sha256_hex(data)
    with transaction.atomic():
        known = Incoming.objects.filter(source=source.name, sha256=sha256).first()
        if known is not None:
            return _again(known)
        row = Incoming(source=source.name, road=road, sha256=sha256)
        try:
            _take_new(row, data, source, moment)
        except CapRefusedError as error:
            row.verdict, row.reason = Verdict.REFUSED, f"{error}"[:1000]
            row.raw = data if row.alert_id else b""
            row.save()
        _log.info("warning from %s: %s", source.name, row.verdict)
        return row


def _again(known: Incoming) -> Incoming:
    known.times += 1
    known.save(update_fields=["times"])
    return known


def _take_new(row: Incoming, data: bytes, source: Source, now: datetime) -> None:
    signed = check_signature(read_xml(data, max_bytes=MAX_BYTES), source.anchors, now)
    alert = read_alert(signed.root)
    _describe(row, alert, signed)
    row.raw = data
    if source.senders and alert.own.sender not in source.senders:
        raise CapRefusedError(
            "sender",
            f"来源 {source.name} 不得代 {alert.own.sender[:60]} 发报",
            "this source may not speak for that sender",
        )
    why = _came_before(row) or _not_for_us(alert)
    row.verdict = Verdict.IGNORED if why else Verdict.TAKEN
    row.reason = why
    row.save()
    if not why:
        _overtake(row)
        _put_forward(row, alert, now)


def _describe(row: Incoming, alert: CapAlert, signed: Signed) -> None:
    row.alert_id = alert.own.alert_id
    row.sender, row.identifier = alert.own.sender, alert.own.identifier
    row.sent_at, row.content = alert.own.sent, sha256_hex(repr(alert).encode("utf-8"))
    row.status, row.msg_type = alert.status, alert.msg_type
    row.references = [each.alert_id for each in alert.references]
    row.signature, row.signer = signed.standing, signed.signer[:300]


def _came_before(row: Incoming) -> str:
    """Why a message that came before is not taken again; empty for one that is to be taken.

    A copy by another road that says the same adds its signature to what waits. One that says
    something else is refused, unless it alone is signed: then the earlier one was the forgery.

    Raises:
        CapRefusedError: the same id with another text.
    """
    earlier = Incoming.objects.filter(alert_id=row.alert_id, verdict=Verdict.TAKEN).first()
    if earlier is None:
        return ""
    is_stronger = _STANDING.index(row.signature) > _STANDING.index(earlier.signature)
    if earlier.content == row.content:
        if is_stronger:
            earlier.signature, earlier.signer = row.signature, row.signer
            earlier.source = row.source
            earlier.save(update_fields=["signature", "signer", "source"])
        return "同一报文已由另一途径收到 / came before by another road"
    if not is_stronger:
        raise CapRefusedError(
            "same_id",
            "同一发送单位、编号和时间的报文已经收到过，内容却不同，可能被改动",
            "a message of this id came before with another text",
        )
    waiting = earlier.warnings.filter(state=State.WAITING)
    waiting.update(state=State.OVERTAKEN, reason="有签名的报文否定了它")
    earlier.verdict, earlier.reason = Verdict.REFUSED, "同一编号另有一份有签名的报文"
    earlier.save(update_fields=["verdict", "reason"])
    return ""


def _not_for_us(alert: CapAlert) -> str:
    """Why a rightful message is nothing for a village's loudspeaker; empty when it is."""
    if alert.status in ("Test", "Draft", "System"):
        return f"状态为 {alert.status}，按规定不发布 / status {alert.status}"
    if alert.msg_type in ("Ack", "Error"):
        return f"类型为 {alert.msg_type}，是系统回执 / type {alert.msg_type}"
    if alert.scope != "Public":
        return f"范围为 {alert.scope}，不是公开信息 / scope {alert.scope}"
    if alert.msg_type != "Cancel" and not alert.infos:
        return "报文没有内容（info）/ no info block"
    return ""


def _overtake(row: Incoming) -> None:
    """What still waits of the messages that this one updates or cancels waits no longer."""
    if row.msg_type not in ("Update", "Cancel"):
        return
    later = f"{row.msg_type} {row.identifier}"[:80]
    for warning in _referred(row).filter(state__in=(State.WAITING, State.ADOPTED)):
        if not _may_overtake(row, warning.incoming):
            continue
        if warning.state == State.WAITING:
            warning.state, warning.reason = State.OVERTAKEN, later
            warning.save(update_fields=["state", "reason"])
        else:
            unreleased = Emergency.objects.filter(pk=warning.emergency_id, released_at=None)
            unreleased.update(overtaken_by=later)


def _referred(row: Incoming) -> Any:  # noqa: ANN401 - a query set of related rows
    return OutsideWarning.objects.filter(incoming__alert_id__in=row.references).select_related(
        "incoming"
    )


def _may_overtake(row: Incoming, earlier: Incoming) -> bool:
    """The same sender on the same road, with no less of a signature."""
    return (
        row.sender == earlier.sender
        and row.source == earlier.source
        and _STANDING.index(row.signature) >= _STANDING.index(earlier.signature)
    )


def _put_forward(row: Incoming, alert: CapAlert, now: datetime) -> None:
    places = our_places()
    infos = chosen_infos(alert)
    proposals = [propose(alert, info, n, places) for n, info in enumerate(infos, 1)]
    likely = [each.certainty in _CERTAIN and each.urgency in _SOON for each in infos]
    if alert.msg_type == "Cancel":
        _put_cancel(row, alert, proposals, now)
        return
    for proposal, is_likely in zip(proposals, likely, strict=True):
        _keep(row, alert, proposal, is_likely=is_likely, now=now)


def _put_cancel(row: Incoming, alert: CapAlert, proposals: list[Proposal], now: datetime) -> None:
    """A cancellation goes where the cancelled went; nothing is put forward if nothing went out."""
    out = [each for each in _referred(row) if each.emergency_id and each.emergency.is_released]
    if not out:
        row.verdict = Verdict.IGNORED
        row.reason = "要解除的预警没有发出过，无需再发 / what it cancels never went out"
        row.save(update_fields=["verdict", "reason"])
        return
    first = out[0].emergency
    areas = tuple(sorted({area for each in out for area in each.emergency.areas}))
    said = f"{first.issuer}解除“{first.title}”。"
    plain = Proposal(
        number=1, event=first.event, level=first.level, issuer=first.issuer,
        title=f"解除：{first.title}"[:60], summary=said[:120], speech=said[:600], body="",
        areas=areas, starts_at=alert.own.sent,
        expires_at=max(each.emergency.expires_at for each in out), remarks=(),
    )  # fmt: skip
    written = proposals[0] if proposals else plain
    remarks = tuple(each for each in written.remarks if "地方" not in each and "范围" not in each)
    ends = max(plain.expires_at, written.expires_at)
    wide = replace(written, areas=areas, expires_at=ends, remarks=remarks)
    _keep(row, alert, wide, is_likely=True, now=now)


def _keep(
    row: Incoming, alert: CapAlert, proposal: Proposal, *, is_likely: bool, now: datetime
) -> None:
    number = proposal.number
    remarks = list(proposal.remarks)
    if alert.own.sent > now and (alert.own.sent - now).total_seconds() > 600:
        remarks.append("发送时间在将来，请核对")
    OutsideWarning.objects.create(
        incoming=row, number=number,
        alert_id=row.alert_id if number == 1 else f"{row.alert_id}-{number}",
        is_exercise=alert.status == "Exercise",
        event=proposal.event, level=proposal.level, issuer=proposal.issuer,
        title=proposal.title, summary=proposal.summary, speech=proposal.speech,
        body=proposal.body, areas=list(proposal.areas), references=_ended_by(row),
        starts_at=proposal.starts_at, expires_at=proposal.expires_at, remarks=remarks,
        is_likely=is_likely,
        state=State.EXPIRED if proposal.expires_at <= now else State.WAITING,
    )  # fmt: skip


def _ended_by(row: Incoming) -> list[str]:
    """Ids of our own alerts that an update or cancellation ends, all descriptions of each."""
    if row.msg_type not in ("Update", "Cancel"):
        return []
    known = _referred(row).order_by("pk").values_list("alert_id", flat=True)
    return list(dict.fromkeys([*row.references, *known]))


def expire(now: datetime) -> int:
    """Warnings whose end has come while they waited; how many."""
    waiting = OutsideWarning.objects.filter(state=State.WAITING, expires_at__lte=now)
    return waiting.update(state=State.EXPIRED)
