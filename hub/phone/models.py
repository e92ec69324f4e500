"""What phones may list and find, and the code under which each published edition is known.

An `Edition` is kept for ever: it holds a code and a hash, no content, so that a sheet on a wall
can still be asked after when its notice was corrected or withdrawn. An `Entry` holds the public
words of a notice in force; of a list of persons it holds no more than title and item, so that a
name cannot be found, and it is deleted with the notice.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hub.notices.models import NoticePage, Publication

VILLAGE_DIGITS = 12


class Edition(models.Model):
    """One published revision under its verification code."""

    publication = models.OneToOneField(Publication, models.CASCADE, related_name="edition")
    code = models.CharField(max_length=10, unique=True, help_text="see hub.phone.codes")
    sha256 = models.CharField(max_length=64, help_text="of the notice as the contract writes it")

    def __str__(self) -> str:
        return self.code


class EntryQuerySet(models.QuerySet["Entry"]):
    """Entries by place and time."""

    def shown(self) -> EntryQuerySet:
        """Those whose time has come; a list of persons goes with its term."""
        now = timezone.now()
        over = Q(is_personal=True, valid_until__lte=now)
        return self.filter(publish_at__lte=now).exclude(over)

    def within(self, code: str) -> EntryQuerySet:
        """Those of one village, or of every village of a town or county.

        Above the village no list of persons appears, not even by its title.
        """
        is_village = len(code) == VILLAGE_DIGITS
        reach = Reach.objects.filter(entry=models.OuterRef("pk"))
        here = reach.filter(village=code) if is_village else reach.filter(
            village__gte=code, village__lt=f"{code}:"  # ":" follows the digits
        )  # fmt: skip
        found = self.filter(models.Exists(here))
        return found if is_village else found.filter(is_personal=False)


class Entry(models.Model):
    """The public words of one notice, as lists and search may use them."""

    page = models.OneToOneField(NoticePage, models.CASCADE, related_name="entry")
    edition = models.ForeignKey(Edition, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=255)
    summary = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True, help_text="in the form in which it is searched")
    initials = models.TextField(blank=True)
    item_name = models.CharField(max_length=60, blank=True)
    column = models.CharField(max_length=30, db_index=True)
    is_personal = models.BooleanField(default=False)
    publish_at = models.DateTimeField(db_index=True)
    valid_until = models.DateTimeField(null=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-publish_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.page.notice_id}@{self.number}"

    @property
    def is_over(self) -> bool:
        """Whether its term has ended."""
        return self.valid_until is not None and self.valid_until <= timezone.now()


class Reach(models.Model):
    """A village in which an entry is read; several where villages publish jointly."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="reach")
    village = models.CharField(max_length=12, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "village"], name="entry_once_a_village")
        ]

    def __str__(self) -> str:
        return self.village


class Tie(models.Model):
    """An entry speaks of another notice: replaces it, explains it, is its result."""

    entry = models.ForeignKey(Entry, models.CASCADE, related_name="ties")
    relation = models.CharField(max_length=12)
    notice_id = models.CharField(max_length=64, db_index=True)

    def __str__(self) -> str:
        return f"{self.relation} {self.notice_id}"
