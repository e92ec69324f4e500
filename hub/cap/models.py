"""What came in from outside, what it means here, who decided; and the rule for red."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub.emergency.models import Emergency, Level


class Road(models.TextChoices):
    """By which way a message came."""

    FILE = "file", _("文件")
    PUSH = "push", _("推送")
    FEED = "feed", _("订阅")


class Verdict(models.TextChoices):
    """What the hub made of a message."""

    TAKEN = "taken", _("已接收")
    IGNORED = "ignored", _("不发布")
    REFUSED = "refused", _("拒收")


class State(models.TextChoices):
    """Where a warning stands."""

    WAITING = "waiting", _("等待处理")
    ADOPTED = "adopted", _("已采用")
    REFUSED = "refused", _("不采用")
    OVERTAKEN = "overtaken", _("已被取代")
    EXPIRED = "expired", _("已过期")


class Incoming(models.Model):
    """One message as it arrived. ``raw`` is empty for one that could not even be read."""

    source = models.CharField(_("来源"), max_length=40)
    road = models.CharField(_("途径"), max_length=4, choices=Road)
    sha256 = models.CharField(max_length=64, db_index=True)
    content = models.CharField(max_length=64, blank=True, help_text="hash of what it says")
    raw = models.BinaryField(blank=True)
    alert_id = models.CharField(max_length=64, blank=True, db_index=True)
    sender = models.CharField(_("发送单位"), max_length=300, blank=True)
    identifier = models.CharField(_("报文编号"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True)
    status = models.CharField(max_length=10, blank=True)
    msg_type = models.CharField(max_length=6, blank=True)
    references = models.JSONField(default=list, blank=True)
    signature = models.CharField(_("签名"), max_length=10, blank=True)
    signer = models.CharField(max_length=300, blank=True)
    verdict = models.CharField(_("结果"), max_length=8, choices=Verdict)
    reason = models.CharField(_("理由"), max_length=1000, blank=True)
    received_at = models.DateTimeField(_("收到"), auto_now_add=True)
    times = models.PositiveIntegerField(_("收到次数"), default=1)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("外来报文")
        verbose_name_plural = _("外来报文")
        constraints = [
            models.UniqueConstraint(fields=["source", "sha256"], name="taken_once_a_source")
        ]

    def __str__(self) -> str:
        return f"{self.identifier or self.sha256[:12]} ({self.source})"

    @property
    def is_signed(self) -> bool:
        """Whether a signer whom the county knows stands for it."""
        return self.signature == "known"


class OutsideWarning(models.Model):
    """One description of an event in the county's form, waiting for a decision."""

    incoming = models.ForeignKey(Incoming, models.CASCADE, related_name="warnings")
    number = models.PositiveSmallIntegerField(default=1)
    alert_id = models.CharField(max_length=64, db_index=True)
    is_exercise = models.BooleanField(_("演练"), default=False)
    event = models.CharField(_("灾种"), max_length=20)
    level = models.CharField(_("级别"), max_length=6, choices=Level)
    issuer = models.CharField(_("发布单位"), max_length=60)
    title = models.CharField(_("标题"), max_length=60)
    summary = models.CharField(max_length=120)
    speech = models.TextField(max_length=600)
    body = models.TextField(max_length=2000, blank=True)
    areas = models.JSONField(default=list)
    references = models.JSONField(default=list)
    starts_at = models.DateTimeField(_("生效时间"))
    expires_at = models.DateTimeField(_("失效时间"))
    remarks = models.JSONField(default=list)
    is_likely = models.BooleanField(default=False)
    state = models.CharField(_("状态"), max_length=9, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(_("理由"), max_length=300, blank=True)
    emergency = models.OneToOneField(
        Emergency, models.PROTECT, null=True, related_name="from_outside"
    )
    by_rule = models.ForeignKey("StandingRule", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("外来预警")
        verbose_name_plural = _("外来预警")

    def __str__(self) -> str:
        return f"{self.title} ({self.alert_id})"


class StandingRule(models.Model):
    """Two persons' standing word: this source's signed red warnings go out at once.

    It holds only when the second person has confirmed it, until its end, and for as long as
    both still hold a post above every area that is alarmed.
    """

    source = models.CharField(_("来源"), max_length=40)
    ends_at = models.DateTimeField(_("有效到"))
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("红色预警常设授权")
        verbose_name_plural = _("红色预警常设授权")

    def __str__(self) -> str:
        return f"{self.source} → {self.ends_at:%Y-%m-%d}"
