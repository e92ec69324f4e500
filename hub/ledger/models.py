"""Boxes, what they said, and the one line for each notice and box that people read.

`ReceiptRow` is the evidence, one row for every receipt as it came; `Delivery` is drawn from it
while it is taken in, so that a page of the back office costs one query.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from contract.areas import Area

LONGEST_PLACE = 30
"""Characters of the words for where a box stands."""
PHONE = "phone"
"""Where slips come from that no box took."""


class Box(models.Model):
    """One box: where it stands, what it may do, and what it last said of itself."""

    id = models.CharField(max_length=40, primary_key=True)
    area = models.CharField(max_length=12, db_index=True)
    place = models.CharField(_("摆放地点"), max_length=LONGEST_PLACE, blank=True)
    groups = models.JSONField(default=list)
    password_hash = models.CharField(max_length=200)
    added_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    session = models.CharField(max_length=40, blank=True)
    is_online = models.BooleanField(default=False)
    online_changed_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True, help_text="the hub's time")
    clock_trusted = models.BooleanField(default=False)
    state = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("终端")
        verbose_name_plural = _("终端")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.id

    @property
    def followed(self) -> tuple[Area, ...]:
        """Every area whose manifests the box follows: its path, its groups, then itself."""
        village = Area.parse(self.area)
        groups = (Area(village.code, number) for number in self.groups)
        return (*village.path(), *groups, self.own_area)

    @property
    def own_area(self) -> Area:
        """The narrowest area there is: this box alone."""
        return Area(self.area, box=self.id)

    @property
    def name(self) -> str:
        """Where it stands, for villagers; its id while nobody has said where."""
        return self.place or self.id

    @property
    def label(self) -> str:
        """Place and id, for who has to tell it from others."""
        return f"{self.place}（{self.id}）" if self.place else self.id


class OutboxCursor(models.Model):
    """Up to which number everything of one part's outbox is stored here."""

    box = models.ForeignKey(Box, models.CASCADE, db_index=False)  # the constraint has an index
    part = models.CharField(max_length=8)
    outbox = models.CharField(max_length=40)
    seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["box", "part", "outbox"], name="one_cursor_an_outbox")
        ]

    def __str__(self) -> str:
        return f"{self.box_id} {self.part} {self.outbox}: {self.seq}"


class ReceiptRow(models.Model):
    """One receipt as it came."""

    box = models.ForeignKey(Box, models.CASCADE, db_index=False)  # the constraint has an index
    part = models.CharField(max_length=8)
    outbox = models.CharField(max_length=40)
    seq = models.PositiveBigIntegerField()
    stage = models.CharField(max_length=12)
    notice_id = models.CharField(max_length=64)
    revision = models.PositiveIntegerField()
    at = models.DateTimeField()
    clock_trusted = models.BooleanField()
    reason = models.CharField(max_length=24, blank=True)
    body = models.JSONField()
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["notice_id", "revision"])]
        constraints = [
            models.UniqueConstraint(
                fields=["box", "part", "outbox", "seq"], name="one_row_a_receipt"
            )
        ]

    def __str__(self) -> str:
        return f"{self.box_id} {self.stage} {self.notice_id}@{self.revision}"


class Delivery(models.Model):
    """What became of one revision of a notice in one box. Times are the box's own."""

    box = models.ForeignKey(Box, models.CASCADE, related_name="deliveries", db_index=False)
    notice_id = models.CharField(max_length=64)
    revision = models.PositiveIntegerField()
    received_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField(null=True)
    shown_until = models.DateTimeField(null=True)
    shown_s = models.FloatField(default=0.0)
    shown_pages = models.PositiveIntegerField(default=0)
    snapshot_sha256 = models.CharField(max_length=64, blank=True)
    snapshot_png = models.BinaryField(default=b"")
    readable_at = models.DateTimeField(null=True)
    spoken_at = models.DateTimeField(null=True)
    spoken_state = models.CharField(max_length=12, blank=True)
    spoken = models.JSONField(default=dict)
    expired_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refused_reason = models.CharField(max_length=24, blank=True)
    unshowable = models.CharField(max_length=200, blank=True)
    clock_trusted = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["box", "notice_id", "revision"], name="one_line_a_revision_and_box"
            )
        ]
        indexes = [models.Index(fields=["notice_id", "revision"])]
        verbose_name = _("送达")
        verbose_name_plural = _("送达")

    def __str__(self) -> str:
        return f"{self.notice_id}@{self.revision} → {self.box_id}"


class FeedbackSlip(models.Model):
    """A villager's slip from a query screen or a phone: closed, to be opened by who may."""

    box = models.ForeignKey(
        Box, models.CASCADE, null=True, blank=True, related_name="slips",
        help_text="none: it was written on a phone",
    )  # fmt: skip
    village = models.CharField(max_length=12, db_index=True, help_text="the place it is about")
    slip = models.CharField(max_length=40)
    kind = models.CharField(max_length=16)
    notice_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    sealed_b64 = models.TextField()
    sealed_sha256 = models.CharField(
        max_length=64, default="", help_text="two slips under one number stay two"
    )
    taken_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["box", "slip", "sealed_sha256"], name="one_row_a_sealed_slip"
            ),
            models.UniqueConstraint(
                fields=["slip"], condition=models.Q(box=None), name="one_phone_slip_a_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.slip}"

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        """A slip from a box is about the box's village."""
        if self.box is not None and not self.village:
            self.village = self.box.area
        super().save(*args, **kwargs)

    @property
    def origin(self) -> str:
        """Where it was said, as its sealed words are bound to it: the box's id, or ``phone``."""
        return self.box_id or PHONE


class FleetAlarm(models.Model):
    """Something that an operator has to know: a hub that was restored, a forged message."""

    kind = models.CharField(max_length=24)
    box = models.ForeignKey(Box, models.CASCADE, null=True, blank=True)
    detail = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("警示")
        verbose_name_plural = _("警示")

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"
