"""Tickets: who a box is to be, once. The hub keeps only the hash of a ticket's secret."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class TicketState(models.TextChoices):
    """Where a ticket stands."""

    STAGED = "staged", _("已备卡")
    ENROLLED = "enrolled", _("已登记")
    REVOKED = "revoked", _("已作废")


class EnrolmentTicket(models.Model):
    """One ticket for one box. A newer ticket for the same box revokes the older one.

    ``secret_key`` is the HMAC key that proves possession. It is wiped once the box enrolled
    with a certificate and the answer was fetched for the last time, i.e. at ``expires_at``.
    """

    box = models.CharField(max_length=40, db_index=True)
    area = models.CharField(max_length=15)
    groups = models.JSONField(default=list)
    place = models.CharField(max_length=30, blank=True, default="")
    secret_hex = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=TicketState, default=TicketState.STAGED)
    issued_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_by = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the public key that used it"
    )
    certificate_pem = models.TextField(blank=True)
    certificate_ended_at = models.DateTimeField(
        null=True, blank=True, help_text="revoked, or replaced by a newer box's"
    )
    answer = models.JSONField(null=True, blank=True)
    facts = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.box} ({self.state})"


class EnrolmentEvent(models.Model):
    """The timeline of a box: every knock, let in or not, with the word both sides use."""

    box = models.CharField(max_length=40, db_index=True)
    code = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.box}: {self.code}"
