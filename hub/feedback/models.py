"""Answers to slips: one line a slip, from writing to the villager's reading it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from hub.ledger.models import FeedbackSlip


class SlipAnswer(models.Model):
    """The answer to one slip; written again, it goes out again under a later time.

    ``body`` is the signed message as boxes get it, with the words closed by the slip's own code.
    The words themselves are kept beside it, for the office that has to know what it said.
    """

    slip = models.OneToOneField(FeedbackSlip, models.CASCADE, related_name="answer")
    text = models.TextField(_("答复"), max_length=1000)
    office = models.CharField(_("答复单位"), max_length=80)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    body = models.BinaryField()
    stored_at = models.DateTimeField(null=True, help_text="when the box had it on its disk")
    read_at = models.DateTimeField(null=True, help_text="when it was opened at the screen")

    class Meta:
        verbose_name = _("答复")
        verbose_name_plural = _("答复")

    def __str__(self) -> str:
        return f"{self.slip.slip} ← {self.office}"
