"""A month's set of sheets on its way through the press."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hub.places.models import VillagePage

if TYPE_CHECKING:
    from pathlib import Path

SILENT = timedelta(minutes=6)
KEPT = timedelta(hours=24)


class PrintJob(models.Model):
    """One order: which village's month, on what paper, for which board; and how far it is."""

    class State(models.TextChoices):
        """Where the order stands."""

        WAITING = "waiting", _("等待排版")
        RUNNING = "running", _("正在排版")
        DONE = "done", _("已排好")
        FAILED = "failed", _("没有排好")

    village = models.ForeignKey(VillagePage, models.CASCADE, related_name="+")
    month = models.CharField(max_length=7, help_text="2024-07")
    paper = models.CharField(max_length=6, help_text="A4, A3, or usual: as the catalogue names it")
    board = models.CharField(max_length=8)
    ordered_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    ordered_at = models.DateTimeField(auto_now_add=True)
    heard_at = models.DateTimeField(auto_now=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    remark = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager[PrintJob]]

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.village} {self.month} {self.state}"

    @property
    def file(self) -> Path:
        """Where the PDF lies; it holds names, so it is deleted after a day."""
        return settings.DATA.root / "prints" / f"{self.pk}.pdf"

    @property
    def is_open(self) -> bool:
        """Whether it still may come: not done, not failed, not silent for long."""
        is_heard = timezone.now() - self.heard_at < SILENT
        return self.state in (self.State.WAITING, self.State.RUNNING) and is_heard


def forget_old() -> None:
    """Delete orders and their files after a day."""
    for job in PrintJob.objects.filter(ordered_at__lt=timezone.now() - KEPT):
        job.file.unlink(missing_ok=True)
        job.delete()
