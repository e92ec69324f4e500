"""An emergency from its first word to its release, in the words of CAP 1.2."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from contract import drill

_ID = RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")


class Level(models.TextChoices):
    """Warning levels as the State's rules name them."""

    RED = "red", _("红色")
    ORANGE = "orange", _("橙色")
    YELLOW = "yellow", _("黄色")
    BLUE = "blue", _("蓝色")


class Emergency(models.Model):
    """One alert, update or cancellation. It goes out only when two persons have put their name."""

    alert_id = models.CharField(_("预警编号"), max_length=64, unique=True, validators=[_ID])
    notice_id = models.CharField(max_length=64, validators=[_ID])
    msg_type = models.CharField(
        _("类型"),
        max_length=6,
        default="Alert",
        choices=[("Alert", _("发布预警")), ("Update", _("更新预警")), ("Cancel", _("解除预警"))],
    )
    references = models.JSONField(_("针对的预警编号"), default=list, blank=True)
    is_exercise = models.BooleanField(_("演练"), default=False)
    event = models.CharField(_("灾种"), max_length=20)
    level = models.CharField(_("级别"), max_length=6, choices=Level, default=Level.RED)
    issuer = models.CharField(_("发布单位"), max_length=60)
    phone = models.CharField(_("应急电话"), max_length=20, blank=True)
    title = models.CharField(_("标题"), max_length=60)
    summary = models.CharField(_("电子屏显示"), max_length=120)
    speech = models.TextField(_("大喇叭播报"), max_length=600)
    body = models.TextField(_("详细说明"), max_length=2000, blank=True)
    areas = models.JSONField(_("发到哪里"), default=list)
    issued_at = models.DateTimeField(_("发布时间"))
    expires_at = models.DateTimeField(_("失效时间"))
    repeats = models.PositiveSmallIntegerField(
        _("播报遍数（0为直到解除）"), default=3, validators=[MaxValueValidator(99)]
    )
    composed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    composed_at = models.DateTimeField(auto_now_add=True)
    released_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    released_at = models.DateTimeField(null=True)
    overtaken_by = models.CharField(
        _("已被取代"), max_length=80, blank=True, help_text="a later message from the same sender"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("紧急发布")
        verbose_name_plural = _("紧急发布")

    def __str__(self) -> str:
        return f"{self.title} ({self.alert_id})"

    @property
    def spoken(self) -> str:
        """What the loudspeaker says, and what is recorded: a drill's words say that it is one."""
        return drill.framed(self.speech) if self.is_exercise else self.speech

    @property
    def is_released(self) -> bool:
        """Whether the second person has released it."""
        return self.released_at is not None
