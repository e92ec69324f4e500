"""An emergency as the screen shows it: one word, one sentence, the route, the shelter.

A villager reads this from across the hall, in fright. Route and shelter are lifted out of the
alert's own text; when it names none, the whole text stands there instead. Nothing is invented.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from contract.areas import Area
from contract.notice import Heading, Paragraph
from edge_agent.clock import CHINA

if TYPE_CHECKING:
    from contract.alert import Alert
    from contract.notice import Notice

_END = r"[：:\s]*([^。；;！!\n]+)"
_ROUTE = re.compile(r"(?:转移|撤离|疏散|逃生|避险)(?:路线|线路|路径)" + _END)
_SHELTER = re.compile(
    r"(?:(?:避险|避灾|避难|安置|集合|集中|疏散|临时安置|集中安置)(?:点|地点|场所|安置点)|安全地点)"
    + _END
)
_STEP = re.compile(r"\s*(?:→|->|➡|—>|=>)\s*")


@dataclass(frozen=True, slots=True)
class Alarm:
    """The view of one alert, ready for the page and for the wire to it."""

    id: str
    revision: int
    word: str
    exercise: bool
    title: str
    summary: str
    route: tuple[str, ...]
    shelter: str
    text: str
    groups: str
    issuer: str
    issued: str
    expires: str
    phone: str

    def as_json(self) -> dict[str, object]:
        """Plain values for the event stream."""
        return asdict(self)


def alarm_of(alert: Alert) -> Alarm:
    """The view of an alert."""
    notice = alert.notice
    text = _text_of(notice)
    route = _ROUTE.search(text)
    shelter = _SHELTER.search(text)
    exercise = notice.cap.status != "Actual"
    return Alarm(
        id=alert.id,
        revision=notice.revision,
        word="演练" if exercise else "紧急",
        exercise=exercise,
        title=notice.title,
        summary=notice.summary,
        route=tuple(filter(None, _STEP.split(route[1].strip()))) if route else (),
        shelter=shelter[1].strip() if shelter else "",
        text=text,
        groups="、".join(f"{area.group}组" for area in map(Area.parse, notice.areas) if area.group),
        issuer=notice.sender.office,
        issued=f"{alert.issued_at.astimezone(CHINA):%m月%d日 %H:%M}",
        expires=f"{alert.expires_at.astimezone(CHINA):%m月%d日 %H:%M}",
        phone=notice.sender.phone,
    )


def _text_of(notice: Notice) -> str:
    texts = [each.text for each in notice.blocks if isinstance(each, Heading | Paragraph)]
    return "\n".join(texts) or notice.summary
