"""A released emergency as the contract's `Alert`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from contract.alert import Alert
from contract.notice import Cap, Notice, Paragraph, SearchKey, Sender
from hub.emergency.models import Level
from hub.notices.initials import initials
from hub.notices.to_contract import WithoutAssets, speech_of

if TYPE_CHECKING:
    from contract.notice import IssuingLevel
    from hub.emergency.models import Emergency
    from hub.notices.to_contract import Assets

Severity = Literal["Extreme", "Severe", "Moderate", "Minor"]
_SEVERITY: dict[str, Severity] = {
    Level.RED: "Extreme",
    Level.ORANGE: "Severe",
    Level.YELLOW: "Moderate",
    Level.BLUE: "Minor",
}
_AT_ONCE = frozenset({Level.RED, Level.ORANGE})


def to_alert(emergency: Emergency, assets: Assets | None = None) -> Alert:
    """The alert that boxes play once; a cancellation ends the alerts it refers to.

    ``assets`` has its recording, if that is made; the alert does not wait for it.
    """
    lines = [line.strip() for line in emergency.body.split("\n") if line.strip()]
    notice = Notice(
        id=emergency.notice_id,
        revision=1,
        areas=tuple(emergency.areas),
        title=emergency.title,
        summary=emergency.summary,
        sender=Sender(emergency.issuer, emergency.phone, _level_of(emergency.areas[0])),
        publish_at=emergency.issued_at,
        issued_at=emergency.issued_at,
        valid_until=emergency.expires_at,
        item="TG06",
        item_name="灾害预警与应急通告",
        category="通告栏",
        blocks=tuple(Paragraph(line) for line in lines),
        speech=speech_of(emergency.spoken, assets or WithoutAssets()),
        channels=("led", "speaker", "kiosk", "mobile"),
        priority="emergency",
        cap=_cap(emergency),
        search=(SearchKey(emergency.title, initials(emergency.title)),),
    )
    return Alert(
        id=emergency.alert_id,
        notice=notice,
        issued_at=emergency.issued_at,
        expires_at=emergency.expires_at,
        repeats=emergency.repeats,
    )


def _cap(emergency: Emergency) -> Cap:
    msg_type = cast('Literal["Alert", "Update", "Cancel"]', emergency.msg_type)
    over = msg_type == "Cancel"
    soon: Literal["Immediate", "Expected"] = (
        "Immediate" if emergency.level in _AT_ONCE else "Expected"
    )
    return Cap(
        status="Exercise" if emergency.is_exercise else "Actual",
        msg_type=msg_type,
        event=emergency.event,
        urgency="Past" if over else soon,
        severity=_SEVERITY[emergency.level],
        certainty="Observed" if over else "Likely",
        references=tuple(emergency.references),
    )


def _level_of(area: str) -> IssuingLevel:
    levels: dict[int, IssuingLevel] = {2: "province", 4: "city", 6: "county"}
    return levels.get(len(area), "town")
