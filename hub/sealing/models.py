"""What waits to be sent, what was sealed, and the files that belong to it.

An `OutboxRow` is written in the same transaction as the act it reports, so that nothing that
was signed is ever forgotten; the dispatcher seals and sends it and sets ``done_at``.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from contract.areas import LONGEST


class OutboxKind(models.TextChoices):
    """What happened to a notice or an alert."""

    PUBLISH = "publish", _("发布")
    CORRECT = "correct", _("更正")
    WITHDRAW = "withdraw", _("撤回")
    ALERT = "alert", _("紧急")
    RELAY = "relay", _("转发")


class OutboxRow(models.Model):
    """One act that the dispatcher still has to carry to the villages, in order of ``id``.

    One of kind ``relay`` names in ``notice_id`` an area for which a hub above has spoken.
    """

    kind = models.CharField(max_length=10, choices=OutboxKind)
    notice_id = models.CharField(max_length=64, db_index=True)
    revision = models.PositiveIntegerField(help_text="contract revision, counted from 1")
    page_id = models.PositiveBigIntegerField(null=True, blank=True)
    page_revision_id = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="the Wagtail revision that was reviewed and signed"
    )
    emergency_id = models.PositiveBigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.notice_id}@{self.revision}"

    @property
    def is_from_above(self) -> bool:
        """Whether it is about something that a hub above has sealed."""
        is_alert_of_others = self.kind == OutboxKind.ALERT and self.emergency_id is None
        return self.kind == OutboxKind.RELAY or is_alert_of_others


class SealedNotice(models.Model):
    """A sealed notice or alert as one area's manifest lists it.

    A notice addressed to several areas has one row an area, all with the same ``sha256``.
    ``body`` is the envelope's bytes; it is emptied when a withdrawn notice is purged.
    """

    notice_id = models.CharField(max_length=64, db_index=True)
    revision = models.PositiveIntegerField()
    kind = models.CharField(max_length=6, choices=[("notice", "notice"), ("alert", "alert")])
    area = models.CharField(max_length=LONGEST, db_index=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    body = models.BinaryField()
    publish_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)
    in_force = models.BooleanField(default=True, db_index=True)
    sealed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    sealed_by = models.CharField(
        max_length=12, blank=True, default="", help_text="area of the hub above; empty: this hub"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["notice_id", "revision", "area", "kind"], name="sealed_once_an_area"
            )
        ]

    def __str__(self) -> str:
        return f"{self.notice_id}@{self.revision} → {self.area}"


class AssetBlob(models.Model):
    """A recording or picture named by its content."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    mime = models.CharField(max_length=60)
    name = models.CharField(max_length=120, blank=True)
    body = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "asset"

    def __str__(self) -> str:
        return f"{self.sha256[:12]} {self.mime}"

    @property
    def size_bytes(self) -> int:
        """Length of the file."""
        return len(self.body)


class AssetUse(models.Model):
    """Which sealed revision needs which asset, so that manifests can list them."""

    asset = models.ForeignKey(AssetBlob, models.CASCADE, related_name="uses")
    notice_id = models.CharField(max_length=64, db_index=True)
    revision = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "notice_id", "revision"], name="asset_used_once_a_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.notice_id}@{self.revision} needs {self.asset_id[:12]}"
