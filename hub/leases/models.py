"""Workers that dispatch, and the shares of the work each of them holds for the next seconds."""

from __future__ import annotations

from django.db import models


class Worker(models.Model):
    """One dispatcher process; its last beat is the database's own time."""

    name = models.CharField(max_length=80, primary_key=True)
    beat_at = models.DateTimeField()
    brokers = models.PositiveSmallIntegerField(default=0, help_text="how many of them it reaches")
    waiting = models.PositiveIntegerField(default=0, help_text="messages still to be asserted")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Lease(models.Model):
    """Who does one share of the work until when."""

    share = models.CharField(max_length=20, primary_key=True)
    worker = models.CharField(max_length=80, blank=True)
    until = models.DateTimeField()

    class Meta:
        ordering = ["share"]

    def __str__(self) -> str:
        return f"{self.share}: {self.worker}"
