"""One talk from the desk: who spoke to whom, when, how long, and the hash of its recording."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _

from contract.live import RATE_HZ


class LiveTalk(models.Model):
    """A talk. Its sound lies in ``live/ID.ulaw`` of the data folder and is never changed.

    ``live/ID.carried`` was touched when the dispatcher last sent of it.
    """

    id = models.CharField(max_length=21, primary_key=True)
    areas = models.JSONField(_("喊给哪里"))
    level = models.CharField(max_length=8)
    speaker = models.CharField(_("喊话单位"), max_length=60)
    spoken_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_index=True)
    ends_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)
    """When the dispatcher first told the villages."""
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=12, blank=True)
    relayed_at = models.DateTimeField(null=True, db_index=True)
    """When its last frame went out; nothing is left to do."""
    purged_at = models.DateTimeField(null=True)
    """When its recording was erased at the end of its term (`hub.live.keeping`)."""
    samples = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        verbose_name = _("直播喊话")
        verbose_name_plural = _("直播喊话")

    def __str__(self) -> str:
        return f"{self.id} {self.speaker}"

    @property
    def seconds(self) -> float:
        """How long was spoken."""
        return self.samples / RATE_HZ

    @property
    def recording(self) -> str:
        """The recording's path."""
        return str(settings.DATA.root / "live" / f"{self.id}.ulaw")

    @property
    def carried(self) -> Path:
        """The file that the dispatcher touches while it carries the talk to the villages."""
        return Path(self.recording).with_suffix(".carried")

    @property
    def end_words(self) -> str:
        """Why it ended, for people."""
        return str(_REASONS.get(self.end_reason, ""))


_REASONS = {
    "speaker": _("喊话人结束"),
    "limit": _("满十分钟，自动结束"),
    "lost": _("与喊话人的连接断开"),
    "restart": _("平台重启，请重新喊话"),
    "replaced": _("同一人又开了一次"),
}
