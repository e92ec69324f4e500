"""The hub above (at most one), those above it, and the hubs below with what they reported."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Parent(models.Model):
    """The hub above, as it answered when this one joined. There is one row, or none."""

    hub = models.CharField(max_length=40, help_text="what this hub is called there")
    area = models.CharField(max_length=12)
    name = models.CharField(max_length=60)
    brokers = models.JSONField(default=list)
    files = models.CharField(max_length=200, blank=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    is_up = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True, blank=True, help_text="since when it is so")

    class Meta:
        verbose_name = _("上级平台")
        verbose_name_plural = _("上级平台")

    def __str__(self) -> str:
        return f"{self.name} ({self.area})"


class AncestorKeys(models.Model):
    """A sealed key set of a hub above, from the pinned one on; each vouches for the next."""

    area = models.CharField(max_length=12)
    version = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        ordering = ["area", "version"]
        constraints = [
            models.UniqueConstraint(fields=["area", "version"], name="one_key_set_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.area} key set {self.version}"


class HeardLayer(models.Model):
    """The newest manifest from above for one area; an older one is never taken again."""

    area = models.CharField(max_length=12, primary_key=True)
    epoch = models.PositiveBigIntegerField()
    generation = models.PositiveBigIntegerField()
    body = models.BinaryField(help_text="empty once its signer is believed no more")

    def __str__(self) -> str:
        return f"{self.area} {self.epoch}.{self.generation}"

    @property
    def version(self) -> tuple[int, int]:
        """``(epoch, generation)``."""
        return (self.epoch, self.generation)


class Child(models.Model):
    """A hub below this one: who it is, what it may do, what it last said."""

    id = models.CharField(max_length=40, primary_key=True)
    area = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=60)
    password_hash = models.CharField(max_length=200)
    certificate_pem = models.TextField()
    admitted_at = models.DateTimeField(auto_now_add=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    is_online = models.BooleanField(default=False)
    reported_at = models.DateTimeField(null=True, blank=True, help_text="this hub's time")
    report = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("下级平台")
        verbose_name_plural = _("下级平台")

    def __str__(self) -> str:
        return f"{self.name} ({self.area})"


class EndedCertificate(models.Model):
    """A certificate of a hub below that is no longer good."""

    pem = models.TextField()
    ended_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"ended {self.ended_at}"


class ChildDelivery(models.Model):
    """How many boxes of one hub below, and of those below it, have a notice or an alert of ours."""

    child = models.ForeignKey(Child, models.CASCADE, related_name="deliveries")
    item_id = models.CharField(max_length=64, db_index=True)
    revision = models.PositiveIntegerField()
    boxes = models.PositiveIntegerField()
    stored = models.PositiveIntegerField(default=0)
    shown = models.PositiveIntegerField(default=0)
    spoken = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    said_at = models.DateTimeField(help_text="the lower hub's time")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["child", "item_id", "revision"], name="one_count_a_hub_and_revision"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_id}@{self.revision} → {self.child_id}: {self.stored}/{self.boxes}"
