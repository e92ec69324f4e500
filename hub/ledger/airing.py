"""The airing log: what the horns said, when, where, by whose hand, and what proves it.

One row an airing, made from the receipt that ended it; an airing that has no end yet is not in
the log. There are no spoken words in it and nobody's name but those who answer for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.emergency.models import Emergency
from hub.ledger.models import ReceiptRow
from hub.live.models import LiveTalk
from hub.notices.models import Publication
from hub.places.models import VillagePage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any

    from django.contrib.auth.models import User

    from hub.intake.excel_out import Cell

HEADINGS = (
    "村", "区划代码", "终端", "类别", "编号", "版次", "内容", "责任人", "开播时间", "结束时间",
    "结果", "说明", "播出秒数", "各区域播出秒数", "被打断次数", "声音", "响度LUFS", "证据",
    "声音指纹SHA-256", "时钟可信",
)  # fmt: skip
RESULTS = {
    "finished": _("播完"), "failed": _("播报失败"), "expired": _("过期未播"),
    "missed": _("错过"), "superseded": _("被更正替换"), "cancelled": _("已取消"),
}  # fmt: skip
_EVIDENCE = {"none": "", "sent_to_device": _("已送声卡"), "heard": _("话筒听到")}
_TESTS = {"selftest-weekly": _("每周静音自检"), "selftest-monthly": _("每月试音")}


@dataclass(frozen=True, slots=True)
class Airing:
    """One row of the log. Times are the box's own."""

    village: str
    area: str
    box: str
    kind: str
    id: str
    revision: int
    title: str
    person: str
    started_at: datetime | None
    ended_at: datetime
    result: str
    detail: str
    seconds: dict[str, float]
    interruptions: int
    voice: str
    loudness_lufs: float | None
    evidence: str
    pcm_sha256: str
    clock_trusted: bool

    @property
    def longest_s(self) -> float:
        """Seconds of the zone that got most."""
        return max(self.seconds.values(), default=0.0)

    def cells(self) -> list[Cell]:
        """One cell a heading, as a spreadsheet shows it."""
        zones = "；".join(f"{zone} {seconds}" for zone, seconds in self.seconds.items())
        return [
            self.village, self.area, self.box, self.kind, self.id, self.revision, self.title,
            self.person, _local(self.started_at), _local(self.ended_at), self.result, self.detail,
            self.longest_s, zones, self.interruptions, self.voice, self.loudness_lufs,
            self.evidence, self.pcm_sha256, str(_("是") if self.clock_trusted else _("否")),
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Origin:
    kind: str
    title: str
    person: str


def airings(areas: Iterable[str], since: datetime, until: datetime) -> list[Airing]:
    """The airings that ended in ``[since, until)`` in villages with these codes, newest first."""
    names = dict(VillagePage.objects.filter(code__in=list(areas)).values_list("code", "title"))
    receipts = ReceiptRow.objects.filter(
        stage="spoken", at__lt=until, box__area__in=names
    ).select_related("box")
    rows = list(receipts.order_by("box_id", "outbox", "seq"))
    origins = _origins({row.notice_id for row in rows})
    started: dict[tuple[str, str, int], datetime] = {}
    found = []
    for row in rows:
        key = (row.box_id, row.notice_id, row.revision)
        spoken = row.body.get("spoken") or {}
        if spoken.get("state") == "started":
            started.setdefault(key, row.at)
        if spoken.get("state") not in RESULTS:
            continue
        began = started.pop(key, None)
        if row.at >= since:
            village = names[row.box.area]
            found.append(_airing(row, village, began, origins.get(row.notice_id)))
    return sorted(found, key=lambda each: each.ended_at, reverse=True)


def _airing(
    row: ReceiptRow, village: str, began: datetime | None, origin: _Origin | None
) -> Airing:
    spoken: dict[str, Any] = row.body["spoken"]
    rate_hz = int(spoken.get("sample_rate_hz") or 48_000)
    played = spoken.get("samples_played") or {}
    kind = str(_("自检") if row.notice_id in _TESTS else _("其他"))
    origin = origin or _Origin(kind, str(_TESTS.get(row.notice_id, "")), "")
    return Airing(
        village=village,
        area=row.box.area,
        box=row.box_id,
        kind=origin.kind,
        id=row.notice_id,
        revision=row.revision,
        title=origin.title,
        person=origin.person,
        started_at=began,
        ended_at=row.at,
        result=str(RESULTS[spoken["state"]]),
        detail=_detail(row),
        seconds={zone: round(samples / rate_hz, 1) for zone, samples in played.items()},
        interruptions=len(spoken.get("interruptions") or ()),
        voice=" ".join(filter(None, (spoken.get("engine"), spoken.get("voice")))),
        loudness_lufs=spoken.get("loudness_lufs"),
        evidence=str(_EVIDENCE.get(spoken.get("evidence", "none"), "")),
        pcm_sha256=str(spoken.get("pcm_sha256", "")),
        clock_trusted=row.clock_trusted,
    )


def _detail(row: ReceiptRow) -> str:
    """The sentence behind the id; a receipt without one repeats the id alone."""
    detail = str(row.body.get("detail", "")).removeprefix(f"{row.notice_id}: ")
    return "" if detail == row.notice_id else detail


def _origins(ids: set[str]) -> dict[str, _Origin]:
    """What each id is, and who answers for it."""
    found = {}
    for publication in Publication.objects.filter(page__notice_id__in=ids).select_related(
        "page", "signed_by"
    ):
        page = publication.page
        found[page.notice_id] = _Origin(str(_("公开")), page.title, _name(publication.signed_by))
    for alert in Emergency.objects.filter(notice_id__in=ids).select_related(
        "composed_by", "released_by"
    ):
        kind = _("演练") if alert.is_exercise else _("应急")
        persons = filter(None, (alert.composed_by, alert.released_by))
        found[alert.notice_id] = _Origin(
            str(kind), alert.title, "、".join(_name(person) for person in persons)
        )
    for talk in LiveTalk.objects.filter(id__in=ids).select_related("spoken_by"):
        title = talk.speaker
        if talk.purged_at is not None:
            erased = _("录音已按期删除")
            title = f"{title}（{erased} {timezone.localtime(talk.purged_at):%Y-%m-%d}）"
        found[talk.id] = _Origin(str(_("直播喊话")), title, _name(talk.spoken_by))
    return found


def _name(person: User) -> str:
    return person.get_full_name() or person.get_username()


def _local(moment: datetime | None) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
