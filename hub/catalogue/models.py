"""The base catalogue in the database: categories, table templates, items.

Filled by ``load_catalogue`` from ``hub/catalogue/data/catalogue.yaml``; `Rules` keeps the
small tables that items refer to by a word (cadences, retention, review chains, channels).
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.Model):
    """One of the twelve categories, in the printed order."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(_("名称"), max_length=20, unique=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        verbose_name = _("大类")
        verbose_name_plural = _("大类")

    def __str__(self) -> str:
        return self.name


class Template(models.Model):
    """A form to fill: a table with typed columns, or the parts of a document."""

    code = models.CharField(max_length=4, primary_key=True)
    kind = models.CharField(max_length=8, choices=[("table", _("表格")), ("document", _("文件"))])
    title = models.CharField(_("名称"), max_length=60)
    columns = models.JSONField(default=list, help_text="[[label, type], …], or the parts' names")
    restricted = models.JSONField(default=list, help_text="[[label, type], …] kept at the hub")
    provenance = models.CharField(max_length=8)

    class Meta:
        ordering = ["code"]
        verbose_name = _("模板")
        verbose_name_plural = _("模板")

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class Item(models.Model):
    """One disclosure item with the elements that say who, when, where and how long."""

    code = models.CharField(_("代码"), max_length=6, primary_key=True)
    name = models.CharField(_("名称"), max_length=60)
    is_base = models.BooleanField(default=True, help_text="base items can never be removed")
    category = models.ForeignKey(Category, models.PROTECT, related_name="items")
    board = models.CharField(max_length=20)
    level1 = models.CharField(max_length=20)
    level2 = models.CharField(max_length=20)
    column = models.CharField(_("栏目"), max_length=30)
    field = models.CharField(max_length=20)
    cadence = models.CharField(max_length=20)
    deadline = models.JSONField(default=dict)
    basis = models.JSONField(default=list)
    template = models.ForeignKey(Template, models.PROTECT, related_name="items")
    form = models.CharField(max_length=8)
    channels = models.CharField(max_length=1, help_text="letter of the channel profile")
    privacy = models.CharField(max_length=12)
    retention = models.CharField(max_length=4)
    archive = models.CharField(max_length=6)
    review = models.CharField(max_length=6)
    department = models.CharField(max_length=20)
    provenance = models.CharField(max_length=8)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        verbose_name = _("公开事项")
        verbose_name_plural = _("公开事项")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def may_be_for_one_box(self) -> bool:
        """Whether it is a service notice about some event; all else is owed to every villager."""
        return self.level2 == "便民通知" and self.deadline.get("kind") == "after_event"


class Rules(models.Model):
    """The small tables of one version of the catalogue. The newest row is in force."""

    version = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=60)
    tables = models.JSONField(default=dict)
    loaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-loaded_at", "-pk"]
        verbose_name = _("目录版本")

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    @classmethod
    def table(cls, name: str) -> dict[str, Any]:
        """One small table of the catalogue in force, e.g. ``retention``; empty if not loaded."""
        row = cls.objects.first()
        found = row.tables.get(name, {}) if row else {}
        return dict(found)
